using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Banyan.Server.Torture.Proxy;

/// <summary>One connection through a <see cref="ProxyLink"/>, with a task for each direction.</summary>
internal sealed class ProxyConnection(ProxyLink link, Socket incoming, IPEndPoint target)
{
    private const int PieceBytes = 64 << 10;
    private const int WaitingPiecesMax = 256;

    private readonly Socket _outgoing = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private int _isOver;

    private readonly record struct Piece(byte[] Bytes, long DueMs, LinkRule Rule);

    public void Start(Action<ProxyConnection> onEnd) => _ = Task.Run(async () =>
    {
        try
        {
            await RunAsync().ConfigureAwait(false);
        }
        finally
        {
            Reset();
            onEnd(this);
        }
    });

    /// <summary>Ends both halves as a broken line does: without a goodbye.</summary>
    public void Reset()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 1) return;
        foreach (Socket socket in (Socket[])[incoming, _outgoing])
        {
            try
            {
                socket.LingerState = new(true, 0);
            }
            catch (SocketException)
            {
                // Already gone.
            }

            socket.Dispose();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            incoming.NoDelay = true;
            // Whoever dials into a cut way waits, as for an answer that never comes.
            while (link.Rule.IsCut || link.Rule.IsFrozen) await link.Changed.ConfigureAwait(false);
            await _outgoing.ConnectAsync(target).ConfigureAwait(false);
            Task there = PumpAsync(incoming, _outgoing, link);
            Task back = PumpAsync(_outgoing, incoming, link.Back!);
            await (await Task.WhenAny(there, back).ConfigureAwait(false)).ConfigureAwait(false);
            Reset();
            await Task.WhenAll(there, back).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side has ended: so does the other.
        }
    }

    private async Task PumpAsync(Socket from, Socket to, ProxyLink way)
    {
        var waiting = Channel.CreateBounded<Piece>(new BoundedChannelOptions(WaitingPiecesMax) { SingleReader = true, SingleWriter = true });
        int waitingCount = 0;
        Task late = Task.CompletedTask;
        try
        {
            byte[] buffer = new byte[PieceBytes];
            long lastDueMs = 0;
            while (true)
            {
                int count = await from.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
                if (count == 0) return;
                LinkRule rule = way.Rule;
                if (rule.IsPassing && Volatile.Read(ref waitingCount) == 0)
                {
                    await SendAsync(to, buffer.AsMemory(0, count)).ConfigureAwait(false);
                    continue;
                }

                if (rule.IsCut)
                {
                    // Lost; and with it the connection, as soon as anything can be heard on it again.
                    Task changed = way.Changed;
                    _ = DrainAsync(from, buffer);
                    if (way.Rule.IsCut) await changed.ConfigureAwait(false);
                    Reset();
                    return;
                }

                if (late.IsCompleted) late = DeliverAsync(waiting.Reader, to, way, () => Interlocked.Decrement(ref waitingCount));
                Interlocked.Increment(ref waitingCount);
                lastDueMs = Math.Max(lastDueMs, Environment.TickCount64 + (long)(rule.DelayMax.TotalMilliseconds * way.Draw()));
                await waiting.Writer.WriteAsync(new(buffer[..count], lastDueMs, rule)).ConfigureAwait(false);
            }
        }
        finally
        {
            waiting.Writer.TryComplete();
            if (Volatile.Read(ref _isOver) == 0) await late.ConfigureAwait(false);
        }
    }

    // Until the line ends: a sender does not notice that nobody hears it.
    private static async Task DrainAsync(Socket from, byte[] buffer)
    {
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Ended.
        }
    }

    private async Task DeliverAsync(ChannelReader<Piece> waiting, Socket to, ProxyLink way, Action onDone)
    {
        try
        {
            await foreach (Piece piece in waiting.ReadAllAsync().ConfigureAwait(false))
            {
                while (way.Rule.IsFrozen) await way.Changed.ConfigureAwait(false);
                long leftMs = piece.DueMs - Environment.TickCount64;
                if (leftMs > 0) await Task.Delay((int)leftMs).ConfigureAwait(false);
                if (piece.Rule.BytesPerSecond > 0) await Task.Delay((int)(piece.Bytes.Length * 1000L / piece.Rule.BytesPerSecond)).ConfigureAwait(false);
                if (piece.Rule.ResetChance > 0 && way.Draw() < piece.Rule.ResetChance)
                {
                    await SendAsync(to, piece.Bytes.AsMemory(0, piece.Bytes.Length / 2)).ConfigureAwait(false);
                    Reset();
                    return;
                }

                await SendAsync(to, piece.Bytes).ConfigureAwait(false);
                onDone();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Reset();
        }
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[await to.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
    }
}
