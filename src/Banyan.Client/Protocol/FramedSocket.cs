using System.Net.WebSockets;
using Banyan.Primitives;

namespace Banyan.Client.Protocol;

/// <summary>Takes a frame; the bytes are valid during the call only. False: it cannot be read, the connection is closed.</summary>
public delegate bool FrameHandler(ReadOnlySpan<byte> frame);

/// <summary>
/// A WebSocket as two streams of frames. Frames that are appended while others are being sent go out together, so that
/// a busy connection costs one system call for many of them.
/// </summary>
public sealed class FramedSocket : IDisposable
{
    private const int FirstBufferBytes = 16 << 10;
    private const int KeptBufferBytes = 1 << 20;

    // A WebSocket's reason has 123 bytes at most.
    private const int ReasonLengthMax = 100;

    // How long the other side has to take the reason, and to say that it has.
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly int _frameBytesMax;
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _drained = new(0);
    private ByteWriter _filling = new(FirstBufferBytes);
    private ByteWriter _sendingNow = new(FirstBufferBytes);
    private bool _sending;
    private int _waitingForRoom;
    private Task? _closing;

    /// <summary>Takes a connected socket over.</summary>
    public FramedSocket(WebSocket socket, int frameBytesMax)
    {
        _socket = socket;
        _frameBytesMax = frameBytesMax;
    }

    /// <summary>Why this side gave the connection up; null if it did not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Bytes that wait to be sent.</summary>
    public int QueuedBytes
    {
        get
        {
            lock (_gate) return _filling.Length + (_sending ? _sendingNow.Length : 0);
        }
    }

    /// <summary>Puts a frame behind the others. Nothing is sent before <see cref="Flush"/>.</summary>
    public void Append(ReadOnlySpan<byte> frame)
    {
        lock (_gate)
        {
            if (IsOver) return;
            _filling.Number((ulong)frame.Length);
            _filling.Raw(frame);
        }
    }

    /// <summary>Sends what was appended, on the thread pool.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_sending || _filling.Length == 0 || IsOver) return;
            _sending = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static socket => _ = socket.SendAllAsync(), this, preferLocal: false);
    }

    /// <summary>Waits until fewer than so many bytes are queued.</summary>
    public async Task WaitForRoomAsync(int bytes)
    {
        while (QueuedBytes > bytes && !IsOver)
        {
            Interlocked.Increment(ref _waitingForRoom);
            Flush();
            await _drained.WaitAsync(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        }
    }

    /// <summary>Reads frames until the connection ends.</summary>
    /// <param name="handler">Called for every frame, one at a time.</param>
    /// <param name="batchEnd">Called when no further complete frame is at hand.</param>
    public async Task ReadAsync(FrameHandler handler, Action? batchEnd = null)
    {
        byte[] buffer = new byte[FirstBufferBytes];
        int used = 0;
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult got = await _socket.ReceiveAsync(buffer.AsMemory(used), _closed.Token).ConfigureAwait(false);
                if (got.MessageType == WebSocketMessageType.Close) break;
                if (got.MessageType == WebSocketMessageType.Text) Fail("text, where binary frames belong");
                // Whoever closed here reads on, deaf, until the other side has the reason: what is dropped before takes it along.
                used = IsOver ? 0 : used + got.Count;
                int taken = TakeFrames(buffer.AsSpan(0, used), handler, out int wanted);
                if (taken < 0) taken = used;
                if (taken > 0) batchEnd?.Invoke();
                buffer.AsSpan(taken, used - taken).CopyTo(buffer);
                used -= taken;
                if (wanted > buffer.Length || used == buffer.Length) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, wanted));
                else if (used == 0 && buffer.Length > KeptBufferBytes) buffer = new byte[FirstBufferBytes];
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The connection is gone; whoever waits for replies finds out by the end of this method.
        }
        finally
        {
            await CloseAsync().ConfigureAwait(false);
            _closed.Cancel();
        }
    }

    /// <summary>Gives the connection up for a reason that the other side is told.</summary>
    public void Fail(string why)
    {
        lock (_gate)
        {
            if (_closing is not null || _closed.IsCancellationRequested) return;
            Fault = why;
        }

        _ = CloseAsync();
    }

    /// <summary>Drops the connection.</summary>
    public void Abort()
    {
        _closed.Cancel();
        _socket.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Abort();
        _socket.Dispose();
    }

    // Nothing is sent any more, and what comes is not taken.
    private bool IsOver => _closing is not null || _closed.IsCancellationRequested;

    // The number of bytes taken; -1 if the stream cannot be read on. wanted: how long the buffer must be for the next frame.
    private int TakeFrames(ReadOnlySpan<byte> bytes, FrameHandler handler, out int wanted)
    {
        wanted = 0;
        int taken = 0;
        while (taken < bytes.Length)
        {
            int prefix = PrefixLength(bytes[taken..]);
            if (prefix == 0) break;
            var reader = new ByteReader(bytes.Slice(taken, prefix));
            ulong length = reader.Number();
            if (reader.Failed || length == 0 || length > (ulong)_frameBytesMax)
            {
                Fail($"a frame of {length} bytes, {_frameBytesMax} are allowed");
                return -1;
            }

            wanted = prefix + (int)length;
            if (bytes.Length - taken < wanted) break;
            if (!handler(bytes.Slice(taken + prefix, (int)length)))
            {
                Fail("a frame that cannot be read");
                return -1;
            }

            taken += wanted;
            wanted = 0;
        }

        return taken;
    }

    // How many bytes the length takes; 0 if it is not complete.
    private static int PrefixLength(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            if (bytes[i] < 0x80) return i + 1;
        }

        return bytes.Length >= 10 ? 10 : 0;
    }

    private async Task SendAllAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_filling.Length == 0)
                    {
                        _sending = false;
                        break;
                    }

                    (_filling, _sendingNow) = (_sendingNow, _filling);
                }

                await _socket.SendAsync(_sendingNow.WrittenMemory, WebSocketMessageType.Binary, endOfMessage: true, _closed.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    if (_sendingNow.Length > KeptBufferBytes) _sendingNow = new(FirstBufferBytes);
                    else _sendingNow.Clear();
                }

                SignalRoom();
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            Abort();
        }

        SignalRoom();
    }

    private void SignalRoom()
    {
        int waiting = Interlocked.Exchange(ref _waitingForRoom, 0);
        if (waiting > 0) _drained.Release(waiting);
    }

    private Task CloseAsync()
    {
        lock (_gate) return _closing ??= Task.Run(SayWhyAsync);
    }

    private async Task SayWhyAsync()
    {
        _closed.CancelAfter(_farewell);
        SignalRoom();
        try
        {
            if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
            WebSocketCloseStatus status = Fault is null ? WebSocketCloseStatus.NormalClosure : WebSocketCloseStatus.PolicyViolation;
            string? why = Fault is { Length: > ReasonLengthMax } ? Fault[..ReasonLengthMax] : Fault;
            await _socket.CloseOutputAsync(status, why, _closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It was closed already, one way or another.
        }
    }
}
