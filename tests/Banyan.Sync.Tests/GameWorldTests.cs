using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.World;

namespace Banyan.Sync.Tests;

public sealed class GameWorldTests
{
    private readonly SmallCluster _cluster = new();

    private GameWorld World => _cluster.World;

    [Fact]
    public void What_a_scene_file_places_is_not_spawned_but_synchronized()
    {
        Assert.Empty(World.Spawned);
        Spawner spawner = World.Spawners[_cluster.IdOf("/root/Main/Spawner")];
        Assert.Equal([Game.Player, Game.Drop], spawner.Scenes);
        Assert.Equal(_cluster.IdOf("/root/Main/Players"), spawner.Parent);
        Assert.Equal(2, World.Spawners.Count); // and Bob's own
        Synchronizer pose = Assert.Single(World.Synchronizers.Values);
        NodeId bob = _cluster.IdOf("/root/Main/Players/Bob");
        Assert.Equal(bob, pose.Root);
        Assert.Equal([new(bob, "position"), new(_cluster.IdOf("/root/Main/Players/Bob/Head"), "rotation")], pose.Always);
        Assert.Equal([new(bob, "health"), new(bob, "title")], pose.Watched);
        Assert.Equal([new(bob, "position"), new(bob, "health"), new(bob, "title")], pose.Spawn);
        Assert.Equal("Main/Players/Bob/Pose", World.PathOf(pose.Node));
    }

    [Fact]
    public void A_spawned_player_comes_with_its_synchronizer()
    {
        WorldChange change = _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "7", authority: 7));
        SpawnedNode player = Assert.Single(change.Spawned);
        Assert.Equal(("7", (byte)0), (player.Name, player.Scene));
        Synchronizer pose = Assert.Single(change.Enrolled);
        Assert.Equal([pose.Node], player.Synchronizers);
        Assert.Equal(7, pose.Authority);
        Assert.Empty(change.Despawned);
        Assert.Empty(change.Withdrawn);
    }

    [Fact]
    public void With_a_node_goes_what_it_has_spawned_the_deepest_first()
    {
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "7"));
        _cluster.Do(_cluster.Spawn("/root/Main/Players/7/Drops", Game.Drop, "D"));
        WorldChange change = _cluster.Do(new DespawnOperation(NodeRef.At("/root/Main/Players/7")));
        Assert.Equal(["D", "7"], change.Despawned.Select(d => d.Name));
        Assert.Equal(2, change.Withdrawn.Count);
        Assert.Empty(change.Spawned);
        Assert.Empty(World.Spawned);
    }

    [Fact]
    public void What_moves_is_despawned_and_spawned_in_one_change()
    {
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "7"), _cluster.Spawn("/root/Main/Players", Game.Drop, "D"));
        WorldChange moved = _cluster.Do(new ReparentOperation(NodeRef.At("/root/Main/Players/D"), NodeRef.At("/root/Main/Players/7/Drops")));
        Assert.Equal((_cluster.IdOf("/root/Main/Spawner"), (byte)1), (Assert.Single(moved.Despawned).Spawner.Node, moved.Despawned[0].Scene));
        Assert.Equal((_cluster.IdOf("/root/Main/Players/7/DropSpawner"), (byte)0), (Assert.Single(moved.Spawned).Spawner.Node, moved.Spawned[0].Scene));
        WorldChange renamed = _cluster.Do(new RenameOperation(NodeRef.At("/root/Main/Players/7"), "8"));
        Assert.Equal(["7", "8"], [.. renamed.Despawned.Select(d => d.Name).Where(n => n != "D"), .. renamed.Spawned.Select(d => d.Name).Where(n => n != "D")]);
    }

    [Fact]
    public void A_node_that_leaves_for_where_nobody_spawns_is_gone_for_clients()
    {
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "7"));
        WorldChange change = _cluster.Do(new ReparentOperation(NodeRef.At("/root/Main/Players/7"), NodeRef.At("/root/Main")));
        Assert.Single(change.Despawned);
        Assert.Empty(change.Spawned);
    }

    [Fact]
    public void A_change_of_a_watched_property_names_its_bit()
    {
        NodeRef bob = NodeRef.At("/root/Main/Players/Bob");
        WorldChange change = _cluster.Do(new SetPropertiesOperation(bob, [new("title", PropertyValue.Encode("Sir")), new("position", PropertyValue.Encode(1)), new("x", PropertyValue.Encode(1))]));
        (Synchronizer pose, ulong mask) = Assert.Single(change.Watched);
        Assert.Equal((_cluster.IdOf("/root/Main/Players/Bob/Pose"), 2UL), (pose.Node, mask));
    }

    [Fact]
    public void A_change_of_authority_is_told_of_the_synchronizer_and_leaves_the_node_where_it_is()
    {
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "7", authority: 7));
        WorldChange change = _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/7/Pose"), 9));
        Assert.Equal((7, 9), (Assert.Single(change.Withdrawn).Authority, Assert.Single(change.Enrolled).Authority));
        Assert.True(change.Enrolled[0].AuthorityEpoch > change.Withdrawn[0].AuthorityEpoch);
        Assert.Empty(change.Despawned);
        Assert.Empty(change.Spawned);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Change_by_change_it_comes_to_the_same_as_all_at_once(ulong seed)
    {
        var random = new SeededRandom(seed);
        var clients = new SortedDictionary<NodeId, SpawnedNode>();
        string[] parents = ["/root/Main/Players", "/root/Main/Players/A/Drops", "/root/Main/Players/B/Drops", "/root/Main", "/root/Main/Players/Bob/Drops", "/root/Main/Players/A"];
        string[] names = ["A", "B", "C", "Bob", "Spawner", "Pose", "DropSpawner", "Drops"];
        int done = 0;
        for (int i = 0; i < 600; i++)
        {
            string Parent() => parents[random.Next(parents.Length)];
            string Name() => names[random.Next(names.Length)];
            NodeRef Node() => NodeRef.At(Parent() + "/" + Name());
            SceneOperation One() => random.Next(6) switch
            {
                0 or 1 => _cluster.Spawn(Parent(), random.Chance(0.5) ? Game.Player : Game.Drop, names[random.Next(3)]),
                2 => new DespawnOperation(Node()),
                3 => new RenameOperation(Node(), Name()),
                4 => new ReparentOperation(Node(), NodeRef.At(Parent())),
                _ => new SetAuthorityOperation(Node(), 1 + random.Next(3)),
            };
            WorldChange? change = random.Chance(0.2) ? _cluster.Try(One(), One()) : _cluster.Try(One());
            if (change is null) continue;
            done++;
            // As a client keeps count.
            foreach (SpawnedNode gone in change.Despawned) Assert.True(clients.Remove(gone.Node));
            foreach (SpawnedNode come in change.Spawned) Assert.True(clients.TryAdd(come.Node, come));
            GameWorld afresh = _cluster.Afresh();
            Assert.Equal(afresh.Spawners, World.Spawners);
            Assert.Equal(afresh.Synchronizers, World.Synchronizers);
            Assert.Equal(afresh.Spawned.Keys, World.Spawned.Keys);
            Assert.Equal(afresh.Spawned.Keys, clients.Keys);
            foreach ((NodeId id, SpawnedNode node) in afresh.Spawned)
            {
                Assert.True(node.IsSameToClients(World.Spawned[id]), $"{node} or {World.Spawned[id]}");
                Assert.True(node.IsSameToClients(clients[id]), $"{node} or {clients[id]}");
                Assert.Equal(node.Synchronizers, World.Spawned[id].Synchronizers);
            }
        }

        Assert.True(done > 30, $"{done} were done");
    }
}
