using Banyan.Godot.Game;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Game;

/// <summary>Whatever a server and its clients do, in the end they see the same, and no engine would have complained.</summary>
/// <remarks>
/// A node is taken away only when nothing is under way to it: the engine does complain of what comes for a node that
/// has gone, and so does the model.
/// </remarks>
public sealed class RandomGameTests
{
    private readonly GameNetwork _network = SmallGame.Network();
    private SeededRandom _random = new(0);
    private int _lastPeer = 1;
    private int _lastName;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_500_steps_all_trees_agree_and_nobody_has_complained(ulong seed)
    {
        _random = new(seed);
        Join();
        Join();
        for (int i = 0; i < 500; i++)
        {
            Step();
            _network.DeliverSome(_random);
            foreach (GameTree game in _network.Games) Assert.True(game.Errors.Count == 0, $"step {i}: {string.Join('\n', game.Errors)}");
        }

        _network.Settle();
        string expected = SmallGame.Dump(_network.Server);
        Assert.All(_network.Clients.Values, c => Assert.Equal(expected, SmallGame.Dump(c)));
        Assert.True(_network.Server.Node("Items").Children.Count > 0 && _network.Calls.Count > 20 && _network.Clients.Count >= 2);
        _network.AssertNoErrors();
    }

    private GameTree Server => _network.Server;

    private void Step()
    {
        switch (_random.Next(12))
        {
            case 0 when _network.Clients.Count < 4: Join(); break;
            case 0 when _random.Chance(0.5): Leave(); break;
            case 1: Server.Add("Items", _random.Chance(0.7) ? SmallGame.Item : SmallGame.Drop, "I" + ++_lastName); break;
            case 2: ((MultiplayerSpawner)Server.Node("ShotSpawner")).Spawn(_random.Next(1000)); break;
            case 3: Server.Add($"Players/{AnyClient().Multiplayer.UniqueId}/Drops", SmallGame.Drop, "Coin"); break;
            case 4: Remove(Any(["Items", "Shots", $"Players/{AnyClient().Multiplayer.UniqueId}/Drops"])); break;
            case 5 or 6: Own(AnyClient()); break;
            case 7: ServerOwn(); break;
            case 8: Call(); break;
            default: _network.Frame(_random.Next(50_000) + 1); break;
        }
    }

    private void Join()
    {
        int id = ++_lastPeer;
        _network.Connect(id);
        Server.Add("Players", SmallGame.Player, id.ToString());
        // Its client owns a part of it, and must know it before it sends.
        _network.Deliver();
    }

    private void Leave()
    {
        _network.Deliver();
        int id = AnyClient().Multiplayer.UniqueId;
        _network.Disconnect(id);
        _network.Deliver();
        Remove(Server.Node("Players/" + id));
    }

    private void Remove(GameNode? node)
    {
        if (node is null) return;
        _network.Deliver();
        node.QueueFree();
        Server.FlushDeleteQueue();
        _network.Deliver();
    }

    private void Own(GameTree client)
    {
        GameNode player = client.Node("Players/" + client.Multiplayer.UniqueId);
        switch (_random.Next(3))
        {
            case 0: player.Set("position", AnyVector()); break;
            case 1: player.Child("Head")!.Set("rotation", AnyVector()); break;
            default: player.Set("title", "T" + _random.Next(100)); break;
        }
    }

    private void ServerOwn()
    {
        Server.Node("Players/" + AnyClient().Multiplayer.UniqueId).Set("health", _random.Next(100));
        Server.Node("").Set("round", _random.Next(100));
        if (Any(["Items"]) is { } item && item.SceneFilePath == SmallGame.Item)
        {
            item.Set("count", _random.Next(1000));
            item.Set("position", AnyVector());
        }
    }

    private void Call()
    {
        GameTree caller = _random.Chance(0.4) ? Server : AnyClient();
        int[] peers = [0, .. caller.Multiplayer.Peers, .. caller.Multiplayer.Peers.Select(p => -p)];
        int to = peers[_random.Next(peers.Length)];
        bool player = _random.Chance(0.5);
        GameNode node = caller.Node(player ? "Players/" + AnyClient().Multiplayer.UniqueId : "");
        Assert.True(caller.Multiplayer.Rpc(node, player ? "hit" : "say", [_random.Next(100)], to));
    }

    private GameTree AnyClient() => _network.Clients.Values.ElementAt(_random.Next(_network.Clients.Count));

    private GameNode? Any(string[] parents)
    {
        GameNode parent = Server.Node(parents[_random.Next(parents.Length)]);
        return parent.Children.Count == 0 ? null : parent.Children[_random.Next(parent.Children.Count)];
    }

    private Vector3 AnyVector() => new(_random.Next(100), _random.Next(100), _random.Next(100));
}
