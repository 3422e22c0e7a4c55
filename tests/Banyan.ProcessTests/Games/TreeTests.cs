using System.Collections.Immutable;
using Banyan.Client.Games;
using Banyan.Client.Local;
using Banyan.Godot.Variants;
using Banyan.Sync.Trees;

namespace Banyan.ProcessTests.Games;

/// <summary>Clients of different servers follow a subtree and change it.</summary>
public sealed class TreeTests : IDisposable
{
    private const string Board = "/root/World/Board";
    private readonly TemporaryFolder _files = new();

    public TreeTests()
    {
        File.WriteAllText(Path.Combine(_files.Path, "project.godot"), "config_version=5\n");
        File.WriteAllText(Path.Combine(_files.Path, "banyan.json"), """{ "trees": { "/root/World": "read", "/root/World/Board": "write" } }""");
        File.WriteAllText(Path.Combine(_files.Path, "piece.tscn"), """
            [gd_scene format=3]

            [node name="Piece" type="Node3D"]

            [node name="Label" type="Label3D" parent="."]
            text = "new"
            """);
        File.WriteAllText(Path.Combine(_files.Path, "world.tscn"), """
            [gd_scene load_steps=2 format=3]

            [ext_resource type="PackedScene" path="res://piece.tscn" id="1"]

            [node name="World" type="Node3D"]

            [node name="Board" type="Node3D" parent="."]
            size = 8

            [node name="King" parent="Board" instance=ExtResource("1")]
            """);
    }

    [Fact]
    public async Task Clients_of_two_servers_see_one_tree_and_change_it()
    {
        await using LocalCluster cluster = await StartAsync(2);
        await using GameConnection a = Connect(cluster, 0), b = Connect(cluster, 1);
        TreeFollower ofA = await FollowAsync(a, Board), ofB = await FollowAsync(b, Board), world = await FollowAsync(b, "/root/World"), none = b.Follow("/root");
        Task Until(Func<bool> holds) => UntilAsync([a, b], holds, () => $"{Text(ofA)}\n{Text(ofB)}\n{Text(world)}\n{cluster.OutputOf(1)}{cluster.OutputOf(2)}");
        await Until(() => none.Lost is not null);
        Assert.Equal("res://piece.tscn", ofA.Root!.Find("King")!.Type);
        Assert.Equal("new", ofB.Root!.Find("King/Label")!.Properties["text"].AsText());
        Assert.Equal("it is not for clients", none.Lost);

        a.Change(ofA, Do("spawn", ".", "Queen", "res://piece.tscn", Properties(("position", new Vector3(1, 2, 3)))), Do("move", "King", "Queen", "Jack"));
        await Until(() => ofB.Root!.Find("Queen/Jack") is not null && world.Root!.Find("Board/Queen/Jack") is not null);
        Assert.Equal(new Vector3(1, 2, 3), ofB.Root!.Find("Queen")!.Properties["position"].AsVector3());
        b.Change(ofB, Do("set", "Queen/Jack/Label", Properties(("text", "b was here"))), Do("spawn", "Queen", "Ace", "Node", Properties()));
        b.Change(ofB, Do("remove", "Queen/Label"));
        await Until(() => ofA.Root!.Find("Queen/Jack/Label")?.Properties["text"].AsText() == "b was here" && ofA.Root!.Find("Queen/Label") is null && ofA.Root!.Find("Queen/Ace") is not null);

        // The first that is wrong refuses all of it.
        b.Change(ofB, Do("spawn", ".", "Ghost", "Node", Properties()), Do("spawn", ".", "Queen", "Node", Properties()));
        b.Change(world, Do("set", ".", Properties(("x", 1))));
        await Until(() => a.ChangesCount == 0 && b.ChangesCount == 0);
        Assert.Equal([""], Answers(ofA));
        string[] answers = Answers(ofB);
        Assert.Equal(["", ""], answers[..2]);
        Assert.StartsWith("DuplicateName: ", answers[2]);
        Assert.Equal(["/root/World is not for clients to change"], Answers(world));
        await Until(() => Text(ofA) == Text(ofB));
        Assert.Null(ofA.Root!.Find("Ghost"));
    }

    [Fact]
    public async Task A_follower_goes_on_when_its_gateway_is_killed_and_what_it_changes_happens_once()
    {
        await using LocalCluster cluster = await StartAsync(3);
        await using GameConnection a = Connect(cluster, 2, 1, 0), b = Connect(cluster, 0);
        TreeFollower ofA = await FollowAsync(a, Board), ofB = await FollowAsync(b, Board);
        Task Until(Func<bool> holds) => UntilAsync(
            [a, b], holds, () => $"{a.ChangesCount} {b.ChangesCount} {a.Ended} {b.Ended}\n{Text(ofA)}\n{Text(ofB)}\n{cluster.OutputOf(1)}{cluster.OutputOf(2)}");
        const int Changes = 120;
        for (int i = 0; i < Changes; i++)
        {
            if (i == 40) cluster.Kill(3);
            Assert.NotEqual(0, a.Change(ofA, Do("spawn", ".", $"a{i}", "Node", Properties(("i", i)))));
            Assert.NotEqual(0, b.Change(ofB, Do("spawn", ".", $"b{i}", "Node", Properties(("i", i)))));
            foreach (GameConnection one in new[] { a, b }) Receive(one);
            await Task.Delay(5, TestContext.Current.CancellationToken); // a frame
        }

        await Until(() => a.ChangesCount == 0 && b.ChangesCount == 0 && ofA.Root is not null && Text(ofA) == Text(ofB));
        Assert.Equal(1, a.Failovers);
        // Made twice, it would have found its own name taken.
        Assert.All(Answers(ofA).Concat(Answers(ofB)), answer => Assert.Equal("", answer));
        string[] names = [.. ofB.Root!.Children.Select(c => c.Name)];
        foreach (char whose in "ab") Assert.Equal(Enumerable.Range(0, Changes).Select(i => $"{whose}{i}"), names.Where(n => n[0] == whose));
    }

    public void Dispose() => _files.Dispose();

    private Task<LocalCluster> StartAsync(int servers) => GameCluster.StartAsync(_files.Path, Path.Combine(_files.Path, "world.tscn"), servers);

    private static GameConnection Connect(LocalCluster cluster, params int[] gateways) =>
        new([.. gateways.Select(g => new UriBuilder(cluster.Gateways[g]) { Scheme = "ws", Path = "/godot" }.Uri)]);

    // The world may have come to one server and not yet to all.
    private static async Task<TreeFollower> FollowAsync(GameConnection connection, string path)
    {
        TreeFollower follower = connection.Follow(path);
        await UntilAsync(
            [connection], () =>
            {
                if (follower.Lost is null) return follower.Root is not null;
                connection.Unfollow(follower);
                follower = connection.Follow(path);
                return false;
            }, () => $"{path}: {follower.Lost}");
        return follower;
    }

    private static void Receive(GameConnection connection)
    {
        // There are no players: packets say who else is there, and that is all.
        while (connection.TryReceive(out _))
        {
        }
    }

    private static Task UntilAsync(GameConnection[] connections, Func<bool> holds, Func<string> what) => Poll.UntilAsync(
        () =>
        {
            foreach (GameConnection one in connections) Receive(one);
            return holds();
        }, what);

    private static string[] Answers(TreeFollower follower)
    {
        var answers = new List<string>();
        while (follower.TryTakeDone(out (long Request, string Error) done)) answers.Add(done.Error);
        return [.. answers];
    }

    private static string Text(TreeFollower follower) => follower.Root is null ? $"lost: {follower.Lost}" : Text(follower.Root);

    private static string Text(TreeNode node) =>
        $"{node.Name}: {node.Type} {string.Join(" ", node.Properties.Select(p => $"{p.Key}={p.Value.GetHashCode()}"))} ({string.Join(", ", node.Children.Select(Text))})";

    private static Variant Do(params ImmutableArray<Variant> operation) => new VariantArray(operation);

    private static Variant Properties(params (string Name, Variant Value)[] properties) =>
        VariantDictionary.Of([.. properties.Select(p => new KeyValuePair<Variant, Variant>(p.Name, p.Value))]);
}
