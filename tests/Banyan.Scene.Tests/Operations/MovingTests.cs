using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Scene.Tests.Operations;

/// <summary>Rename, reparent, reorder and moves to another zone.</summary>
public class MovingTests
{
    private readonly SmallWorld _world = new();

    public MovingTests() => _world.Do(
        Make.Spawn("/root", "A"), Make.Spawn("/root", "B"), Make.Spawn("/root", "C"), Make.Spawn("/root/A", Make.Root("X"), Make.Node(0, "Y")));

    [Fact]
    public void A_renamed_node_keeps_its_id_its_place_and_what_hangs_below()
    {
        NodeId id = _world.Node("/root/A").Id;
        Assert.Equal(id, Assert.Single(_world.Do(Make.Rename("/root/A", "Z"))));
        Assert.Equal(["Z", "B", "C"], _world.Children("/root"));
        Assert.Equal(id, _world.Node("/root/Z").Id);
        Assert.Equal(["/root/Z", "/root/Z/X", "/root/Z/X/Y"], _world.Paths("/root/Z"));
        _world.Do(Make.Rename("/root/Z", "Z"));
        Assert.Equal(["Z", "B", "C"], _world.Children("/root"));
    }

    [Fact]
    public void Renaming_refuses_a_siblings_name_a_bad_name_and_the_root()
    {
        Assert.Equal("there already is a child named \"B\"", _world.Refused(SceneErrorCode.DuplicateName, Make.Rename("/root/A", "B")));
        Assert.Equal("\"a/b\": '/' may not be part of a name", _world.Refused(SceneErrorCode.BadName, Make.Rename("/root/A", "a/b")));
        Assert.Equal("/root stays as it is", _world.Refused(SceneErrorCode.IsRoot, Make.Rename("/root", "top")));
        Assert.Equal("no node /root/D: nothing is named \"D\" there", _world.Refused(SceneErrorCode.NoSuchNode, Make.Rename("/root/D", "E")));
    }

    [Fact]
    public void A_reparented_node_comes_last_with_all_that_hangs_below()
    {
        _world.Do(Make.Spawn("/root/B", "First"));
        _world.Do(Make.Reparent("/root/A", "/root/B"));
        Assert.Equal(["/root", "/root/B", "/root/B/First", "/root/B/A", "/root/B/A/X", "/root/B/A/X/Y", "/root/C"], _world.Paths());
        _world.Do(Make.Reparent("/root/B/A/X", "/root", "Renamed"));
        Assert.Equal(["B", "C", "Renamed"], _world.Children("/root"));
        _world.Do(Make.Reparent("/root/B", "/root"), Make.Reparent("/root/C", "/root"));
        Assert.Equal(["Renamed", "B", "C"], _world.Children("/root"));
    }

    [Fact]
    public void Reparenting_refuses_cycles_names_that_are_taken_and_the_root()
    {
        Assert.Equal("/root/A would hang below itself", _world.Refused(SceneErrorCode.Cycle, Make.Reparent("/root/A", "/root/A")));
        Assert.Equal("/root/A would hang below itself", _world.Refused(SceneErrorCode.Cycle, Make.Reparent("/root/A", "/root/A/X/Y")));
        _world.Do(Make.Spawn("/root/B", "A"));
        Assert.Equal("there already is a child named \"A\"", _world.Refused(SceneErrorCode.DuplicateName, Make.Reparent("/root/A", "/root/B")));
        _world.Refused(SceneErrorCode.DuplicateName, Make.Reparent("/root/B/A", "/root", "C"));
        Assert.Equal("/root stays as it is", _world.Refused(SceneErrorCode.IsRoot, Make.Reparent("/root", "/root/A")));
        _world.Refused(SceneErrorCode.NoSuchNode, Make.Reparent("/root/A", "/root/D"));
        Assert.Equal("a name may not be empty", _world.Refused(SceneErrorCode.BadName, Make.Reparent("/root/A", "/root/B", "")));
    }

    [Theory]
    [InlineData("A", 0, "ABCD")]
    [InlineData("A", 1, "BACD")]
    [InlineData("A", 3, "BCDA")]
    [InlineData("A", -1, "BCDA")]
    [InlineData("A", -2, "BCAD")]
    [InlineData("D", 0, "DABC")]
    [InlineData("D", -4, "DABC")]
    [InlineData("C", 2, "ABCD")]
    [InlineData("C", 1, "ACBD")]
    public void Reordering_puts_a_node_at_its_place(string name, int place, string order)
    {
        _world.Do(Make.Spawn("/root", "D"));
        _world.Do(Make.Reorder("/root/" + name, place));
        Assert.Equal(order, string.Concat(_world.Children("/root")));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-4)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void A_place_that_is_none_is_refused(int place) =>
        Assert.Equal($"place {place} among 3 siblings", _world.Refused(SceneErrorCode.BadValue, Make.Reorder("/root/A", place)));

    [Fact]
    public void The_root_has_no_place() => _world.Refused(SceneErrorCode.IsRoot, Make.Reorder("/root", 0));

    [Fact]
    public void Any_number_of_reorders_finds_room()
    {
        // Between the same two neighbours again and again: the room there halves each time and is gone in the end.
        List<string> expected = [.. _world.Children("/root")];
        for (int i = 0; i < 150; i++)
        {
            string last = expected[2];
            expected.RemoveAt(2);
            expected.Insert(i % 3 == 0 ? 0 : 1, last);
            _world.Do(Make.Reorder("/root/" + last, i % 3 == 0 ? 0 : 1));
            Assert.Equal(expected, _world.Children("/root"));
        }

        _world.Do(Make.Spawn("/root", "D"));
        Assert.Equal([.. expected, "D"], _world.Children("/root"));
    }

    [Fact]
    public void In_a_batch_what_is_put_last_later_stands_behind()
    {
        _world.Do(Make.Reorder("/root/A", -1), Make.Spawn("/root", "D"), Make.Reorder("/root/B", -1), Make.Reparent("/root/A/X", "/root"));
        Assert.Equal(["C", "A", "D", "B", "X"], _world.Children("/root"));
    }

    [Fact]
    public void A_node_moves_to_another_zone_with_all_its_records()
    {
        _world.Do(Make.Set("/root/A", ("p", [1])), Make.Set("/root/A/X/Y", ("q", [2])));
        NodeId id = _world.Node("/root/A").Id;
        string[] before = _world.Paths();
        Assert.Equal(id, Assert.Single(_world.Do(Make.MoveZone("/root/A", 2))));
        Assert.Equal(before, _world.Paths());
        foreach (string path in (string[])["/root/A", "/root/A/X", "/root/A/X/Y"]) Assert.Equal(new ZoneId(2), _world.Node(path).Place.Zone);
        Assert.Equal([1], _world.Node(id).Properties["p"]);
        Assert.Equal([2], _world.Node("/root/A/X/Y").Properties["q"]);

        // By its id it is found through its locator; at home again it needs none.
        _world.Do(Make.Set(id, ("p", [3])));
        _world.Do(new MoveZoneOperation(NodeRef.Of(id), new(3)));
        Assert.Equal([3], _world.Node(id).Properties["p"]);
        int away = _world.Records().Count;
        _world.Do(Make.MoveZone("/root/A", 0));
        Assert.Equal(away - 3, _world.Records().Count);
        Assert.Equal(before, _world.Paths());
    }

    [Fact]
    public void Children_in_other_zones_stay_there_and_follow_their_parent()
    {
        _world.Do(Make.MoveZone("/root/A/X", 1));
        _world.Do(Make.MoveZone("/root/A", 2));
        Assert.Equal(new ZoneId(2), _world.Node("/root/A").Place.Zone);
        MirrorNode child = _world.Node("/root/A/X");
        Assert.Equal(new ZoneId(1), child.Place.Zone);
        Assert.Equal(_world.Node("/root/A").Place, child.Header!.Parent);
        // Into the zone where a child is already: from then on they move together.
        _world.Do(Make.MoveZone("/root/A", 1), Make.MoveZone("/root/A", 3));
        Assert.Equal(new ZoneId(3), _world.Node("/root/A/X/Y").Place.Zone);
    }

    [Fact]
    public void Moving_to_the_zone_where_it_is_changes_nothing()
    {
        int before = _world.Records().Count;
        _world.Do(Make.MoveZone("/root/A", 0));
        Assert.Equal(before, _world.Records().Count);
        _world.Refused(SceneErrorCode.IsRoot, Make.MoveZone("/root", 1));
        _world.Refused(SceneErrorCode.NoSuchNode, Make.MoveZone("/root/A/Q", 1));
    }
}
