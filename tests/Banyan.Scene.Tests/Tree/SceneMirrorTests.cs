using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Scene.Tests.Tree;

public class SceneMirrorTests
{
    private readonly SmallWorld _world = new();

    [Fact]
    public void A_walk_goes_in_tree_order_and_tells_the_depth()
    {
        _world.Do(
            Make.Spawn("/root", Make.Root("A", 3), Make.Node(0, "Z"), Make.Node(0, "B", 1), Make.Node(1, "Deep")),
            Make.Spawn("/root", "First", 2), Make.Reorder("/root/First", 0));
        SceneMirror mirror = _world.Mirror();
        Assert.Equal(
            [("/root", 0), ("/root/First", 1), ("/root/A", 1), ("/root/A/Z", 2), ("/root/A/Z/Deep", 3), ("/root/A/B", 2)],
            mirror.Walk(mirror.Root!).Select(n => (mirror.PathOf(n.Node), n.Depth)));
        Assert.True(mirror.TryFind("/root/A", out MirrorNode? a));
        Assert.Equal([("Z", 1), ("Deep", 2), ("B", 1)], mirror.Walk(a).Skip(1).Select(n => (n.Node.Header!.Name, n.Depth)));
    }

    [Fact]
    public void Nodes_are_found_by_path_and_by_id_wherever_they_are()
    {
        NodeId id = Assert.Single(_world.Do(Make.Spawn("/root", Make.Root("A"), Make.Node(0, "B", 2))));
        _world.Do(Make.MoveZone("/root/A", 3));
        SceneMirror mirror = _world.Mirror();
        Assert.True(mirror.TryFind(id, out MirrorNode? byId));
        Assert.True(mirror.TryFind("/root/A", out MirrorNode? byPath));
        Assert.Same(byId, byPath);
        Assert.Equal(new NodePlace(id, new(3)), byId.Place);
        foreach (string nowhere in (string[])["/root/B", "/root/A/B/C", "/root/A/", "A", ""]) Assert.False(mirror.TryFind(nowhere, out _), nowhere);
        Assert.False(mirror.TryFind(NodeId.Of(new(2), 7), out _));
        Assert.Null(mirror[new(id, ZoneId.World)]);
    }

    [Fact]
    public void A_world_that_was_never_touched_has_nothing_in_it()
    {
        var mirror = new SceneMirror();
        Assert.Null(mirror.Root);
        Assert.Equal(0, mirror.Count);
        Assert.False(mirror.TryFind("/root", out _));
    }

    [Fact]
    public void Deleting_every_record_leaves_nothing_behind_in_any_order()
    {
        _world.Do(Make.Spawn("/root", Make.Root("A", 1), Make.Node(0, "B", 2)), Make.Set("/root/A/B", ("p", [1])), Make.MoveZone("/root/A", 3));
        _world.Do(Make.Despawn("/root/A/B"));
        IReadOnlyList<KeyValuePair<Key, byte[]>> records = _world.Records();
        var random = new SeededRandom(5);
        for (int round = 0; round < 20; round++)
        {
            var mirror = new SceneMirror();
            foreach ((Key key, byte[] value) in Shuffled(records, random)) Assert.True(mirror.Apply(key, value));
            var violations = new List<string>();
            SceneInvariants.Check(mirror, violations);
            Assert.Empty(violations);
            foreach ((Key key, _) in Shuffled(records, random)) Assert.True(mirror.Apply(key, null));
            Assert.Equal(0, mirror.Count);
            Assert.Empty(mirror.Reaps);
            Assert.Null(mirror.Root);
        }
    }

    [Fact]
    public void A_record_that_cannot_be_read_is_refused_and_changes_nothing()
    {
        _world.Do(Make.Spawn("/root", "A", 1));
        SceneMirror mirror = _world.Mirror();
        NodePlace a = mirror.Root!.Children[0];
        byte[] bad = [0xFF];
        Assert.False(mirror.Apply(SceneKeys.Header(a), bad));
        Assert.False(mirror.Apply(SceneKeys.Child(NodePlace.Root, "A"), bad));
        Assert.False(mirror.Apply(SceneKeys.Serials(new(1)), bad));
        Assert.False(mirror.Apply(SceneKeys.Locator(a.Id), bad));
        Assert.False(mirror.Apply(SceneKeys.Header(new(NodeId.Of(new(1), 9), new(1))), bad));
        Assert.False(mirror.Apply(Key.Of("nothing of the scene's"), [1]));
        Assert.Equal(2, mirror.Count);
        var violations = new List<string>();
        SceneInvariants.Check(mirror, violations);
        Assert.Empty(violations);
        Assert.True(mirror.TryFind("/root/A", out _));
    }

    [Fact]
    public void The_path_of_a_node_below_a_detached_one_is_its_id()
    {
        _world.Do(Make.Spawn("/root", Make.Root("A"), Make.Node(0, "B")));
        MirrorNode below = _world.Node("/root/A/B");
        Assert.Equal("/root/A/B", _world.Mirror().PathOf(below));
        _world.Do(Make.Despawn("/root/A"));
        Assert.Equal(below.Id.ToString(), _world.Mirror().PathOf(_world.Node(below.Id)));
    }

    private static List<KeyValuePair<Key, byte[]>> Shuffled(IReadOnlyList<KeyValuePair<Key, byte[]>> records, SeededRandom random)
    {
        var shuffled = new List<KeyValuePair<Key, byte[]>>();
        foreach (KeyValuePair<Key, byte[]> record in records) shuffled.Insert(random.Next(shuffled.Count + 1), record);
        return shuffled;
    }
}
