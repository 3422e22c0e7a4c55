using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Scene.Tests.Operations;

public class SpawnTests
{
    private readonly SmallWorld _world = new();

    [Fact]
    public void A_template_is_there_whole()
    {
        var top = new TemplateNode(
            -1, "Car", "VehicleBody3D", "res://car.tscn", ["movers", "red"], 77, null,
            [new("mass", [1, 2]), new("skin", null)], [new("connections", [9])]);
        NodeId id = Assert.Single(_world.Do(new SpawnOperation(
            NodeRef.At("/root"), new([top, Make.Node(0, "Cabin"), Make.Node(1, "Seat"), Make.Node(0, "Wheel")]), Authority: 42)));

        Assert.Equal(["/root", "/root/Car", "/root/Car/Cabin", "/root/Car/Cabin/Seat", "/root/Car/Wheel"], _world.Paths());
        MirrorNode car = _world.Node(id);
        NodeHeader expected = new(NodePlace.Root, "Car", "VehicleBody3D", "res://car.tscn", ["movers", "red"], 42, 1, 77);
        Assert.Equivalent(expected, car.Header, strict: true);
        Assert.Equal("mass", Assert.Single(car.Properties).Key);
        Assert.Equal([1, 2], car.Properties["mass"]);
        Assert.Equal([9], Assert.Single(car.Attachments).Value);
        Assert.Equal(42, _world.Node("/root/Car/Cabin/Seat").Header!.Authority);
    }

    [Fact]
    public void Nodes_go_to_the_zone_that_they_name_and_their_children_with_them()
    {
        _world.Do(Make.Spawn("/root", Make.Root("A", 1), Make.Node(0, "B"), Make.Node(0, "C", 2), Make.Node(2, "D"), Make.Node(2, "E", 0)));
        Assert.Equal(new ZoneId(1), _world.Node("/root/A").Place.Zone);
        Assert.Equal(new ZoneId(1), _world.Node("/root/A/B").Place.Zone);
        Assert.Equal(new ZoneId(2), _world.Node("/root/A/C").Place.Zone);
        Assert.Equal(new ZoneId(2), _world.Node("/root/A/C/D").Place.Zone);
        Assert.Equal(ZoneId.World, _world.Node("/root/A/C/E").Place.Zone);
        Assert.Equal(new ZoneId(2), _world.Node("/root/A/C/D").Id.BirthZone);
    }

    [Fact]
    public void Ids_are_never_given_out_again()
    {
        NodeId first = Assert.Single(_world.Do(Make.Spawn("/root", "A", 1)));
        _world.Do(Make.Despawn("/root/A"));
        _world.ReapAll();
        NodeId second = Assert.Single(_world.Do(Make.Spawn("/root", "A", 1)));
        Assert.Equal(NodeId.Of(new(1), 1), first);
        Assert.Equal(NodeId.Of(new(1), 2), second);
    }

    [Fact]
    public void Who_comes_right_after_many_stands_behind_them_all()
    {
        _world.Do(Make.Spawn("/root", "Crowd", 1));
        string[] names = [.. Enumerable.Range(0, 4000).Select(i => $"N{i:d4}")];
        _world.Do([.. names.Select(name => Make.Spawn("/root/Crowd", name))]);
        _world.Do(Make.Spawn("/root/Crowd", "Last"));
        SceneMirror mirror = _world.Mirror();
        IEnumerable<string> order = _world.Node("/root/Crowd").Children.Select(child => mirror[child]!.Header!.Name);
        Assert.Equal([.. names, "Last"], order);
    }

    [Fact]
    public void A_parent_is_found_by_its_id()
    {
        NodeId id = Assert.Single(_world.Do(Make.Spawn("/root", "A", 2)));
        _world.Do(new SpawnOperation(NodeRef.Of(id), new([Make.Root("B")])));
        Assert.Equal(["/root", "/root/A", "/root/A/B"], _world.Paths());
    }

    [Fact]
    public void Siblings_spawned_in_one_batch_stand_in_the_order_of_the_batch()
    {
        // Ties would fall back to the id, which has the zone in front.
        _world.Do(Make.Spawn("/root", "Late", 3), Make.Spawn("/root", "Mid", 2), Make.Spawn("/root", "Early", 1));
        Assert.Equal(["Late", "Mid", "Early"], _world.Children("/root"));
        _world.Do(Make.Spawn("/root/Mid", Make.Root("P"), Make.Node(0, "One"), Make.Node(0, "Two")), Make.Spawn("/root/Mid/P", "Three"));
        Assert.Equal(["One", "Two", "Three"], _world.Children("/root/Mid/P"));
    }

    [Fact]
    public void A_name_that_a_sibling_has_is_refused()
    {
        _world.Do(Make.Spawn("/root", "A"));
        Assert.Equal("/root already has a child named \"A\"", _world.Refused(SceneErrorCode.DuplicateName, Make.Spawn("/root", "A", 2)));
    }

    [Fact]
    public void Two_siblings_of_one_name_in_a_template_are_refused()
    {
        string why = _world.Refused(SceneErrorCode.DuplicateName, Make.Spawn("/root", Make.Root("A"), Make.Node(0, "B"), Make.Node(0, "B")));
        Assert.Equal("two siblings named \"B\" in what is to be spawned", why);
    }

    [Fact]
    public void Names_that_differ_in_half_a_surrogate_pair_are_refused()
    {
        SpawnOperation spawn = Make.Spawn("/root", Make.Root("A"), Make.Node(0, "x\uD800"), Make.Node(0, "x\uD801"));
        Assert.Equal("a name has to be valid UTF-16", _world.Refused(SceneErrorCode.BadName, spawn));
    }

    [Fact]
    public void An_empty_template_is_refused() =>
        Assert.Equal("nothing to spawn", _world.Refused(SceneErrorCode.BadValue, Make.Spawn("/root")));

    [Theory]
    [InlineData(-1)]
    [InlineData(-2)]
    [InlineData(1)]
    [InlineData(7)]
    public void A_template_whose_parents_do_not_come_first_is_refused(int parent)
    {
        string why = _world.Refused(SceneErrorCode.BadValue, Make.Spawn("/root", Make.Root("A"), Make.Node(parent, "B")));
        Assert.Equal("\"B\" comes before its parent", why);
    }

    [Fact]
    public void A_parent_that_is_not_there_is_refused()
    {
        Assert.Equal("no node /root/X: nothing is named \"X\" there", _world.Refused(SceneErrorCode.NoSuchNode, Make.Spawn("/root/X", "A")));
        var byId = new SpawnOperation(NodeRef.Of(NodeId.Of(new(2), 9)), new([Make.Root("A")]));
        Assert.Equal($"no node {NodeId.Of(new(2), 9)}", _world.Refused(SceneErrorCode.NoSuchNode, byId));
    }

    [Fact]
    public void Before_the_world_is_founded_there_is_no_root()
    {
        var world = new SmallWorld(founded: false);
        Assert.Equal("no node /root: the world is not founded yet", world.Refused(SceneErrorCode.NoSuchNode, Make.Spawn("/root", "A")));
    }

    [Fact]
    public void Founding_twice_changes_nothing()
    {
        _world.Do(Make.SetAuthority("/root", 5));
        _world.Run(new FoundWorld());
        Assert.Equal(5, _world.Node("/root").Header!.Authority);
    }
}
