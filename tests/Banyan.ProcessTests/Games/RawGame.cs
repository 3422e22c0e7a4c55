using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.ProcessTests.Games;

/// <summary>A Godot client's connection, packet by packet: what is sent and expected is written out in the tests.</summary>
internal sealed class RawGame : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly List<byte[]> _received = [];

    /// <summary>The peer id that the cluster gave.</summary>
    public int Peer { get; private set; }

    /// <summary>Whether nobody has closed it yet, as far as was read.</summary>
    public bool IsOpen => _socket.State == WebSocketState.Open;

    /// <summary>Connects as <c>create_client</c> does.</summary>
    public static async Task<RawGame> ConnectAsync(Uri gateway, string query = "", Action<ClientWebSocketOptions>? options = null)
    {
        var game = new RawGame();
        options?.Invoke(game._socket.Options);
        using var patience = new CancellationTokenSource(BanyanCommand.Patience);
        string scheme = gateway.Scheme == "https" ? "wss" : "ws";
        await game._socket.ConnectAsync(new UriBuilder(gateway) { Scheme = scheme, Path = "/godot", Query = query }.Uri, patience.Token);
        byte[] id = await game.ReadAsync();
        Assert.Equal(4, id.Length);
        game.Peer = BinaryPrimitives.ReadInt32LittleEndian(id);
        Assert.True(game.Peer >= 2);
        return game;
    }

    /// <summary>Sends a packet.</summary>
    public Task SendAsync(Action<ByteWriter> write)
    {
        var writer = new ByteWriter();
        write(writer);
        return _socket.SendAsync(writer.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
    }

    /// <summary>Waits for a packet, among those that have come and those that come; takes it out. Others stay.</summary>
    public async Task<byte[]> TakeAsync(string what, Func<byte[], bool> isIt)
    {
        while (true)
        {
            int at = _received.FindIndex(p => isIt(p));
            if (at >= 0)
            {
                byte[] packet = _received[at];
                _received.RemoveAt(at);
                return packet;
            }

            try
            {
                _received.Add(await ReadAsync());
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{what} has not come; instead: {string.Join(", ", _received.Select(p => Convert.ToHexString(p)))}");
            }
        }
    }

    /// <summary>A spawn of a node of that name; its net id, and the packets that had come before it.</summary>
    public async Task<(uint NetId, byte[] Packet)> TakeSpawnAsync(string name)
    {
        byte[] packet = await TakeAsync($"a spawn of {name}", p => SpawnPacket.TryRead(p, out SpawnPacket spawn) && Encoding.UTF8.GetString(spawn.Name) == name);
        Assert.True(SpawnPacket.TryRead(packet, out SpawnPacket read));
        return (read.NetId, packet);
    }

    /// <summary>A path that gets a number, in the name of a peer; confirmed at once, as Godot does.</summary>
    public async Task<uint> TakePathAsync(int from, string path)
    {
        byte[] packet = await TakeAsync(
            $"the path {path} from {from}", p => Inner(p, from) is { } inner && SimplifyPathPacket.TryRead(inner, out SimplifyPathPacket s) && Encoding.UTF8.GetString(s.Path) == path);
        Assert.True(SimplifyPathPacket.TryRead(Inner(packet, from), out SimplifyPathPacket read));
        uint id = read.Id;
        await SendToAsync(from, writer => ConfirmPathPacket.Write(writer, true, id));
        return id;
    }

    /// <summary>Numbers a path for a peer, and waits until it is confirmed.</summary>
    public async Task GivePathAsync(int to, uint id, string path)
    {
        await SendToAsync(to, writer => SimplifyPathPacket.Write(writer, Encoding.UTF8.GetBytes(RpcMethods.None.Md5), id, Encoding.UTF8.GetBytes(path)));
        await TakeAsync($"a confirmation of {path} from {to}", p => Inner(p, to) is { } inner && ConfirmPathPacket.TryRead(inner, out ConfirmPathPacket c) && c.Id == id && c.MethodsAgree);
    }

    /// <summary>Sends a packet to a peer: to the cluster as it is, to others by way of it.</summary>
    public Task SendToAsync(int to, Action<ByteWriter> write)
    {
        var inner = new ByteWriter();
        write(inner);
        return SendAsync(writer =>
        {
            if (to == 1) writer.Raw(inner.Written);
            else SystemPacket.WriteRelay(writer, to, inner.Written);
        });
    }

    /// <summary>What a packet holds that comes from a peer; null if it comes from another.</summary>
    public static byte[]? Inner(byte[] packet, int from)
    {
        bool isRelayed = SystemPacket.TryRead(packet, out SystemPacket system) && system.Command == SystemCommand.Relay;
        if (from == 1) return isRelayed ? null : packet;
        return isRelayed && system.Peer == from ? system.Payload.ToArray() : null;
    }

    /// <summary>Reads on until the cluster ends the connection; why it did.</summary>
    public async Task<string?> ReadReasonAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var buffer = new byte[64 << 10];
        while ((await _socket.ReceiveAsync(buffer.AsMemory(), patience.Token)).MessageType != WebSocketMessageType.Close)
        {
        }

        return _socket.CloseStatusDescription;
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State == WebSocketState.Open) await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        _socket.Dispose();
    }

    private async Task<byte[]> ReadAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var buffer = new byte[64 << 10];
        ValueWebSocketReceiveResult read = await _socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.True(read.MessageType == WebSocketMessageType.Binary, "closed: " + _socket.CloseStatusDescription);
        Assert.True(read.EndOfMessage);
        return buffer[..read.Count];
    }
}
