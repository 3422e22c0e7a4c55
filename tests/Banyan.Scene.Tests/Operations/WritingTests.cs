using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Scene.Tests.Operations;

/// <summary>Properties, authority, and batches.</summary>
public class WritingTests
{
    private readonly SmallWorld _world = new();
    private readonly NodeId _id;

    public WritingTests() => _id = Assert.Single(_world.Do(Make.Spawn("/root", "A", 1)));

    [Fact]
    public void Properties_are_set_changed_and_removed()
    {
        _world.Do(Make.Set("/root/A", ("p", [1]), ("q", [2]), ("empty", [])));
        _world.Do(Make.Set(_id, ("p", [3]), ("q", null), ("never", null)));
        MirrorNode node = _world.Node("/root/A");
        Assert.Equal(["empty", "p"], node.Properties.Keys);
        Assert.Equal([3], node.Properties["p"]);
        Assert.Equal([], node.Properties["empty"]);
    }

    [Fact]
    public void The_root_has_properties_and_an_authority_too()
    {
        _world.Do(Make.Set("/root", ("sky", [1])), Make.SetAuthority("/root", 3));
        Assert.Equal([1], _world.Node("/root").Properties["sky"]);
        Assert.Equal(3, _world.Node("/root").Header!.Authority);
    }

    [Fact]
    public void Attachments_are_set_beside_properties_go_along_to_another_zone_and_are_removed()
    {
        static SetAttachmentsOperation Attach(string name, byte[]? value) => new(NodeRef.At("/root/A"), [new(name, value)]);
        _world.Do(Make.Set("/root/A", ("p", [1])), Attach("p", [2]), Attach("q", [3]), Make.MoveZone("/root/A", 2), Attach("q", null));
        Assert.Equal([1], _world.Node(_id).Properties["p"]);
        Assert.Equal([2], _world.Node(_id).Attachments["p"]);
        Assert.Single(_world.Node(_id).Attachments);
        _world.Refused(SceneErrorCode.BadName, Attach("", [1]));
        _world.Refused(SceneErrorCode.NoSuchNode, new SetAttachmentsOperation(NodeRef.At("/root/X"), [new("p", [1])]));
    }

    [Fact]
    public void Every_change_of_authority_counts_an_epoch()
    {
        Assert.Equal(1u, _world.Node(_id).Header!.AuthorityEpoch);
        _world.Do(Make.SetAuthority("/root/A", 7));
        _world.Do(new SetAuthorityOperation(NodeRef.Of(_id), -5), Make.Rename("/root/A", "B"));
        NodeHeader header = _world.Node("/root/B").Header!;
        Assert.Equal(-5, header.Authority);
        Assert.Equal(3u, header.AuthorityEpoch);
    }

    [Fact]
    public void Writing_to_what_is_not_there_is_refused()
    {
        _world.Refused(SceneErrorCode.NoSuchNode, Make.Set("/root/X", ("p", [1])));
        _world.Refused(SceneErrorCode.NoSuchNode, Make.SetAuthority("/root/X", 2));
        Assert.Equal("no node n99", _world.Refused(SceneErrorCode.NoSuchNode, Make.Set(new NodeId(99), ("p", [1]))));
    }

    [Fact]
    public void An_operation_of_a_batch_sees_the_ones_before_it()
    {
        IReadOnlyList<NodeId> results = _world.Do(
            Make.Spawn("/root/A", Make.Root("Car"), Make.Node(0, "Seat")),
            Make.Set("/root/A/Car/Seat", ("p", [1])),
            Make.Rename("/root/A/Car", "Bus"),
            Make.MoveZone("/root/A/Bus", 2),
            Make.Reparent("/root/A/Bus/Seat", "/root"),
            Make.SetAuthority("/root/Seat", 9),
            Make.Despawn("/root/A"),
            Make.Spawn("/root", "A", 3));
        Assert.Equal(["/root", "/root/Seat", "/root/A"], _world.Paths());
        MirrorNode seat = _world.Node("/root/Seat");
        Assert.Equal([1], seat.Properties["p"]);
        Assert.Equal(9, seat.Header!.Authority);
        Assert.Equal(new ZoneId(2), seat.Place.Zone);
        Assert.Equal(results[1], results[5]);
        Assert.Equal(results[0], results[3]);
        Assert.Equal(_id, results[6]);
        Assert.NotEqual(_id, results[7]);
        _world.ReapAll();
        Assert.Equal(3, _world.Mirror().Count);
    }

    [Fact]
    public void A_batch_with_one_refusal_does_nothing_and_tells_which()
    {
        string why = _world.Refused(
            SceneErrorCode.Cycle, 3,
            Make.Set("/root/A", ("p", [1])), Make.Spawn("/root/A", "B", 2), Make.MoveZone("/root/A", 3), Make.Reparent("/root/A", "/root/A/B"),
            Make.Despawn("/root/A"));
        Assert.Equal("/root/A would hang below itself", why);
    }

    [Fact]
    public void An_empty_batch_is_done() => Assert.Empty(_world.Do());
}
