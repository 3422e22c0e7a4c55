using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Banyan.Primitives;
using Banyan.Sync.Frames;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;
using Microsoft.AspNetCore.Connections;

namespace Banyan.Server.Games;

/// <summary>
/// A WebSocket on which every message is one packet, as Godot's WebSocketMultiplayerPeer has it, or one frame of a session
/// that can resume.
/// </summary>
internal sealed class GodotSocket(WebSocket socket, CorkedStream transport, PeerLimits limits, int backlogBytesMax, bool isFramed) : IPeerConnection, IDisposable
{
    // A WebSocket's reason has 123 bytes at most.
    private const int ReasonLengthMax = 100;
    private const int CorkBytesMax = 64 << 10;

    private readonly Channel<byte[]> _queue = Channel.CreateUnbounded<byte[]>(new() { SingleReader = true });
    private readonly CancellationTokenSource _over = new();
    private readonly PeerRate _rate = new(limits);
    private readonly Lock _gate = new();
    private long _backlog;
    private bool _isDisposed;

    /// <summary>Why this side ended it; null if it did not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Which limit the client has passed; null if none.</summary>
    public string? PassedLimit { get; private set; }

    /// <summary>Whether the client may not come again with the same session.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>Bytes that a message of the client may have; only the first of a session may be larger than a packet.</summary>
    public int MessageBytesMax { get; set; } = limits.PacketBytesMax + (isFramed ? SessionFrame.HeaderBytesMax : 0);

    /// <summary>Whether its bytes count against the client's rate: not those of what a session remembers.</summary>
    public bool IsRated { get; set; } = true;

    /// <summary>Queues a packet; a client that does not keep up is dropped.</summary>
    public void Send(ReadOnlySpan<byte> packet)
    {
        if (Fault is not null || _over.IsCancellationRequested) return;
        if (Interlocked.Add(ref _backlog, packet.Length) > backlogBytesMax)
        {
            PassLimit($"more than {backlogBytesMax} bytes wait to be sent", isFinal: false);
            return;
        }

        _queue.Writer.TryWrite(packet.ToArray());
    }

    /// <summary>Ends it, with a reason for the client, which has a second to read it. What comes after the first is too late.</summary>
    /// <param name="why">The reason.</param>
    /// <param name="isFinal">Whether its session, if it has one, ends as well.</param>
    public void Fail(string why, bool isFinal = true)
    {
        lock (_gate)
        {
            // A second time would give it another second, and so on for as long as packets come.
            if (Fault is not null) return;
            (Fault, IsFinal) = (why, isFinal);
            if (isFramed)
            {
                var goodbye = new ByteWriter();
                SessionFrame.WriteGoodbye(goodbye, isFinal, Encoding.UTF8.GetBytes(why));
                _queue.Writer.TryWrite(goodbye.ToArray());
            }

            _queue.Writer.TryComplete();
            // Somebody may have something against a client whose connection is over already.
            if (!_isDisposed) _over.CancelAfter(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Reads packets and sends what is queued, until either side ends it.</summary>
    public async Task RunAsync(Action<byte[]> onPacket)
    {
        Task sending = SendAllAsync();
        try
        {
            await ReadAllAsync(onPacket).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The connection broke, or this side has given it up. Of what ends by itself only a ping without an answer is this
            // side's own doing; the client's network may come back.
            if (Fault is null && e is ConnectionAbortedException) PassLimit("a client that does not answer", isFinal: false);
        }

        _queue.Writer.TryComplete();
        await sending.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _over.Dispose();
        }
    }

    private static Timestamp Now => Timestamp.FromMicroseconds(Environment.TickCount64 * 1000);

    private void PassLimit(string why, bool isFinal = true)
    {
        PassedLimit ??= why;
        Fail(why, isFinal);
    }

    private async Task ReadAllAsync(Action<byte[]> onPacket)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16 << 10);
        var message = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult read = await socket.ReceiveAsync(buffer.AsMemory(), _over.Token).ConfigureAwait(false);
                if (read.MessageType == WebSocketMessageType.Close) return;
                if (message.WrittenCount + read.Count > MessageBytesMax)
                {
                    PassLimit($"a packet of more than {MessageBytesMax} bytes");
                    return;
                }

                // Before it reaches the loop, where what waits has no bound of its own. An empty part is as good as a packet.
                if (_rate.Take(read.EndOfMessage || read.Count == 0 ? 1 : 0, IsRated ? read.Count : 0, Now) is { } tooFast)
                {
                    PassLimit(tooFast);
                    return;
                }

                message.Write(buffer.AsSpan(0, read.Count));
                if (!read.EndOfMessage) continue;
                if (Fault is not null) return;
                onPacket(message.WrittenSpan.ToArray());
                message.ResetWrittenCount();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_over.Token).ConfigureAwait(false))
            {
                transport.Cork();
                int sent = 0;
                while (transport.HeldLength < CorkBytesMax && _queue.Reader.TryRead(out byte[]? packet))
                {
                    await socket.SendAsync(packet, WebSocketMessageType.Binary, endOfMessage: true, _over.Token).ConfigureAwait(false);
                    sent += packet.Length;
                }

                await transport.UncorkAsync(_over.Token).ConfigureAwait(false);
                Interlocked.Add(ref _backlog, -sent);
            }

            string? reason = Fault?[..Math.Min(ReasonLengthMax, Fault.Length)];
            await socket.CloseOutputAsync(StatusOf(reason), reason, _over.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            _over.Cancel();
        }
    }

    // Once more what GOODBYE has said: Godot forgets messages that it has not looked at when the close comes.
    private WebSocketCloseStatus StatusOf(string? reason)
    {
        if (reason is null) return WebSocketCloseStatus.NormalClosure;
        return isFramed && !IsFinal ? WebSocketCloseStatus.EndpointUnavailable : WebSocketCloseStatus.PolicyViolation;
    }
}
