using System.Net.Sockets;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>A connection that somebody else has opened, with a thread of its own that reads it.</summary>
/// <remarks>
/// The thread waits in the kernel, so a message reaches the inbox one thread switch after it has come in. While the
/// inbox holds the thread, nothing is read, and the kernel's window closes on the sender.
/// </remarks>
internal sealed class PeerIncoming
{
    private readonly Socket _socket;
    private readonly PeerListener _listener;
    private readonly PeerTransportOptions _options;
    private readonly IPeerInbox _inbox;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _closing;

    /// <summary>Takes the socket; <see cref="Start"/> begins to read.</summary>
    public PeerIncoming(Socket socket, PeerListener listener, PeerTransportOptions options, IPeerInbox inbox) =>
        (_socket, _listener, _options, _inbox) = (socket, listener, options, inbox);

    /// <summary>Done when the thread will hand over nothing more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Starts the thread.</summary>
    public void Start() => new Thread(Run) { IsBackground = true, Name = "peer in" }.Start();

    /// <summary>Ends it from any thread, without waiting.</summary>
    public void Close(string reason)
    {
        Interlocked.CompareExchange(ref _closing, reason, null);
        PeerSocket.Abort(_socket);
    }

    private void Run()
    {
        try
        {
            Greet();
        }
        catch (SocketException e)
        {
            // Options of a socket that is already reset cannot be set.
            _listener.OnRefused(PeerSocket.Describe(e.SocketErrorCode));
        }

        _socket.Dispose();
        _listener.OnEnded(this);
        _ended.SetResult();
    }

    private void Greet()
    {
        PeerSocket.SetUp(_socket, _options);
        _socket.SendTimeout = (int)_options.HandshakeTimeout.TotalMilliseconds;
        if (!PeerSocket.TryReceiveGreeting(_socket, _options.HandshakeTimeout, out PeerGreeting hello, out string reason))
        {
            // Whoever it is does not speak our language: an answer would be lost on it.
            _listener.OnRefused(reason);
            return;
        }

        string? objection = hello.Objection(_listener.Self, _options.Cluster) ?? _listener.Objection(hello.Self);
        if (objection is not null)
        {
            Refuse(objection);
            return;
        }

        if (!_listener.TryTakeTurn(hello.Self, this, out PeerReceived received, out reason))
        {
            Refuse(reason);
            return;
        }

        string end;
        try
        {
            end = Serve(received);
        }
        catch (SocketException e)
        {
            // Whatever happens to this connection, the next one must get its turn.
            end = PeerSocket.Describe(e.SocketErrorCode);
        }

        _listener.EndTurn(received, this, end);
    }

    private void Refuse(string reason)
    {
        PeerSocket.TrySendAll(_socket, PeerGreeting.Refuse(reason).Encode());
        _listener.OnRefused(reason);
    }

    private string Serve(PeerReceived received)
    {
        byte[] answer = PeerGreeting.Hello(_listener.Self, received.Peer, _options.Cluster).Encode();
        if (!PeerSocket.TrySendAll(_socket, answer)) return "the connection ended within the greeting";
        _listener.OnAttached(received.Peer);
        _socket.ReceiveTimeout = (int)_options.IdleTimeout.TotalMilliseconds;
        using var reader = new PeerStreamReader(received.Peer, _inbox, _options.MessageBytesMax);
        while (true)
        {
            int bytes = _socket.Receive(reader.Room, SocketFlags.None, out SocketError error);
            if (Volatile.Read(ref _closing) is { } closing) return closing;
            if (error == SocketError.TimedOut) return $"no sign of life for {_options.IdleTimeout.TotalSeconds} s";
            if (error != SocketError.Success) return PeerSocket.Describe(error);
            if (bytes == 0) return "the peer closed the connection";

            Interlocked.Increment(ref received.Reads);
            Interlocked.Add(ref received.Bytes, bytes);
            long before = reader.Messages;
            bool good = reader.TryDeliver(bytes, out string reason);
            if (reader.Messages > before)
            {
                Interlocked.Add(ref received.Messages, reader.Messages - before);
                _inbox.OnBatchEnd(received.Peer);
            }

            if (good) continue;
            Interlocked.Increment(ref received.BadStreams);
            PeerSocket.TrySendAll(_socket, PeerGreeting.Refuse(reason).Encode());
            return reason;
        }
    }
}
