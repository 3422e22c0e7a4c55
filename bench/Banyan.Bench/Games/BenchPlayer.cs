using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Banyan.Bench.Load;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Bench.Games;

/// <summary>A stock client's connection: confirms what it is told, sends its state and calls, and measures how old what comes is.</summary>
internal sealed class BenchPlayer : IAsyncDisposable
{
    private const uint OwnPose = 1;
    private const ushort Greet = 0;

    private static readonly TimeSpan _joinTimeout = TimeSpan.FromSeconds(60);
    private readonly ClientWebSocket _socket = new();
    private readonly ByteWriter _writer = new(256);
    private readonly ByteWriter _reply = new(256);
    private readonly SemaphoreSlim _sending = new(1);
    private readonly TaskCompletionSource _isReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private ushort _sequence;
    private bool _isNumbered;

    /// <summary>Whether latencies are kept.</summary>
    public volatile bool Measures;

    public int Peer { get; private set; }

    /// <summary>Where it is, along the first axis.</summary>
    public float Place { get; set; }

    /// <summary>Of states, from the sending client's call to this client's packet.</summary>
    public LatencyHistogram States { get; } = new();

    /// <summary>Of calls.</summary>
    public LatencyHistogram Calls { get; } = new();

    public long Packets { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Why it is over, if it is.</summary>
    public string? Over { get; private set; }

    /// <summary>Called when a state has come.</summary>
    public Action? OnState { get; set; }

    /// <summary>Called when a call has come, after its latency is kept if it <see cref="Measures"/>.</summary>
    public Action? OnCall { get; set; }

    /// <summary>Connects; the task ends when the peer id is there, and for one that plays when its player is.</summary>
    public static async Task<BenchPlayer> ConnectAsync(Uri gateway, bool plays, CancellationToken stop)
    {
        var player = new BenchPlayer();
        await player._socket.ConnectAsync(new UriBuilder(gateway) { Scheme = "ws", Path = "/godot" }.Uri, stop).ConfigureAwait(false);
        player._reading = player.ReadAsync(plays);
        try
        {
            await player._isReady.Task.WaitAsync(_joinTimeout, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"a client has waited to join for {_joinTimeout.TotalSeconds:F0} s");
        }

        return player;
    }

    /// <summary>Sends its state, with the time.</summary>
    public async Task SendStateAsync()
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            var state = new ByteWriter(64);
            State.Write(state, [new Vector3(Place, _sequence % 2, 2), Stopwatch.GetTimestamp()]);
            _writer.Clear();
            new SyncPacketWriter(_writer, ++_sequence).Append(OwnPose | Packet.PathFlag, state.Written);
            await SendAsync(_writer.WrittenMemory).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Calls another peer, with the time.</summary>
    public async Task CallAsync(int peer)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            _writer.Clear();
            RpcPacket.WriteWithPath(_writer, "Main"u8, Greet, [Stopwatch.GetTimestamp()]);
            var relay = new ByteWriter(128);
            SystemPacket.WriteRelay(relay, peer, _writer.Written);
            await SendAsync(relay.WrittenMemory).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading.ConfigureAwait(false);
        _socket.Dispose();
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> packet) => _socket.SendAsync(packet, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    private async Task ReadAsync(bool plays)
    {
        var buffer = new byte[64 << 10];
        try
        {
            int length = 0;
            while (true)
            {
                ValueWebSocketReceiveResult read = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).ConfigureAwait(false);
                if (read.MessageType == WebSocketMessageType.Close) break;
                length += read.Count;
                if (!read.EndOfMessage) continue;
                await OnMessageAsync(buffer.AsMemory(0, length), plays).ConfigureAwait(false);
                length = 0;
            }

            Over = _socket.CloseStatusDescription ?? "closed";
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            Over = e.Message;
        }

        _isReady.TrySetException(new IOException(Over));
    }

    private async ValueTask OnMessageAsync(Memory<byte> message, bool plays)
    {
        Packets++;
        Bytes += message.Length;
        if (Peer == 0)
        {
            Peer = BinaryPrimitives.ReadInt32LittleEndian(message.Span);
            if (!plays) _isReady.TrySetResult();
            return;
        }

        _reply.Clear();
        OnPacket(message.Span);
        if (_reply.Length == 0) return;
        await _sending.WaitAsync().ConfigureAwait(false);
        await SendAsync(_reply.WrittenMemory).ConfigureAwait(false);
        _sending.Release();
    }

    private void OnPacket(ReadOnlySpan<byte> packet)
    {
        if (!Relayed.TryOpen(ref packet, out int from)) return;
        switch (Packet.CommandOf(packet))
        {
            case PacketCommand.SimplifyPath when SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket path):
                Relayed.Confirm(_reply, from, path.Id);
                break;
            case PacketCommand.Spawn when !_isNumbered && SpawnPacket.TryRead(packet, out SpawnPacket spawn) && Encoding.UTF8.GetString(spawn.Name) == $"{Peer}":
                _isNumbered = true;
                SimplifyPathPacket.Write(_reply, Encoding.UTF8.GetBytes(RpcMethods.None.Md5), OwnPose, Encoding.UTF8.GetBytes($"Main/Players/{Peer}/Pose"));
                break;
            case PacketCommand.ConfirmPath:
                _isReady.TrySetResult();
                break;
            case PacketCommand.Sync when SyncPacket.TryRead(packet, out SyncPacket sync):
                foreach (SyncPacket.Entry entry in sync)
                {
                    OnState?.Invoke();
                    if (Measures && State.TryRead(entry.State, 2, VariantLimits.Peer, out ImmutableArray<Variant> values)) Record(States, values[1].AsInt());
                }

                break;
            case PacketCommand.Rpc when RpcPacket.TryRead(packet, out RpcPacket call) && Arguments.TryRead(call, VariantLimits.Peer, out ImmutableArray<Variant> arguments):
                if (Measures) Record(Calls, arguments[0].AsInt());
                OnCall?.Invoke();
                break;
        }
    }

    private static void Record(LatencyHistogram histogram, long sent) => histogram.Record((long)Stopwatch.GetElapsedTime(sent).TotalNanoseconds);
}
