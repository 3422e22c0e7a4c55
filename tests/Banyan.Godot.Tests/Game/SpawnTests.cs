using Banyan.Godot.Game;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Game;

public sealed class SpawnTests
{
    // The player has 1, its one synchronizer of the server 2.
    private static readonly string[] DespawnsInOrder = ["0503000000", "0501000000"];

    private readonly GameNetwork _network = SmallGame.Network();

    [Fact]
    public void A_node_added_at_the_server_is_spawned_with_its_state_and_freed_with_it()
    {
        GameTree client = _network.Connect(2);
        GameNode item = _network.Server.Instantiate(SmallGame.Item)!;
        item.SetName("Sword");
        item.Set("count", 3);
        _network.Server.Node("Items").AddChild(item);
        _network.Deliver();
        Assert.Equal(3, client.Node("Items/Sword").Get("count"));
        Assert.Equal(SmallGame.Item, client.Node("Items/Sword").SceneFilePath);
        item.QueueFree();
        _network.Frame();
        _network.Deliver();
        Assert.False(client.Has("Items/Sword"));
        _network.AssertNoErrors();
    }

    [Fact]
    public void Who_comes_late_gets_what_is_there_as_it_is_now()
    {
        GameNode item = _network.Server.Add("Items", SmallGame.Item, "Sword");
        GameTree early = _network.Connect(2);
        _network.Settle();
        item.Set("position", new Vector3(1, 2, 3));
        item.Set("count", 5);
        GameTree late = _network.Connect(3);
        _network.Settle();
        Assert.Equal(SmallGame.Dump(_network.Server), SmallGame.Dump(late));
        Assert.Equal(SmallGame.Dump(_network.Server), SmallGame.Dump(early));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_spawn_function_runs_on_both_ends_with_the_same_argument()
    {
        GameTree client = _network.Connect(2);
        var spawner = (MultiplayerSpawner)_network.Server.Node("ShotSpawner");
        spawner.Spawn("fast");
        spawner.Spawn(7);
        GameTree late = _network.Connect(3);
        _network.Deliver();
        Assert.All([client, late], c => Assert.Equal(["Shot", "Shot2"], c.Node("Shots").Children.Select(s => s.Name)));
        Assert.All([client, late], c => Assert.Equal(["fast", (Variant)7], c.Node("Shots").Children.Select(s => s.Get("power"))));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_spawner_stops_at_its_limit()
    {
        var spawner = (MultiplayerSpawner)_network.Server.Node("ShotSpawner");
        spawner.SpawnLimit = 1;
        Assert.NotNull(spawner.Spawn());
        Assert.Null(spawner.Spawn());
        Assert.Equal(["Spawn limit reached!"], _network.Server.Errors);
        spawner.SpawnNode!.Children[0].Free();
        Assert.NotNull(spawner.Spawn());
    }

    [Fact]
    public void A_spawner_in_a_spawned_node_spawns_after_it_and_despawns_before_it()
    {
        GameTree client = _network.Connect(2);
        GameNode player = _network.Server.Add("Players", SmallGame.Player, "2");
        _network.Server.Add("Players/2/Drops", SmallGame.Drop, "Coin");
        GameTree late = _network.Connect(3);
        _network.Settle();
        Assert.All([client, late], c => Assert.True(c.Has("Players/2/Drops/Coin")));
        _network.Sent.Clear();
        player.QueueFree();
        _network.Server.FlushDeleteQueue();
        Assert.Equal(DespawnsInOrder, _network.Sent.Where(s => s.To == 2 && s.Hex.StartsWith("05")).Select(s => s.Hex));
        _network.Deliver();
        Assert.All([client, late], c => Assert.False(c.Has("Players/2")));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_node_that_was_there_before_its_spawner_is_never_spawned()
    {
        _network.Connect(2);
        _network.Sent.Clear();
        _network.Server.Node("Items").AddChild(_network.Server.CreateNode("Node3D", "Loose"));
        _network.Server.Node("").AddChild(_network.Server.Instantiate(SmallGame.Item)!);
        Assert.DoesNotContain(_network.Sent, s => s.Hex.StartsWith("04"));
    }

    [Fact]
    public void A_client_with_the_authority_over_a_spawner_spawns_for_all()
    {
        GameTree a = _network.Connect(2);
        GameTree b = _network.Connect(3);
        foreach (GameTree game in _network.Games) game.Node("ItemSpawner").SetMultiplayerAuthority(2);
        GameNode mine = a.Add("Items", SmallGame.Item, "Mine");
        mine.Set("count", 4);
        _network.Settle();
        Assert.All([_network.Server, b], g => Assert.Equal(4, g.Node("Items/Mine").Get("count")));
        Assert.True(_network.Server.Has("Items/Mine"));
        Assert.True(b.Has("Items/Mine"));
        _network.Disconnect(2);
        _network.Settle();
        Assert.False(_network.Server.Has("Items/Mine"));
        Assert.False(b.Has("Items/Mine"));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_spawn_of_a_peer_without_the_authority_is_an_error_and_nothing_else()
    {
        GameTree a = _network.Connect(2);
        GameTree b = _network.Connect(3);
        // Only the client believes that it may.
        a.Node("ItemSpawner").SetMultiplayerAuthority(2);
        a.Add("Items", SmallGame.Item, "Mine");
        _network.Deliver();
        Assert.False(_network.Server.Has("Items/Mine"));
        Assert.False(b.Has("Items/Mine"));
        Assert.Contains("not the authority", Assert.Single(_network.Server.Errors));
        Assert.Contains("not the authority", Assert.Single(b.Errors));
    }

    [Fact]
    public void A_despawn_of_another_peers_node_is_an_error_and_nothing_else()
    {
        GameTree client = _network.Connect(2);
        _network.Server.Add("Items", SmallGame.Item, "Sword");
        _network.Deliver();
        _network.Server.Multiplayer.OnPacket(2, [5, 1, 0, 0, 0]);
        Assert.True(_network.Server.Has("Items/Sword"));
        Assert.Single(_network.Server.Errors);
        client.Multiplayer.OnPacket(1, [5, 9, 0, 0, 0]);
        Assert.Single(client.Errors);
    }

    [Fact]
    public void What_a_client_still_sends_for_a_node_that_is_gone_is_an_error_as_in_the_engine()
    {
        _network.Connect(2);
        GameNode player = _network.Server.Add("Players", SmallGame.Player, "2");
        _network.Settle();
        player.QueueFree();
        _network.Frame();
        _network.Deliver();
        Assert.Contains("Failed to get cached node from peer 2", _network.Server.Errors[1]);
    }

    [Fact]
    public void A_lost_server_takes_all_that_it_spawned_with_it()
    {
        GameTree client = _network.Connect(2);
        _network.Server.Add("Items", SmallGame.Item, "Sword");
        _network.Deliver();
        int lost = 0;
        client.Multiplayer.ServerDisconnected += () => lost++;
        _network.Disconnect(2);
        Assert.False(client.Has("Items/Sword"));
        Assert.Equal((1, ConnectionStatus.Disconnected, 0), (lost, client.Multiplayer.Status, client.Multiplayer.UniqueId));
        Assert.Empty(client.Errors);
    }

    [Fact]
    public void A_node_that_leaves_and_comes_back_is_not_ready_again_as_in_the_engine()
    {
        _network.Connect(2);
        GameNode item = _network.Server.Add("Items", SmallGame.Item, "Sword");
        GameNode parent = item.Parent!;
        parent.RemoveChild(item);
        parent.AddChild(item);
        _network.Frame();
        Assert.Contains("'ready' signal", Assert.Single(_network.Server.Errors));
    }
}
