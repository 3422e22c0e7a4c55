using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.ProcessTests.Games;

/// <summary>Nodes that the cluster moves and takes out of scenes, in the real engine, where GODOT names one: tests/godot/moving.</summary>
public sealed class AddonMoveTests
{
    [Fact]
    public async Task A_game_with_the_addon_keeps_nodes_that_move_and_loses_those_that_its_scene_has_lost()
    {
        Engine.SkipWithout();
        using var project = new AddonProject(Checkout.MovingGame);
        await using LocalCluster cluster = await GameCluster.StartAsync(project.Path, Path.Combine(project.Path, "main.tscn"), 3, "--grace", "3");
        string[] urls = [.. cluster.Gateways.Select(g => $"ws://{g.Authority}/godot")];
        await using BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways);
        await ImportAsync("A", "/root/Main/Left");
        using Engine addon = Start("addon", urls[1], urls[2]);
        using Engine stock = Start("stock", urls[0]);
        await ImportAsync("B", "/root/Main/Left/A/Things");
        await SeesAsync(addon, "Door Door/Handle Left/A/Lid Left/A/Things/B/Lid Left/A/Things/B=0#2 Left/A=0#1");
        await SeesAsync(stock, "Door Door/Handle Left/A/Lid Left/A/Things/B/Lid Left/A/Things/B=0#2 Left/A=0#1");

        // Another parent and another name: the one keeps both things, the other makes them anew.
        await DoAsync(new ReparentOperation(NodeRef.At("/root/Main/Left/A"), NodeRef.At("/root/Main/Right"), "Z"));
        await SeesAsync(addon, "Door Door/Handle Right/Z/Lid Right/Z/Things/B/Lid Right/Z/Things/B=0#2 Right/Z=0#1");
        await SeesAsync(stock, "Door Door/Handle Right/Z/Lid Right/Z/Things/B/Lid Right/Z/Things/B=0#4 Right/Z=0#3");
        Assert.Equal(["A"], addon.After("SPAWNED"));
        Assert.Empty(addon.After("DESPAWNED"));
        Assert.Equal(["A", "Z"], stock.After("SPAWNED"));

        // What comes of it now comes by its path, at the next gateway too.
        await DoAsync(Count("Right/Z", 5), Count("Right/Z/Things/B", 6));
        await SeesAsync(addon, "Door Door/Handle Right/Z/Lid Right/Z/Things/B/Lid Right/Z/Things/B=6#2 Right/Z=5#1");
        cluster.Kill(2);
        await addon.UntilAsync("RESUMED");
        await DoAsync(new ReparentOperation(NodeRef.At("/root/Main/Right/Z/Things/B"), NodeRef.At("/root/Main/Left")), Count("Right/Z", 7));
        await SeesAsync(addon, "Door Door/Handle Left/B/Lid Left/B=6#2 Right/Z/Lid Right/Z=7#1");
        await ImportAsync("C", "/root/Main/Right/Z/Things");
        await SeesAsync(addon, "Door Door/Handle Left/B/Lid Left/B=6#2 Right/Z/Lid Right/Z/Things/C/Lid Right/Z/Things/C=0#3 Right/Z=7#1");

        // What scenes have and the tree has not.
        await DoAsync(new DespawnOperation(NodeRef.At("/root/Main/Door")), new DespawnOperation(NodeRef.At("/root/Main/Left/B/Lid")));
        await SeesAsync(addon, "Left/B=6#2 Right/Z/Lid Right/Z/Things/C/Lid Right/Z/Things/C=0#3 Right/Z=7#1");
        using Engine late = Start("addon", urls[2]);
        await SeesAsync(late, "Left/B=6#1 Right/Z/Lid Right/Z/Things/C/Lid Right/Z/Things/C=0#3 Right/Z=7#2");

        await DoAsync(new DespawnOperation(NodeRef.At("/root/Main/Right/Z")));
        await SeesAsync(addon, "Left/B=6#2");
        await SeesAsync(late, "Left/B=6#1");
        await SeesAsync(stock, "Door Door/Handle Left/B/Lid Left/B=6#5");
        Assert.Equal(["Z"], addon.After("DESPAWNED"));

        foreach (Engine game in new[] { addon, late, stock })
        {
            Assert.Empty(game.Errors);
            Assert.DoesNotContain(game.Lines, l => l.Contains("WARNING", StringComparison.Ordinal));
        }

        // When the session is over, what was moved goes as what was spawned does.
        foreach (int server in new[] { 1, 3 }) cluster.Kill(server);
        await SeesAsync(addon, "");
        await SeesAsync(late, "");

        Engine Start(params string[] arguments) => new(project.Path, ["res://main.tscn", "--", .. arguments]);

        async Task ImportAsync(string name, string parent) =>
            (await BanyanCommand.RunAsync(cluster.Gateways[0], "import", Path.Combine(project.Path, "thing.tscn"), "--at", parent, "--name", name)).AssertDone();

        async Task DoAsync(params SceneOperation[] operations) => Assert.IsType<TransactOutcome.Committed>(await client.TransactAsync(operations));
    }

    private static SetPropertiesOperation Count(string path, int count) => new(NodeRef.At("/root/Main/" + path), [new("count", PropertyValue.Encode(count))]);

    private static Task SeesAsync(Engine game, string what) => game.UntilAsync(e => e.After("SEE") is [.., var last] && last == what, what);
}
