using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>A game with the addon on a real cluster, in the real engine, where GODOT names one: its gateway is killed.</summary>
public sealed class AddonFailoverTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_game_whose_gateway_is_killed_keeps_its_peer_its_nodes_and_every_reliable_call()
    {
        Engine.SkipWithout();
        using var project = new AddonProject();
        await using LocalCluster cluster = await GameCluster.StartAsync(project.Path, Path.Combine(project.Path, "world", "world.tscn"), 3);
        string[] urls = [.. cluster.Gateways.Select(g => $"ws://{g.Authority}/godot")];
        // The addon begins at the second, the other one is at the third, which lives.
        using Engine addon = Start(project, "addon", urls[1], urls[2], urls[0]);
        using Engine stock = Start(project, "stock", urls[2]);
        await addon.UntilAsync(e => PeerOf(e) is not null, "connected");
        await stock.UntilAsync(e => PeerOf(e) is not null, "connected");
        await UntilCountedAsync(addon, stock, 100);

        long killed = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        cluster.Kill(2);
        await addon.UntilAsync(e => e.After("STATE").Length == 1, "a state after the kill");
        int counted = Math.Max(Counted(addon, stock), Counted(stock, addon));
        await UntilCountedAsync(addon, stock, counted + 100);
        output.WriteLine($"the kill was noticed after {Time(addon, "LOST") - killed} ms, resumed after {Time(addon, "RESUMED") - killed} ms, the next state of another player came after {Time(addon, "STATE") - killed} ms");

        string[] before = Assert.Single(addon.After("BEFORE")).Split(' ');
        Assert.True(before.Length > 15, $"{addon}");
        Assert.Subset(Assert.Single(addon.After("AFTER")).Split(' ').ToHashSet(), before.ToHashSet());
        foreach (Engine game in new[] { addon, stock })
        {
            Assert.Single(game.After("CONNECTED"));
            Assert.Empty(game.After("WRONG"));
            Assert.Empty(game.After("GONE"));
            Assert.Empty(game.After("LEFT"));
            Assert.Equal(2, game.After("SPAWNED").Length);
            Assert.DoesNotContain("DISCONNECTED", game.Lines);
            Assert.Empty(game.Errors);
        }
    }

    private static Engine Start(AddonProject project, params string[] arguments) => new(project.Path, ["res://world/world.tscn", "--", .. arguments]);

    private static string? PeerOf(Engine game) => game.After("CONNECTED").FirstOrDefault();

    // Through which number one has counted the other's calls, in tens.
    private static int Counted(Engine one, Engine other) =>
        one.After("COUNT").Select(l => l.Split(" from ")).Where(l => l[1] == PeerOf(other)).Select(l => int.Parse(l[0])).LastOrDefault();

    private static Task UntilCountedAsync(Engine one, Engine other, int through) =>
        Poll.UntilAsync(() => Counted(one, other) >= through && Counted(other, one) >= through, () => $"counted through {through}\n{one}\n\n{other}");

    private static long Time(Engine game, string word) => long.Parse(game.After(word)[0].Split(' ')[0]);
}
