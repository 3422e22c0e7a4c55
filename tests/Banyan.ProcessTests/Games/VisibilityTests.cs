using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Godot.Game;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;

namespace Banyan.ProcessTests.Games;

/// <summary>Stock games on two servers: what one of them may not see, and what they make with functions of their own.</summary>
public sealed class VisibilityTests
{
    // Of the cluster, so that it says for whom the player is there; a player's state is the Pose's.
    private const string Seen = """
        [node name="Seen" type="MultiplayerSynchronizer" parent="."]
        replication_config = SubResource("2")

        """;

    private const string Toys = """
        [node name="Toys" type="Node" parent="."]

        [node name="ToySpawner" type="MultiplayerSpawner" parent="."]
        spawn_path = NodePath("../Toys")

        """;

    [Fact]
    public async Task A_player_is_hidden_from_one_of_two_and_shown_again()
    {
        using var files = new GameFolder(Seen);
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 2);
        await using ModelGame one = await ModelGame.ConnectAsync(cluster.Gateways[0], files);
        ModelGame two = await ModelGame.ConnectAsync(cluster.Gateways[1], files);
        one.Player!.Set("title", "first");
        one.Drop(1);
        string name = $"{one.Peer}";
        await ModelGame.UntilAsync(() => two.Look(name) == one.Look(name) && one.Players.Length == 2, one, two);

        await VisibilityAsync(cluster, $"/root/Main/Players/{name}/Seen", (0, false), (one.Peer, true));
        await ModelGame.UntilAsync(() => two.Look(name) is null, one, two);
        one.Player.Set("title", "second");
        one.Player.Set("position", new Vector3(1, 2, 3));
        one.Drop(2);
        two.Player!.Set("title", "here");
        await ModelGame.UntilAsync(() => one.Look($"{two.Peer}") == two.Look($"{two.Peer}"), one, two);
        Assert.Equal([$"{two.Peer}"], two.Players);

        await VisibilityAsync(cluster, $"/root/Main/Players/{name}/Seen", (two.Peer, true));
        await ModelGame.UntilAsync(() => two.Look(name) is { } look && look == one.Look(name), one, two);
        Assert.Equal(2, ModelGame.Drops(two.Main.GetNodeOrNull($"Players/{name}")!).Count);
        AssertNoErrors(one, two);

        // What was said of one that has left is forgotten.
        await two.DisposeAsync();
        await using BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways[0]);
        string said = "";
        await Poll.UntilAsync(
            async () =>
            {
                said = string.Join(", ", (await client.ReadTreeAsync(NodeRef.At($"/root/Main/Players/{name}/Seen"))).Node.Attachments.Keys);
                return said == $"visible_to/0, visible_to/{name}";
            }, () => said);
    }

    [Fact]
    public async Task What_a_game_makes_with_its_own_function_is_made_by_the_others_and_by_who_comes_late()
    {
        using var files = new GameFolder(Toys, "ToySpawner");
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 2);
        await using ModelGame one = await ModelGame.ConnectAsync(cluster.Gateways[0], files);
        await using ModelGame two = await ModelGame.ConnectAsync(cluster.Gateways[1], files);
        int owner = one.Peer;
        GameNode toy = one.MakeToy("red");
        await ModelGame.UntilAsync(() => two.Toys(owner) == one.Toys(owner), one, two);
        Assert.EndsWith("\"red\" null", two.Toys(owner));
        toy.Set("count", 7);
        await ModelGame.UntilAsync(() => two.Toys(owner) == one.Toys(owner), one, two);
        Assert.EndsWith("\"red\" 7", two.Toys(owner));
        await using ModelGame late = await ModelGame.ConnectAsync(cluster.Gateways[1], files);
        await ModelGame.UntilAsync(() => late.Toys(owner) == one.Toys(owner), one, two, late);

        toy.QueueFree();
        await ModelGame.UntilAsync(() => two.Toys(owner) == "" && late.Toys(owner) == "", one, two, late);
        AssertNoErrors(one, two, late);
    }

    private static async Task VisibilityAsync(LocalCluster cluster, string synchronizer, params (int Peer, bool IsVisible)[] to)
    {
        IEnumerable<string> operations = to.Select(t =>
            $$"""{"op":"visibility","node":"{{synchronizer}}","peer":{{t.Peer}},"visible":{{(t.IsVisible ? "true" : "false")}}}""");
        using var file = new TemporaryFile($"[{string.Join(", ", operations)}]");
        (await BanyanCommand.RunAsync(cluster.Gateways[0], "txn", file.Path)).AssertDone();
    }

    private static void AssertNoErrors(params ModelGame[] games) =>
        Assert.All(games, game => Assert.True(game.Tree.Errors.Count == 0, string.Join("; ", game.Tree.Errors)));
}
