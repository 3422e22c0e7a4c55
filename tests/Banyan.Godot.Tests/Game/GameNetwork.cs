using Banyan.Godot.Game;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Scenes;
using Banyan.Godot.Tests.Multiplayer;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Game;

/// <summary>A server and clients of one project, joined by ordered links in memory, as WebSocket would join them.</summary>
internal sealed class GameNetwork
{
    private readonly GameProject _project;
    private readonly SortedDictionary<(int From, int To), Queue<byte[]>> _links = [];
    private readonly Action<GameTree> _script;
    private readonly string _main;

    /// <param name="files">The project.</param>
    /// <param name="script">What every game of it does, server and client alike: hooks and spawn functions.</param>
    /// <param name="main">The scene that they all begin with.</param>
    public GameNetwork(IProjectFiles files, Action<GameTree>? script = null, string main = SmallGame.Main)
    {
        _main = main;
        _project = new(files);
        _script = script ?? (_ => { });
        Server = NewGame(1);
        Server.Multiplayer.Host((to, packet, _) => Send(1, to, packet));
        Server.ChangeScene(_main);
        Server.Multiplayer.DisconnectRequested += Disconnect;
    }

    public GameTree Server { get; }

    public SortedDictionary<int, GameTree> Clients { get; } = [];

    public IEnumerable<GameTree> Games => [Server, .. Clients.Values];

    /// <summary>All that was ever sent, for those tests that look at bytes.</summary>
    public List<(int From, int To, string Hex)> Sent { get; } = [];

    /// <summary>Calls that arrived: where, and what.</summary>
    public List<(int At, RemoteCall Call)> Calls { get; } = [];

    public long NowMicroseconds { get; private set; } = 1_000_000;

    public bool IsQuiet => _links.Values.All(l => l.Count == 0);

    public GameTree Connect(int id, Action<GameTree>? before = null)
    {
        GameTree client = NewGame(id);
        client.ChangeScene(_main);
        before?.Invoke(client);
        client.Multiplayer.Join((to, packet, _) => Send(id, to, packet));
        Clients.Add(id, client);
        Server.Multiplayer.OnPeerConnected(id);
        client.Multiplayer.OnConnected(id);
        return client;
    }

    public void Disconnect(int id)
    {
        if (!Clients.Remove(id, out GameTree? client)) return;
        _links.Remove((1, id));
        _links.Remove((id, 1));
        client.Multiplayer.OnPeerDisconnected(1);
        client.FlushDeleteQueue();
        Server.Multiplayer.OnPeerDisconnected(id);
    }

    /// <summary>A frame of every game, and nothing delivered.</summary>
    public void Frame(long microseconds = 16_667)
    {
        NowMicroseconds += microseconds;
        foreach (GameTree game in Games) game.Process(NowMicroseconds);
    }

    /// <summary>Delivers all that is under way, and what that brings about.</summary>
    public void Deliver()
    {
        while (!IsQuiet)
        {
            foreach ((int From, int To) link in _links.Keys.ToArray()) DeliverOne(link.From, link.To);
        }
    }

    /// <summary>Delivers a few packets, of links as they come.</summary>
    public void DeliverSome(SeededRandom random)
    {
        for (int i = random.Next(20); i > 0 && !IsQuiet; i--)
        {
            (int From, int To)[] busy = [.. _links.Where(l => l.Value.Count > 0).Select(l => l.Key)];
            (int from, int to) = busy[random.Next(busy.Length)];
            DeliverOne(from, to);
        }
    }

    /// <summary>Frames and deliveries until all that can be sent has been.</summary>
    public void Settle()
    {
        for (int i = 0; i < 6; i++)
        {
            Deliver();
            Frame();
        }

        Deliver();
    }

    /// <summary>Packets of a kind that went from one peer to another since the list was cleared, those in relays by the kind inside.</summary>
    public int Count(int from, int to, PacketCommand command) => Sent.Count(s => s.From == from && s.To == to && CommandOf(Bytes.Of(s.Hex)) == command);

    public void AssertNoErrors()
    {
        foreach (GameTree game in Games) Assert.Empty(game.Errors);
    }

    private static PacketCommand? CommandOf(byte[] packet) =>
        SystemPacket.TryRead(packet, out SystemPacket system) && system.Command == SystemCommand.Relay
            ? Packet.CommandOf(system.Payload)
            : Packet.CommandOf(packet);

    private GameTree NewGame(int id)
    {
        GameTree game = new(_project);
        game.Multiplayer.Called += call => Calls.Add((id, call));
        _script(game);
        return game;
    }

    private void Send(int from, int to, ReadOnlySpan<byte> packet)
    {
        Assert.True(from == 1 || to == 1, "a client sends to its server only");
        Sent.Add((from, to, Bytes.Hex(packet)));
        if (!_links.TryGetValue((from, to), out Queue<byte[]>? link)) _links.Add((from, to), link = new());
        link.Enqueue(packet.ToArray());
    }

    private void DeliverOne(int from, int to)
    {
        if (!_links.TryGetValue((from, to), out Queue<byte[]>? link) || !link.TryDequeue(out byte[]? packet)) return;
        (to == 1 ? Server : Clients[to]).Multiplayer.OnPacket(from, packet);
    }
}
