using Banyan.Kv.Transactions;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Scene.Tests.Operations;

public class LimitTests
{
    private readonly SmallWorld _world = new();

    [Fact]
    public void A_name_of_the_largest_size_is_taken_and_one_byte_more_is_refused()
    {
        string longest = new('ä', NodeHeader.NameBytesMax / 2);
        _world.Do(Make.Spawn("/root", longest));
        Assert.Equal(longest, Assert.Single(_world.Children("/root")));
        Assert.Equal("a name may have 512 bytes at most", _world.Refused(SceneErrorCode.BadName, Make.Spawn("/root", longest + "x")));
        Assert.Equal("a name may not be empty", _world.Refused(SceneErrorCode.BadName, Make.Spawn("/root", "")));
        Assert.Equal("\"@a:b\": ':' may not be part of a name", _world.Refused(SceneErrorCode.BadName, Make.Spawn("/root", "@a:b")));
    }

    [Fact]
    public void A_value_of_the_largest_size_is_taken_and_one_byte_more_is_refused()
    {
        _world.Do(Make.Spawn("/root", "A"));
        _world.Do(Make.Set("/root/A", ("p", new byte[SceneTransaction.ValueBytesMax])));
        Assert.Equal(SceneTransaction.ValueBytesMax, _world.Node("/root/A").Properties["p"].Length);
        string why = _world.Refused(SceneErrorCode.TooLarge, Make.Set("/root/A", ("p", new byte[SceneTransaction.ValueBytesMax + 1])));
        Assert.Equal("/root/A: p has 1048577 bytes, 1048576 are allowed", why);
    }

    [Theory]
    [InlineData("")]
    [InlineData("long")]
    [InlineData("half")]
    public void A_property_name_that_is_no_key_is_refused(string name)
    {
        if (name == "long") name = new('p', NodeHeader.NameBytesMax + 1);
        if (name == "half") name = "p\uD800"; // half a surrogate pair, which metadata cannot hold
        _world.Do(Make.Spawn("/root", "A"));
        Assert.Equal("/root/A: a property's name has 1 to 512 bytes", _world.Refused(SceneErrorCode.BadName, Make.Set("/root/A", (name, [1]))));
        TemplateNode inTemplate = Make.Root("B") with { Attachments = [new(name, [1])] };
        Assert.Equal("B: a property's name has 1 to 512 bytes", _world.Refused(SceneErrorCode.BadName, Make.Spawn("/root", inTemplate)));
    }

    [Fact]
    public void What_the_header_could_not_be_read_with_is_refused()
    {
        string longer = new('t', NodeHeader.NameBytesMax + 1);
        TemplateNode node = Make.Root("A");
        const string Why = "A: type, instance and groups have 512 bytes at most";
        Assert.Equal(Why, _world.Refused(SceneErrorCode.BadName, Make.Spawn("/root", node with { Type = longer })));
        Assert.Equal(Why, _world.Refused(SceneErrorCode.BadName, Make.Spawn("/root", node with { Instance = longer })));
        Assert.Equal(Why, _world.Refused(SceneErrorCode.BadName, Make.Spawn("/root", node with { Groups = ["g", longer] })));
        string[] groups = [.. Enumerable.Range(0, NodeHeader.GroupsMax + 1).Select(i => "g" + i)];
        Assert.Equal("A is in more than 1024 groups", _world.Refused(SceneErrorCode.TooLarge, Make.Spawn("/root", node with { Groups = groups })));
        _world.Do(Make.Spawn("/root", node with { Type = longer[1..], Groups = groups[1..] }));
        Assert.Equal(NodeHeader.GroupsMax, _world.Node("/root/A").Header!.Groups.Count);
    }

    [Fact]
    public void A_spawn_of_too_many_nodes_is_refused()
    {
        var nodes = new TemplateNode[SceneTransaction.TemplateNodesMax + 1];
        for (int i = 0; i < nodes.Length; i++) nodes[i] = Make.Node(i == 0 ? -1 : 0, "n" + i);
        Assert.Equal("more than 20000 nodes in one spawn", _world.Refused(SceneErrorCode.TooLarge, Make.Spawn("/root", nodes)));
        _world.Do(Make.Spawn("/root", nodes[..^1]));
        Assert.Equal(SceneTransaction.TemplateNodesMax + 1, _world.Mirror().Count);
    }

    [Fact]
    public void A_tree_deeper_than_allowed_is_refused()
    {
        var chain = new TemplateNode[SceneTransaction.DepthMax];
        for (int i = 0; i < chain.Length; i++) chain[i] = Make.Node(i - 1, "c");
        _world.Do(Make.Spawn("/root", chain), Make.Spawn("/root", "d"));
        string[] paths = _world.Paths();
        string deepest = paths[^2];
        Assert.Equal(SceneTransaction.DepthMax + 2, paths.Length);
        NodeId id = _world.Node(deepest).Id;

        // The deepest node is found both ways; below it is no room.
        _world.Do(Make.Set(deepest, ("p", [1])), new RenameOperation(NodeRef.Of(id), "last"));
        const string Why = "\"x\" would be deeper than 1024";
        Assert.Equal(Why, _world.Refused(SceneErrorCode.TooLarge, new SpawnOperation(NodeRef.Of(id), new([Make.Root("x")]))));
        Assert.Equal(Why, _world.Refused(SceneErrorCode.TooLarge, Make.Spawn("/root/c", [Make.Root("b"), .. chain[1..^1], Make.Node(SceneTransaction.DepthMax - 2, "x")])));
        string reparent = _world.Refused(SceneErrorCode.TooLarge, new ReparentOperation(NodeRef.At("/root/d"), NodeRef.Of(id)));
        Assert.Equal("/root/d would be deeper than 1024", reparent);
    }

    [Fact]
    public void A_node_with_more_records_than_a_move_takes_along_is_refused_whole()
    {
        _world.Do(Make.Spawn("/root", "Big", 1));
        for (int part = 0; part * 10_000 < SceneTransaction.RecordsMax; part++)
        {
            var properties = new PropertyWrite[10_000];
            for (int i = 0; i < properties.Length; i++) properties[i] = new($"p{part}.{i}", [1]);
            _world.Do(new SetPropertiesOperation(NodeRef.At("/root/Big"), properties));
        }

        // With its header it is one too many; without one of the properties it goes.
        string why = _world.Refused(SceneErrorCode.TooLarge, Make.MoveZone("/root/Big", 2));
        Assert.Equal("more than 50000 records in and below /root/Big", why);
        _world.Do(Make.Set("/root/Big", ("p0.0", null)));
        _world.Do(Make.MoveZone("/root/Big", 2));
        Assert.Equal(SceneTransaction.RecordsMax - 1, _world.Node("/root/Big").Properties.Count);
    }

    [Fact]
    public void Reordering_among_too_many_siblings_is_refused()
    {
        _world.Do(Make.Spawn("/root", "P"));
        for (int part = 0; part * 10_000 <= SceneTransaction.RecordsMax; part++)
        {
            var nodes = new SceneOperation[10_000];
            for (int i = 0; i < nodes.Length; i++) nodes[i] = Make.Spawn("/root/P", $"n{part}_{i}");
            Assert.IsType<TransactionOutcome.Committed>(_world.Run(new SceneTransaction(nodes)));
        }

        string why = _world.Refused(SceneErrorCode.TooLarge, Make.Reorder("/root/P/n0_0", 3));
        Assert.Equal("/root/P/n0_0 has more than 50000 siblings", why);
    }

    [Fact]
    public void A_path_that_is_none_is_refused()
    {
        Assert.Equal("\"/Town\" does not start at /root", _world.Refused(SceneErrorCode.BadPath, Make.Despawn("/Town")));
        Assert.Equal("\"/root//A\" has an empty name in it", _world.Refused(SceneErrorCode.BadPath, Make.Set("/root//A", ("p", [1]))));
        string deep = "/root" + string.Concat(Enumerable.Repeat("/a", SceneTransaction.DepthMax + 1));
        Assert.EndsWith("is deeper than 1024", _world.Refused(SceneErrorCode.BadPath, Make.Despawn(deep)));
    }
}
