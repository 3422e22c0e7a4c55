using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Scene.Tests.Tree;

/// <summary>The invariants on a sound tree, and on trees that are broken by hand: each kind of damage must be seen.</summary>
public class SceneInvariantsTests
{
    private static readonly NodePlace _a = new(NodeId.Of(ZoneId.World, 2), ZoneId.World);
    private static readonly NodePlace _b = new(NodeId.Of(ZoneId.World, 3), new(1));
    private static readonly NodePlace _c = new(NodeId.Of(new(1), 1), new(1));
    private readonly SceneMirror _mirror = new();

    // /root/A/B/C: B was born in the world's zone and moved to zone 1, where C was born.
    public SceneInvariantsTests()
    {
        Put(SceneKeys.Serials(ZoneId.World), [3]);
        Put(SceneKeys.Serials(new(1)), [1]);
        Put(SceneKeys.Locator(_b.Id), [1]);
        Header(NodePlace.Root, default, "root");
        Header(_a, NodePlace.Root, "A");
        Header(_b, _a, "B");
        Header(_c, _b, "C");
        Entry(NodePlace.Root, "A", _a);
        Entry(_a, "B", _b);
        Entry(_b, "C", _c);
    }

    [Fact]
    public void A_sound_tree_has_no_violations() => Assert.Empty(Check());

    [Fact]
    public void A_subtree_that_waits_to_be_reaped_is_sound()
    {
        Drop(SceneKeys.Child(NodePlace.Root, "A"));
        Header(_a, default, "A");
        Put(SceneKeys.Reap(_a), []);
        Assert.Empty(Check());
    }

    [Fact]
    public void Records_without_a_header_are_found()
    {
        Put(SceneKeys.Property(new(NodeId.Of(new(1), 1), new(2)), "p"), [1]);
        Finds("has records but no header");
    }

    [Fact]
    public void A_node_in_two_zones_is_found()
    {
        Header(_c with { Zone = new(2) }, _b, "C");
        Finds($"{_c.Id} is in z1 and in z2");
    }

    [Fact]
    public void A_node_without_a_parent_that_nobody_reaps_is_found()
    {
        Drop(SceneKeys.Child(NodePlace.Root, "A"));
        Header(_a, default, "A");
        Finds("\"A\" is an orphan: detached, and nobody is to reap it");
    }

    [Fact]
    public void A_node_whose_parent_is_gone_is_found()
    {
        Drop(SceneKeys.Header(_b));
        Drop(SceneKeys.Child(_b, "C"));
        Finds("\"C\" is an orphan: its parent");
    }

    [Fact]
    public void A_node_without_an_entry_is_found()
    {
        Drop(SceneKeys.Child(_b, "C"));
        Finds("\"C\" has no entry in its parent");
    }

    [Fact]
    public void Two_siblings_of_one_name_are_found()
    {
        Put(SceneKeys.Serials(new(1)), [2]);
        Header(new(NodeId.Of(new(1), 2), new(1)), _b, "C");
        Finds("\"C\" has no entry in its parent");
    }

    [Fact]
    public void An_entry_that_leads_to_nothing_is_found()
    {
        Entry(_b, "D", new(NodeId.Of(new(1), 1), new(3)));
        Finds("the entry \"D\" leads to nothing");
    }

    [Fact]
    public void An_entry_under_another_name_than_its_nodes_is_found()
    {
        Header(_c, _b, "Other");
        Finds($"the entry \"C\" leads to {_c.Id}, which is \"Other\"");
    }

    [Fact]
    public void A_node_with_two_entries_is_found()
    {
        Entry(_a, "C", _c);
        Finds($"{_a.Id}: the entry \"C\" leads to {_c.Id}, which is \"C\" of {_b.Id}");
        Finds("is reached twice");
    }

    [Fact]
    public void An_entry_that_missed_a_move_to_another_zone_is_found()
    {
        Entry(_a, "B", _b with { Zone = ZoneId.World });
        Finds("the entry \"B\" leads to nothing");
        Finds("\"B\" has no entry in its parent");
    }

    [Fact]
    public void A_cycle_beside_the_tree_is_found()
    {
        // A below C, which is below A: every entry matches its header, and no way leads there from the root.
        Drop(SceneKeys.Child(NodePlace.Root, "A"));
        Header(_a, _c, "A");
        Entry(_c, "A", _a);
        string[] found = Check();
        Assert.Equal(3, found.Length);
        Assert.All(found, violation => Assert.Contains("is in a cycle or below one", violation));
    }

    [Fact]
    public void A_root_with_a_parent_is_found()
    {
        Header(NodePlace.Root, _c, "root");
        Entry(_c, "root", NodePlace.Root);
        Finds($"{NodeId.Root} is reached twice");
    }

    [Fact]
    public void A_missing_locator_is_found()
    {
        Drop(SceneKeys.Locator(_b.Id));
        Finds($"{_b.Id} is in z1, its locator says otherwise");
    }

    [Fact]
    public void A_locator_that_leads_elsewhere_is_found()
    {
        Put(SceneKeys.Locator(_b.Id), [2]);
        Finds($"{_b.Id} is in z1, its locator says otherwise");
        Finds($"the locator of {_b.Id} leads to nothing in z2");
    }

    [Fact]
    public void A_locator_of_a_node_at_home_is_found()
    {
        Put(SceneKeys.Locator(_a.Id), [0]);
        Finds($"{_a.Id} is at home and has a locator");
    }

    [Fact]
    public void A_locator_that_outlived_its_node_is_found()
    {
        Put(SceneKeys.Locator(NodeId.Of(new(2), 1)), [3]);
        Finds("leads to nothing in z3");
    }

    [Fact]
    public void An_id_that_was_never_given_out_is_found()
    {
        Put(SceneKeys.Serials(ZoneId.World), [2]);
        Finds($"{_b.Id} was never given out in z0");
        Drop(SceneKeys.Serials(new(1)));
        Finds($"{_c.Id} was never given out in z1");
    }

    [Fact]
    public void A_note_to_reap_what_is_not_there_or_not_detached_is_found()
    {
        Put(SceneKeys.Reap(_c with { Zone = new(2) }), []);
        Finds($"{_c.Id} is to be reaped, but is not there");
        Put(SceneKeys.Reap(_c), []);
        Finds($"{_c.Id} is to be reaped, but has a parent");
    }

    private void Finds(string violation) => Assert.Contains(Check(), v => v.Contains(violation));

    private string[] Check()
    {
        var violations = new List<string>();
        SceneInvariants.Check(_mirror, violations);
        return [.. violations];
    }

    private void Header(NodePlace node, NodePlace parent, string name) =>
        Put(SceneKeys.Header(node), new NodeHeader(parent, name, "Node", "", [], 1, 1, 0).Encode());

    private void Entry(NodePlace parent, string name, NodePlace child) => Put(SceneKeys.Child(parent, name), new ChildEntry(child, 1).Encode());

    private void Put(Key key, byte[] value) => Assert.True(_mirror.Apply(key, value));

    private void Drop(Key key) => Assert.True(_mirror.Apply(key, null));
}
