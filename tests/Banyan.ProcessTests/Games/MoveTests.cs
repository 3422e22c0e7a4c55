using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Godot.Game;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.ProcessTests.Games;

/// <summary>Nodes that the cluster moves and takes out of scenes, at games without the engine; with it: <see cref="AddonMoveTests"/>.</summary>
public sealed class MoveTests
{
    [Fact]
    public async Task Who_understands_moves_keeps_its_nodes_over_a_killed_gateway_and_who_does_not_makes_them_anew()
    {
        using var project = new MovingFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(project, 3);
        await using BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways);
        await using ModelGame keeps = await ModelGame.ConnectAsync([cluster.Gateways[1], cluster.Gateways[2]], project, canMove: true);
        await using ModelGame remakes = await ModelGame.ConnectAsync([cluster.Gateways[2]], project);
        await using ModelGame stock = await ModelGame.ConnectAsync(cluster.Gateways[0], project);
        ModelGame[] games = [keeps, remakes, stock];
        await ImportAsync("A", "/root/Main/Left");
        await ImportAsync("B", "/root/Main/Left/A/Things");
        await SeeAsync("Door Left/A Left/A/Lid Left/A/Things/B Left/A/Things/B/Lid", games);
        GameNode a = Node(keeps, "Left/A"), b = Node(keeps, "Left/A/Things/B"), anew = Node(remakes, "Left/A");

        // Another parent and another name, with what is below; then what comes of it comes by its new path.
        await DoAsync(new ReparentOperation(NodeRef.At("/root/Main/Left/A"), NodeRef.At("/root/Main/Right"), "Z"));
        await DoAsync(Count("Right/Z", 5), Count("Right/Z/Things/B", 6));
        await SeeAsync("Door Right/Z=5 Right/Z/Lid Right/Z/Things/B=6 Right/Z/Things/B/Lid", games);
        Assert.Same(a, Node(keeps, "Right/Z"));
        Assert.Same(b, Node(keeps, "Right/Z/Things/B"));
        Assert.NotSame(anew, Node(remakes, "Right/Z"));
        Assert.True(anew.IsFreed);

        // While its gateway dies, and at the next one; who was there all the time loses what scenes have lost just so.
        cluster.Kill(2);
        await DoAsync(
            new ReparentOperation(NodeRef.At("/root/Main/Right/Z/Things/B"), NodeRef.At("/root/Main/Left")),
            new DespawnOperation(NodeRef.At("/root/Main/Door")),
            new DespawnOperation(NodeRef.At("/root/Main/Right/Z/Lid")));
        await DoAsync(Count("Left/B", 7));
        await SeeAsync("Left/B=7 Left/B/Lid Right/Z=5", keeps);
        await SeeAsync("Door Left/B=7 Left/B/Lid Right/Z=5 Right/Z/Lid", remakes, stock);
        Assert.Equal((1, 0), (keeps.Connection.Failovers, remakes.Connection.Failovers));
        Assert.Same(a, Node(keeps, "Right/Z"));
        Assert.Same(b, Node(keeps, "Left/B"));

        // Who comes later is told at once of what its scenes should not have.
        await using ModelGame late = await ModelGame.ConnectAsync([cluster.Gateways[0]], project, canMove: true);
        await SeeAsync("Left/B=7 Left/B/Lid Right/Z=5", late);
        await DoAsync(new DespawnOperation(NodeRef.At("/root/Main/Right/Z")));
        await SeeAsync("Left/B=7 Left/B/Lid", keeps, late);
        Assert.True(a.IsFreed);
        Assert.All([.. games, late], game => Assert.True(game.Tree.Errors.Count == 0, string.Join("; ", game.Tree.Errors)));

        async Task ImportAsync(string name, string parent) =>
            (await BanyanCommand.RunAsync(cluster.Gateways[0], "import", Path.Combine(project.Path, "thing.tscn"), "--at", parent, "--name", name)).AssertDone();

        async Task DoAsync(params SceneOperation[] operations) => Assert.IsType<TransactOutcome.Committed>(await client.TransactAsync(operations));

        Task SeeAsync(string what, params ModelGame[] which) => Poll.UntilAsync(
            () =>
            {
                foreach (ModelGame game in which) game.Process();
                return which.All(g => See(g) == what);
            }, () => $"{what}, but {string.Join("; ", which.Select(g => $"{See(g)} {string.Join(", ", g.Tree.Errors)}"))}");
    }

    private static SetPropertiesOperation Count(string path, int count) => new(NodeRef.At("/root/Main/" + path), [new("count", PropertyValue.Encode(count))]);

    private static GameNode Node(ModelGame game, string path) => game.Main.GetNodeOrNull(path) ?? throw new InvalidOperationException("there is no " + path);

    // By path: things with their count, once it has come, their lids, and the door.
    private static string See(ModelGame game) => string.Join(" ", Below(game.Main, "").OrderBy(s => s.Path, StringComparer.Ordinal).Select(s => s.Path + s.Count));

    private static IEnumerable<(string Path, string Count)> Below(GameNode node, string path)
    {
        foreach (GameNode child in node.Children)
        {
            string at = path + child.Name;
            if (child.Name is "Door" or "Lid") yield return (at, "");
            else if (child.SceneFilePath == "res://thing.tscn") yield return (at, child.Get("count") is { Type: VariantType.Int } count ? $"={count.AsInt()}" : "");
            foreach ((string, string) below in Below(child, at + "/")) yield return below;
        }
    }
}
