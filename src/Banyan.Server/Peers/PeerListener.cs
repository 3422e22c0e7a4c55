using System.Net;
using System.Net.Sockets;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>The port that other servers dial, and the connections that came in through it.</summary>
internal sealed class PeerListener : IAsyncDisposable
{
    // Whoever knows the cluster's name may claim any id; each id that was ever seen costs memory.
    private const int PeersMax = 1024;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly PeerTransportOptions _options;
    private readonly IPeerInbox _inbox;
    private readonly Action<ServerId> _attached;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private Task _accepting = Task.CompletedTask;

    // Guards all below.
    private readonly Lock _gate = new();
    private readonly List<PeerIncoming> _open = [];
    private readonly SortedDictionary<ServerId, PeerReceived> _peers = [];
    private long _refused;
    private string? _lastRefusal;

    /// <summary>Binds the port; <paramref name="attached"/> is called when a peer has dialled in.</summary>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public PeerListener(ServerId self, PeerTransportOptions options, IPeerInbox inbox, Action<ServerId> attached)
    {
        (Self, _options, _inbox, _attached) = (self, options, inbox, attached);
        _socket = new(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.Listen.Address.Equals(IPAddress.IPv6Any)) _socket.DualMode = true;
            _socket.Bind(options.Listen);
            _socket.Listen();
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>This server.</summary>
    public ServerId Self { get; }

    /// <summary>Where it listens, with the port that was really taken.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Begins to accept.</summary>
    public void Start() => _accepting = Task.Run(AcceptAsync);

    /// <summary>Why this peer may not attach; null if it may.</summary>
    public string? Objection(ServerId peer)
    {
        if (peer.IsNone || peer == Self) return $"no other server is called {peer}";
        lock (_gate)
        {
            return _peers.Count < PeersMax || _peers.ContainsKey(peer) ? null : "too many different servers have called";
        }
    }

    /// <summary>Ends the connection that this peer has and waits until its thread has let go. False and why if it does not.</summary>
    public bool TryTakeTurn(ServerId peer, PeerIncoming incoming, out PeerReceived received, out string reason)
    {
        const string superseded = "a newer connection took its place";
        lock (_gate)
        {
            if (!_peers.TryGetValue(peer, out received!)) _peers.Add(peer, received = new(peer));
            received.Newest?.Close(superseded);
            received.Newest = incoming;
        }

        // Well within the time for which the other side waits, so that it hears the reason.
        bool taken = received.Turn.Wait(_options.HandshakeTimeout / 2);
        lock (_gate)
        {
            if (taken && received.Newest == incoming)
            {
                received.Attached = true;
                reason = "";
                return true;
            }

            reason = taken ? superseded : "what the last connection brought is still being worked on";
            if (received.Newest == incoming) received.Newest = null;
        }

        if (taken) received.Turn.Release();
        return false;
    }

    /// <summary>Lets the next connection of this peer begin.</summary>
    public void EndTurn(PeerReceived received, PeerIncoming incoming, string reason)
    {
        lock (_gate)
        {
            if (received.Newest == incoming) received.Newest = null;
            received.Attached = false;
            received.LastError = reason;
        }

        received.Turn.Release();
    }

    /// <summary>A peer has dialled in.</summary>
    public void OnAttached(ServerId peer) => _attached(peer);

    /// <summary>A connection was closed before it came to frames.</summary>
    public void OnRefused(string reason)
    {
        lock (_gate)
        {
            _refused++;
            _lastRefusal = reason;
        }
    }

    /// <summary>A connection's thread is about to end.</summary>
    public void OnEnded(PeerIncoming incoming)
    {
        lock (_gate) _open.Remove(incoming);
    }

    /// <summary>Adds the receiving half to the sending half of all counters.</summary>
    public PeerTransportStatus Status(IEnumerable<PeerStatus> sending, long unaddressed)
    {
        lock (_gate)
        {
            var all = new SortedDictionary<ServerId, PeerStatus>();
            foreach (PeerStatus status in sending) all[status.Peer] = status;
            foreach ((ServerId peer, PeerReceived received) in _peers)
                all[peer] = received.AddTo(all.GetValueOrDefault(peer) ?? new(peer));
            return new([.. all.Values], _refused, _lastRefusal, unaddressed);
        }
    }

    /// <summary>Closes the port and all connections, and waits for their threads.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        PeerIncoming[] open;
        lock (_gate) open = [.. _open];
        foreach (PeerIncoming incoming in open) incoming.Close("this server stopped");
        foreach (PeerIncoming incoming in open) await incoming.Ended.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Admit(await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (Exception e) when (_stop.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of file handles, or the caller hung up in the queue. The first would come again at once.
                OnRefused(PeerSocket.Describe(e.SocketErrorCode));
                await Task.Delay(AcceptPause).ConfigureAwait(false);
            }
        }
    }

    private void Admit(Socket socket)
    {
        var incoming = new PeerIncoming(socket, this, _options, _inbox);
        lock (_gate)
        {
            if (_open.Count < _options.IncomingMax)
            {
                _open.Add(incoming);
                incoming.Start();
                return;
            }
        }

        socket.Dispose();
        OnRefused($"{_options.IncomingMax} connections are open");
    }
}
