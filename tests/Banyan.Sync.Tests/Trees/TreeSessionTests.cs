using System.Collections.Immutable;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Trees;
using static Banyan.Sync.Tests.Trees.TreeClient;

namespace Banyan.Sync.Tests.Trees;

public sealed class TreeSessionTests
{
    private const string Board = "/root/Main/Board";
    private const string BothKinds = """{ "/root/Main/Board": "write", "/root/Main": "read" }""";
    private readonly SmallCluster _cluster = new();
    private readonly TreeHub _hub;
    private readonly TreeClient _client;

    public TreeSessionTests()
    {
        _hub = HubOf(_cluster, BothKinds);
        _client = new(_cluster, _hub);
        _cluster.Do(Plain("/root/Main", "Board", ("size", 8)));
        _cluster.Do(Plain(Board, "A", ("x", 1)));
    }

    [Fact]
    public void A_follower_gets_the_tree_and_then_every_transaction()
    {
        TreeFollower board = _client.Follow(1, Board);
        Assert.Equal(["tree"], _client.Log);
        Assert.Equal(8, board.Root!.Properties["size"].AsInt());
        _cluster.Do(Plain(Board + "/A", "B"), new RenameOperation(NodeRef.At(Board + "/A"), "C"));
        _cluster.Do(Set(Board + "/C/B", "x", 2), Set(Board + "/C", "x", null));
        _cluster.Do(new DespawnOperation(NodeRef.At(Board + "/C")));
        Assert.Equal(
            [
                "tree", """["move", "A", ".", "C"], ["spawn", "C", "B", "Node", {}]""", """["set", "C", {"x": null}], ["set", "C/B", {"x": 2}]""",
                """["remove", "C"]""",
            ], _client.Log);
        AssertSame(board);
    }

    [Fact]
    public void Who_follows_no_more_hears_nothing()
    {
        _client.Follow(1, Board);
        Assert.True(_client.Say("unfollow", 1));
        _cluster.Do(Plain(Board, "B"));
        Assert.Equal(["tree"], _client.Log);
        Assert.Equal(0, _hub.TreesCount);
    }

    [Fact]
    public void A_scene_comes_with_what_stands_below_it_and_without_what_only_the_engine_knows()
    {
        TreeFollower main = _client.Follow(1, "/root/Main");
        TreeNode bob = main.Root!.Find("Players/Bob")!;
        Assert.Equal(Game.Player, bob.Type);
        Assert.Equal("Node3D", bob.Find("Head")!.Type);
        Assert.Empty(bob.Find("Pose")!.Properties); // a resource
        Assert.Equal(VariantType.NodePath, main.Root.Find("Spawner")!.Properties["spawn_path"].Type);
    }

    [Fact]
    public void A_change_of_a_client_is_one_transaction_and_is_answered_after_it_was_told()
    {
        TreeFollower board = _client.Follow(1, Board);
        _client.Change(1, 1, Do("spawn", ".", "B", "Node2D", Properties(("x", 5), ("title", "b"))), Do("set", "A", Properties(("x", Variant.Nil))), Do("move", "A", ".", "Z"));
        Pass();
        Assert.Equal(["tree", """["move", "A", ".", "Z"], ["spawn", ".", "B", "Node2D", {"title": "b","x": 5}], ["set", "Z", {"x": null}]""", "done 1"], _client.Log);
        Assert.Equal("Node2D", board.Root!.Find("B")!.Type);
        Assert.Empty(board.Root.Find("Z")!.Properties);
        AssertSame(board);
    }

    [Fact]
    public void A_scene_is_spawned_with_all_its_nodes_and_the_properties_that_were_said()
    {
        TreeFollower board = _client.Follow(1, Board);
        _client.Change(1, 1, Do("spawn", ".", "Hero", Game.Player, Properties(("health", 3))));
        Pass();
        TreeNode hero = board.Root!.Find("Hero")!;
        Assert.Equal((Game.Player, 3L), (hero.Type, hero.Properties["health"].AsInt()));
        Assert.Equal(["Head", "Pose", "Drops", "DropSpawner"], hero.Children.Select(c => c.Name));
        AssertSame(board);
    }

    [Theory]
    [InlineData("remove", "../Players")]
    [InlineData("remove", "/root/Main/Players")]
    [InlineData("remove", "A/..")]
    [InlineData("remove", "A//B")]
    [InlineData("remove", "")]
    [InlineData("remove", ".")]
    [InlineData("move", ".", "A", "B")]
    [InlineData("move", "A", "..", "B")]
    [InlineData("move", "A", "A", "B/C")]
    [InlineData("move", "A", ".", "%B")]
    [InlineData("paint", "A")]
    [InlineData("remove", "A", "B")]
    public void An_operation_that_would_leave_the_subtree_or_means_nothing_is_refused(params string[] operation)
    {
        _client.Follow(1, Board);
        _client.Change(1, 1, Do([.. operation.Select(o => (Variant)o)]));
        Pass();
        Assert.StartsWith("done 1 ", _client.Log[^1]);
        Assert.Empty(_client.Runs);
    }

    [Fact]
    public void What_only_one_game_knows_and_what_would_reach_further_is_refused()
    {
        _client.Follow(1, Board);
        Variant[] refused =
        [
            Do("set", "A", Properties(("script", "res://state.gd"))), Do("set", "A", Properties(("name", "B"))),
            Do("set", "A", Properties(("x", Variant.FromObject(new EncodedObject(7))))),
            Do("set", "A", Properties(("x", new VariantArray([new Rid(7)])))), Do("spawn", ".", "S", "MultiplayerSpawner", Properties()),
            Do("spawn", ".", "S", "res://../../etc/passwd", Properties()), Do("spawn", ".", "S", "not a class", Properties()), 7,
        ];
        for (int i = 0; i < refused.Length; i++) _client.Change(1, i + 1, refused[i]);
        Pass();
        Assert.All(Enumerable.Range(1, refused.Length), i => Assert.StartsWith($"done {i} ", _client.Log[i]));
        Assert.Empty(_client.Runs);
    }

    [Fact]
    public void What_the_tree_refuses_is_answered_with_the_reason_and_nothing_of_it_is_made()
    {
        TreeFollower board = _client.Follow(1, Board);
        _client.Change(1, 1, Do("spawn", ".", "B", "Node", Properties()), Do("remove", "Nobody"));
        Pass();
        Assert.StartsWith("done 1 NoSuchNode: ", Assert.Single(_client.Log.Skip(1)));
        Assert.Null(board.Root!.Find("B"));
    }

    [Fact]
    public void Only_what_the_rules_name_is_followed_and_changed()
    {
        _client.Follow(1, "/root");
        _client.Follow(2, "/root/Other");
        _client.Follow(3, "/root/Main/Nowhere");
        Assert.Equal(["lost: it is not for clients", "lost: it is not for clients", "lost: there is no such node"], _client.Log);
        _client.Log.Clear();
        _client.Follow(4, "/root/Main");
        _client.Change(4, 1, Do("set", "Players", Properties(("x", 1))));
        _client.Change(4, 2, Do("remove", "Board"));
        _client.Change(4, 3, Do("set", "Board/A", Properties(("x", 2))));
        _client.Change(9, 4, Do("set", ".", Properties(("x", 2))));
        Pass();
        Assert.Equal(
            [
                "tree", "done 1 /root/Main/Players is not for clients to change", "done 2 /root/Main is not for clients to change",
                """["set", "Board/A", {"x": 2}]""", "done 3", "done 4 it is not followed",
            ], _client.Log);
    }

    [Fact]
    public void What_may_be_changed_is_not_carried_off_with_what_may_not()
    {
        TreeHub hub = HubOf(_cluster, """{ "/root/Main/Board": "write", "/root/Main/Board/A/Fixed": "read" }""");
        var client = new TreeClient(_cluster, hub);
        _cluster.Do(Plain(Board + "/A", "Fixed"));
        client.Follow(1, Board);
        client.Change(1, 1, Do("remove", "A"));
        client.Change(1, 2, Do("move", "A", ".", "B"));
        client.Change(1, 3, Do("spawn", "A", "Fixed", "Node", Properties()));
        client.Change(1, 4, Do("set", "A", Properties(("x", 9))));
        Pass();
        Assert.Equal([1, 2, 3], client.Log.Where(l => l.EndsWith("is not for clients to change")).Select(l => int.Parse(l.Split(' ')[1], null)));
        Assert.Equal("done 4", client.Log[^1]);
    }

    [Fact]
    public void Who_may_only_watch_follows_and_changes_nothing()
    {
        _client.MayChange = false;
        _client.Follow(1, Board);
        _client.Change(1, 1, Do("remove", "A"));
        Pass();
        Assert.Equal(["tree", "done 1 this peer may only watch"], _client.Log);
    }

    [Fact]
    public void A_change_that_comes_again_through_another_gateway_is_made_once()
    {
        TreeFollower board = _client.Follow(1, Board);
        _client.LosesAnswers = true;
        _client.Change(1, 1, Do("move", "A", ".", "B"), Do("spawn", ".", "A", "Node", Properties()));
        Pass();
        _client.Session.Close();

        var again = new TreeClient(_cluster, HubOf(_cluster, BothKinds), connection: 1);
        board = again.Follow(1, Board);
        again.Change(1, 1, Do("move", "A", ".", "B"), Do("spawn", ".", "A", "Node", Properties()));
        again.Change(1, 2, Do("set", "A", Properties(("x", 7))));
        Pass();
        Assert.Equal(["tree", "done 1", """["set", "A", {"x": 7}]""", "done 2"], again.Log);
        AssertSame(board);
    }

    [Fact]
    public void What_became_of_a_change_is_found_out_if_its_answer_is_lost()
    {
        TreeFollower board = _client.Follow(1, Board);
        _client.AmbiguousCount = 2;
        _client.Change(1, 1, Do("spawn", ".", "B", "Node", Properties()));
        for (int i = 0; i < 5; i++)
        {
            Pass();
            _hub.Tick();
        }

        Pass();
        Assert.Equal(["tree", """["spawn", ".", "B", "Node", {}]""", "done 1"], _client.Log);
        Assert.Equal([(1UL, 0U), (1UL, 1U), (1UL, 2U)], _client.Runs);
        AssertSame(board);
    }

    [Fact]
    public void The_same_request_on_one_connection_is_one_change()
    {
        _client.Follow(1, Board);
        for (int i = 0; i < 3; i++) _client.Change(1, 5, Do("spawn", ".", "B", "Node", Properties()));
        // Not all have to come in order.
        _client.Change(1, 2, Do("spawn", ".", "C", "Node", Properties()));
        Pass();
        Assert.Equal(["tree", """["spawn", ".", "B", "Node", {}]""", """["spawn", ".", "C", "Node", {}]""", "done 5", "done 2"], _client.Log);
    }

    [Fact]
    public void A_root_that_goes_is_lost_and_one_that_moves_is_told_again()
    {
        _client.Follow(1, Board);
        _client.Follow(2, Board + "/A");
        _cluster.Do(new RenameOperation(NodeRef.At(Board + "/A"), "Z"));
        Assert.Equal(["tree", "tree", """["move", "A", ".", "Z"]""", "tree"], _client.Log);
        _client.Log.Clear();
        _cluster.Do(new ReparentOperation(NodeRef.At(Board + "/Z"), NodeRef.At("/root")));
        Assert.Equal(["""["remove", "Z"]""", "lost: it is at /root/Z now, and that is not for clients"], _client.Log);
        _client.Log.Clear();
        // With all that stands above it.
        _cluster.Do(new DespawnOperation(NodeRef.At("/root/Main")));
        Assert.Equal(["lost: it is gone"], _client.Log);
        Assert.Equal(0, _hub.TreesCount);
    }

    [Fact]
    public void A_name_that_becomes_free_is_taken_within_one_transaction()
    {
        TreeFollower board = _client.Follow(1, Board);
        _cluster.Do(Plain(Board, "B"), Plain(Board, "C"));
        _client.Log.Clear();
        _cluster.Do(new DespawnOperation(NodeRef.At(Board + "/A")), new RenameOperation(NodeRef.At(Board + "/B"), "A"), Plain(Board, "B"));
        Assert.Equal(["""["remove", "A"], ["move", "B", ".", "A"], ["spawn", ".", "B", "Node", {}]"""], _client.Log);
        AssertSame(board);
        // Two that change names need a third name: that is told otherwise.
        _client.Log.Clear();
        Rename("A", "X");
        Rename("B", "A");
        Rename("X", "B");
        _client.Log.Clear();
        _cluster.Do(
            new RenameOperation(NodeRef.At(Board + "/A"), "X"), new RenameOperation(NodeRef.At(Board + "/B"), "A"), new RenameOperation(NodeRef.At(Board + "/X"), "B"));
        Assert.Equal(["tree"], _client.Log);
        AssertSame(board);

        void Rename(string from, string to) => _cluster.Do(new RenameOperation(NodeRef.At(Board + "/" + from), to));
    }

    [Fact]
    public void Another_order_of_siblings_is_the_tree_again()
    {
        TreeFollower board = _client.Follow(1, Board);
        _cluster.Do(Plain(Board, "B"));
        _cluster.Do(new ReorderOperation(NodeRef.At(Board + "/B"), 0));
        Assert.Equal("tree", _client.Log[^1]);
        Assert.Equal(["B", "A"], board.Root!.Children.Select(c => c.Name));
    }

    [Fact]
    public void A_value_that_becomes_a_resource_is_taken_back_and_one_that_was_none_before_is_not_touched()
    {
        TreeFollower board = _client.Follow(1, Board);
        _client.Log.Clear();
        Variant resource = Variant.FromObject(new ResourceRef("res://a.png"));
        _cluster.Do(Set(Board + "/A", "x", resource));
        _cluster.Do(Set(Board + "/A", "x", Variant.FromObject(new ResourceRef("res://b.png"))));
        _cluster.Do(Set(Board + "/A", "x", 3));
        Assert.Equal(["""["set", "A", {"x": null}]""", """["set", "A", {"x": 3}]"""], _client.Log);
        AssertSame(board);
    }

    [Fact]
    public void Limits_are_told_and_nothing_grows_beyond_them()
    {
        var limits = new TreeLimits { FollowedMax = 2, NodesMax = 4, MessageBytesMax = 2_000, OperationsMax = 3, AnswersMax = 5, WaitingBytesMax = 1_000, RequestsKept = 10 };
        TreeHub hub = HubOf(_cluster, BothKinds, limits);
        var client = new TreeClient(_cluster, hub);
        client.Follow(1, Board);
        client.Follow(2, "/root/Main");
        client.Follow(2, Board + "/A");
        client.Follow(3, Board + "/A");
        Assert.Equal(["tree", "lost: it has more than 4 nodes", "tree", "lost: more than 2 trees are followed already"], client.Log);
        client.Log.Clear();
        client.Change(1, 1, [.. Enumerable.Repeat(Do("remove", "A"), 4)]);
        client.Change(1, 2, Do("spawn", ".", "P", Game.Player, Properties()));
        Pass();
        Assert.Equal(["done 1 more than 3 operations", "done 2 the scene is too large for one change"], client.Log);
        client.Log.Clear();
        for (int i = 3; i < 10; i++) client.Change(1, i, Do("set", "A", Properties(("x", i))));
        Assert.Equal(["done 8 more than 5 changes wait", "done 9 more than 5 changes wait"], client.Log);
        Pass();
        client.Log.Clear();
        for (int i = 100; i < 112; i++)
        {
            client.Change(1, i, Do("set", "A", Properties(("x", i))));
            Pass();
        }

        client.Change(1, 7, Do("set", "A", Properties(("x", 7))));
        client.Change(1, 112, Do("set", "A", Properties(("x", 112))));
        client.Change(1, 113, Do("set", "A", Properties(("long", new string('x', 1_000)))));
        Assert.Equal(["done 7 more than 10 later requests came before it", "done 113 more than 1000 bytes of changes wait"], client.Log[^2..]);
        Pass();
        client.Log.Clear();
        // What grows too large is lost for those who follow it.
        _cluster.Do(Set(Board + "/A", "long", new string('x', 2_000)));
        Assert.Equal(["lost: it has more than 2000 bytes", "lost: it has more than 2000 bytes"], client.Log);
        Assert.Equal(0, hub.TreesCount);
    }

    [Fact]
    public void Many_changes_are_made_in_order_and_answered_in_order()
    {
        TreeFollower board = _client.Follow(1, Board);
        for (int i = 1; i <= 300; i++) _client.Change(1, i, i % 3 == 0 ? Do("remove", "..") : Do("set", "A", Properties(("x", i))));
        Pass(5_000_000);
        var requests = new List<long>();
        while (board.TryTakeDone(out (long Request, string Error) done))
        {
            requests.Add(done.Request);
            Assert.Equal(done.Request % 3 == 0, done.Error.Length > 0);
        }

        Assert.Equal(Enumerable.Range(1, 300).Select(i => (long)i), requests);
        Assert.Equal(299, board.Root!.Find("A")!.Properties["x"].AsInt());
        Assert.Equal(0, _client.Session.AnswersCount);
    }

    private static SetPropertiesOperation Set(string path, string name, Variant? value) =>
        new(NodeRef.At(path), [new(name, value is null ? null : PropertyValue.Encode(value.Value))]);

    private void Pass(long microseconds = 1_000_000) => _cluster.Pass(microseconds);

    private void AssertSame(TreeFollower follower)
    {
        Assert.True(_cluster.World.Tree.TryFind(follower.Path, out MirrorNode? node));
        Assert.Equal("", Difference(follower.Root!, _cluster.World.Tree, node));
    }
}
