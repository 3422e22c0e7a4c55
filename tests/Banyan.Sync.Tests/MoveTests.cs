using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Sync.Tests;

/// <summary>Clients that keep a node that moves, and free what came with a scene: in the words of a log, without states and paths.</summary>
public sealed class MoveTests
{
    private const string Players = "/root/Main/Players";
    private readonly SmallCluster _cluster = new();

    [Fact]
    public void A_renamed_node_stays_with_all_below_it_where_a_stock_client_makes_it_anew()
    {
        Spawn("A");
        Drop("A", "D");
        TestClient client = Mover(7);
        var stock = new TestClient(_cluster, 8);
        Take(client);
        Take(stock);
        _cluster.Do(new RenameOperation(At("A"), "Z"));
        Assert.Equal(["lift Main/Players/A", "put Main/Players/Z"], Take(client));
        Assert.Equal(["1: despawn", "1: despawn", "1: spawn Z with 1", "1: spawn D with 1"], Take(stock));

        // From now on it goes by its path, and so does what is below it.
        _cluster.Do(new DespawnOperation(At("Z/Drops/D")));
        Assert.Equal(["free Main/Players/Z/Drops/D of Main/Players/Z/DropSpawner"], Take(client));
        Drop("Z", "E");
        Assert.Equal(["1: spawn E with 1"], Take(client));
        _cluster.Do(new DespawnOperation(At("Z")));
        Assert.Equal(["1: despawn", "free Main/Players/Z of Main/Spawner"], Take(client));
    }

    [Fact]
    public void What_is_known_of_a_node_that_was_moved_comes_by_its_path()
    {
        Spawn("A");
        TestClient client = Mover(7);
        client.ConfirmAll();
        client.TakeLog();
        _cluster.Do(new RenameOperation(At("A"), "Z"));
        Assert.Equal(["lift Main/Players/A", "put Main/Players/Z", "1: path Main/Players/Z/Pose"], client.Received.Count == 0 ? [] : client.TakeLog());
        _cluster.Do(new SetPropertiesOperation(At("Z"), [new("title", PropertyValue.Encode("x"))]));
        Assert.Empty(client.TakeLog());
    }

    [Fact]
    public void A_node_that_goes_to_another_spawner_stays_too()
    {
        Spawn("A");
        Spawn("B");
        Drop("A", "D");
        TestClient client = Mover(7);
        Take(client);
        _cluster.Do(new ReparentOperation(At("A/Drops/D"), At("B/Drops")));
        Assert.Equal(["lift Main/Players/A/Drops/D", "put Main/Players/B/Drops/D"], Take(client));
    }

    [Fact]
    public void Names_can_be_exchanged_in_one_transaction()
    {
        Spawn("A");
        Spawn("B");
        TestClient client = Mover(7);
        Take(client);
        _cluster.Do(new RenameOperation(At("A"), "T"), new RenameOperation(At("B"), "A"), new RenameOperation(At("T"), "B"));
        Assert.Equal(["lift Main/Players/A", "lift Main/Players/B", "put Main/Players/A", "put Main/Players/B"], Take(client).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_node_is_saved_from_what_goes_and_put_into_what_comes()
    {
        Spawn("A");
        Drop("A", "D");
        TestClient client = Mover(7);
        Take(client);
        _cluster.Do(
            _cluster.Spawn(Players, Game.Player, "B"), new ReparentOperation(At("A/Drops/D"), At("B/Drops")), new DespawnOperation(At("A")));
        Assert.Equal(["lift Main/Players/A/Drops/D", "1: despawn", "1: spawn B with 1", "put Main/Players/B/Drops/D"], Take(client));
    }

    [Fact]
    public void A_node_that_goes_where_no_spawner_knows_it_is_gone()
    {
        Spawn("A");
        TestClient client = Mover(7);
        Take(client);
        _cluster.Do(new ReparentOperation(At("A"), NodeRef.At("/root/Main")));
        Assert.Equal(["1: despawn"], Take(client));
    }

    [Fact]
    public void What_a_peer_had_spawned_and_was_moved_goes_with_the_peer()
    {
        _cluster.Hub.AddPeer(9);
        _cluster.Do(
            _cluster.Spawn(Players, Game.Player, "A"), new SetAuthorityOperation(At("A/DropSpawner"), 9),
            _cluster.Spawn(Players + "/A/Drops", Game.Drop, "D"));
        TestClient client = Mover(7);
        Take(client);
        _cluster.Do(new RenameOperation(At("A/Drops/D"), "E"));
        Assert.Equal(["lift Main/Players/A/Drops/D", "put Main/Players/A/Drops/E"], Take(client));
        _cluster.Hub.RemovePeer(9);
        Assert.Equal(["free Main/Players/A/Drops/E of Main/Players/A/DropSpawner", "1: DelPeer 9"], Take(client));
    }

    [Fact]
    public void At_another_gateway_a_node_that_was_moved_is_known_and_freed_by_its_path()
    {
        Spawn("A");
        Spawn("B");
        TestClient client = Mover(7);
        _cluster.Do(new RenameOperation(At("A"), "Z"), new RenameOperation(At("B"), "Y"));
        _cluster.Hub.Detach(7);
        _cluster.Do(new DespawnOperation(At("Y")));
        TestClient again = Again(client);
        Assert.Equal(["free Main/Players/Y"], Take(again));
        _cluster.Do(new DespawnOperation(At("Z")));
        Assert.Equal(["free Main/Players/Z of Main/Spawner"], Take(again));
    }

    [Fact]
    public void A_node_that_moves_while_the_client_has_no_gateway_stays_with_all_below_it()
    {
        Spawn("A");
        Drop("A", "D");
        Drop("A", "E");
        TestClient client = Mover(7);
        _cluster.Hub.Detach(7);
        _cluster.Do(new RenameOperation(At("A"), "Z"));
        _cluster.Do(new DespawnOperation(At("Z/Drops/E")));
        TestClient again = Again(client);
        Assert.Equal(["1: despawn", "lift Main/Players/A", "put Main/Players/Z"], Take(again));
        _cluster.Do(new DespawnOperation(At("Z/Drops/D")));
        Assert.Equal(["free Main/Players/Z/Drops/D of Main/Players/Z/DropSpawner"], Take(again));
    }

    [Fact]
    public void A_node_that_was_taken_out_when_the_gateway_died_comes_anew()
    {
        Spawn("A");
        Drop("A", "D");
        _cluster.Do(new DespawnOperation(At("A/Drops/D/State")));
        TestClient client = Mover(7);
        _cluster.Hub.Detach(7);
        // As if the gateway had died between the two.
        string id = Convert.ToHexString(BitConverter.GetBytes(_cluster.IdOf(Players + "/A").Value));
        Assert.True(client.Memory.Remove("53" + id));
        Assert.True(client.Memory.Remove("53" + Convert.ToHexString(BitConverter.GetBytes(_cluster.IdOf(Players + "/A/Drops/D").Value))));
        client.Memory["55" + id] = [1];
        Assert.Equal(["drop", "1: spawn A with 1", "1: spawn D with 0", "free Main/Players/A/Drops/D/State"], Take(Again(client)));
    }

    [Fact]
    public void What_is_taken_out_of_a_scene_is_freed_and_for_who_comes_later_too()
    {
        TestClient client = Mover(7);
        var stock = new TestClient(_cluster, 8);
        Take(client);
        Take(stock);
        _cluster.Do(new DespawnOperation(At("Bob/Head")));
        Assert.Equal(["free Main/Players/Bob/Head"], Take(client));
        _cluster.Do(new DespawnOperation(At("Bob")));
        Assert.Equal(["free Main/Players/Bob"], Take(client));
        Assert.Empty(Take(stock));
        Assert.Equal(["free Main/Players/Bob"], Take(Mover(9)));

        // Once is enough, wherever it goes.
        _cluster.Hub.Detach(7);
        Assert.Empty(Take(Again(client, 8, 9)));
    }

    [Fact]
    public void What_is_taken_out_of_a_spawned_scene_is_freed_wherever_the_node_is()
    {
        Spawn("A");
        TestClient client = Mover(7);
        Take(client);
        _cluster.Do(new RenameOperation(At("A"), "Z"), new DespawnOperation(At("Z/Head")));
        Assert.Equal(["free Main/Players/A/Head", "lift Main/Players/A", "put Main/Players/Z"], Take(client));
        Assert.Equal(["1: spawn Z with 1", "free Main/Players/Z/Head"], Take(Mover(9)));
    }

    [Fact]
    public void What_is_made_again_where_a_scene_had_something_is_not_there_to_who_has_freed_that()
    {
        TestClient client = Mover(7);
        _cluster.Do(new DespawnOperation(At("Bob")));
        Take(client);
        _cluster.Do(_cluster.Spawn(Players, Game.Player, "Bob"));
        Assert.DoesNotContain(client.TakeLog(), l => l.Contains("Bob", StringComparison.Ordinal));
        _cluster.Hub.Detach(7);
        Assert.DoesNotContain(Again(client).TakeLog(), l => l.Contains("Bob", StringComparison.Ordinal));
        // Who comes now has it from the scene.
        Assert.Contains("1: path " + Game.BobsPose, Mover(9).TakeLog());
    }

    [Fact]
    public void What_a_scene_had_and_a_spawner_can_have_stays_when_it_moves()
    {
        TestClient client = Mover(7);
        Take(client);
        _cluster.Do(new RenameOperation(At("Bob"), "Rob"));
        Assert.Equal(["lift Main/Players/Bob", "put Main/Players/Rob"], Take(client));
        Assert.Equal(["free Main/Players/Bob", "1: spawn Rob with 1"], Take(Mover(9)));
    }

    private static NodeRef At(string below) => NodeRef.At(Players + "/" + below);

    private static string[] Take(TestClient client) => [.. client.TakeLog().Where(l => !l.Contains("path", StringComparison.Ordinal) && !l.Contains("AddPeer", StringComparison.Ordinal) && l != "1: delta" && l != "1: sync")];

    private TestClient Mover(int peer) => new(_cluster, peer, [], canMove: true);

    private TestClient Again(TestClient client, params int[] others) => new(_cluster, 7, client.Memory, _cluster.AnotherHub(others), canMove: true);

    private void Spawn(string name) => _cluster.Do(_cluster.Spawn(Players, Game.Player, name));

    private void Drop(string player, string name) => _cluster.Do(_cluster.Spawn($"{Players}/{player}/Drops", Game.Drop, name));
}
