using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Reaping;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Scene.Tests.Operations;

public class DespawnTests
{
    private readonly SmallWorld _world = new();

    [Fact]
    public void A_despawned_subtree_is_gone_at_once_and_its_records_after_reaping()
    {
        _world.Do(Make.Set("/root", ("sky", [1])));
        int before = _world.Records().Count;
        NodeId top = Assert.Single(_world.Do(Make.Spawn(
            "/root", Make.Root("A") with { Attachments = [new("connections", [1])] }, Make.Node(0, "B", 1), Make.Node(1, "C", 2), Make.Node(0, "D"))));
        _world.Do(Make.Set("/root/A/B", ("p", [1]), ("q", [2])), Make.MoveZone("/root/A/D", 3), Make.MoveZone("/root/A", 2));
        NodeId inside = _world.Node("/root/A/B").Id;

        Assert.Equal(top, Assert.Single(_world.Do(Make.Despawn("/root/A"))));
        SceneMirror mirror = _world.Mirror();
        Assert.Equal(["/root"], _world.Paths());
        Assert.Equal(5, mirror.Count);
        Assert.Equal(top, Assert.Single(mirror.Reaps).Id);
        Assert.Equal(top.ToString(), mirror.PathOf(_world.Node(top)));

        // Its name is free, and nothing may be done with what is below.
        _world.Do(Make.Spawn("/root", "A"));
        const string Removed = "it is being removed";
        Assert.EndsWith(Removed, _world.Refused(SceneErrorCode.NoSuchNode, new DespawnOperation(NodeRef.Of(top))));
        Assert.EndsWith(Removed, _world.Refused(SceneErrorCode.NoSuchNode, new SpawnOperation(NodeRef.Of(inside), new([Make.Root("X")]))));
        Assert.EndsWith(Removed, _world.Refused(SceneErrorCode.NoSuchNode, new RenameOperation(NodeRef.Of(inside), "X")));
        Assert.EndsWith(Removed, _world.Refused(SceneErrorCode.NoSuchNode, new MoveZoneOperation(NodeRef.Of(inside), new(3))));
        Assert.EndsWith(Removed, _world.Refused(SceneErrorCode.NoSuchNode, new ReparentOperation(NodeRef.Of(inside), NodeRef.At("/root"))));
        Assert.EndsWith(Removed, _world.Refused(SceneErrorCode.NoSuchNode, new ReparentOperation(NodeRef.At("/root/A"), NodeRef.Of(inside))));
        Assert.EndsWith(Removed, _world.Refused(SceneErrorCode.NoSuchNode, new ReorderOperation(NodeRef.Of(top), 0)));
        _world.Do(Make.Despawn("/root/A"));

        Assert.Equal(2, _world.ReapAll());
        // Serials stay: one record for each zone that a node was ever born in.
        Assert.Equal(before + 3, _world.Records().Count);
        Assert.Equal(1, _world.Mirror().Count);
        Assert.Equal($"no node {top}", _world.Refused(SceneErrorCode.NoSuchNode, new DespawnOperation(NodeRef.Of(top))));
    }

    [Fact]
    public void A_property_set_by_id_in_what_is_being_removed_goes_with_it()
    {
        NodeId top = Assert.Single(_world.Do(Make.Spawn("/root", "A")));
        _world.Do(Make.Despawn("/root/A"));
        _world.Do(Make.Set(top, ("p", [1])));
        _world.ReapAll();
        Assert.DoesNotContain(_world.Records(), r => SceneKeys.TryParse(r.Key, out SceneKey key) && key.Node.Id == top);
    }

    [Fact]
    public void A_large_subtree_is_reaped_in_bounded_parts()
    {
        var nodes = new TemplateNode[3 * ReapTransaction.NodesMax];
        for (int i = 0; i < nodes.Length; i++) nodes[i] = Make.Node(i == 0 ? -1 : (i - 1) / 2, "n" + i, (uint)(i % 4));
        int before = _world.Records().Count;
        _world.Do(Make.Spawn("/root", nodes));
        _world.Do(Make.Despawn("/root/n0"));
        Assert.IsType<TransactionOutcome.Committed>(_world.Run(new ReapTransaction(Assert.Single(_world.Mirror().Reaps))));
        _world.CheckSound();
        Assert.InRange(1 + nodes.Length - _world.Mirror().Count, ReapTransaction.NodesMax * 9 / 10, ReapTransaction.NodesMax);
        Assert.InRange(_world.ReapAll(), 2, 20);
        Assert.Equal(before + 4, _world.Records().Count);
    }

    [Fact]
    public void A_node_with_more_children_and_properties_than_a_part_holds_is_reaped_without_a_note_for_each()
    {
        var nodes = new TemplateNode[3_000];
        for (int i = 0; i < nodes.Length; i++) nodes[i] = Make.Node(i == 0 ? -1 : 0, "n" + i);
        nodes[0] = nodes[0] with { Properties = [.. Enumerable.Range(0, 1_000).Select(i => new PropertyWrite("p" + i, [1]))] };
        _world.Do(Make.Spawn("/root", Make.Root("Above")), Make.Spawn("/root/Above", nodes), Make.MoveZone("/root/Above/n0", 1));
        _world.Do(Make.Despawn("/root/Above"));
        Assert.InRange(_world.ReapAll(), nodes.Length / ReapTransaction.NodesMax, 2 * nodes.Length / ReapTransaction.NodesMax);
        Assert.Equal(1, _world.Mirror().Count);
        Assert.Equal(2, _world.Records().Count);
    }

    [Fact]
    public void Reaping_what_is_reaped_or_not_detached_changes_nothing()
    {
        _world.Do(Make.Spawn("/root", "A"), Make.Spawn("/root/A", "B"));
        IReadOnlyList<KeyValuePair<Key, byte[]>> before = _world.Records();
        Assert.IsType<TransactionOutcome.Committed>(_world.Run(new ReapTransaction(_world.Node("/root/A").Place)));
        Assert.Equal(before.Select(r => r.Key), _world.Records().Select(r => r.Key));
    }

    [Fact]
    public void The_root_stays() =>
        Assert.Equal("/root stays as it is", _world.Refused(SceneErrorCode.IsRoot, Make.Despawn("/root")));
}
