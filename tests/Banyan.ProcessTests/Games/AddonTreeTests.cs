using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>BanyanTree on a real cluster, in the real engine, where GODOT names one.</summary>
public sealed class AddonTreeTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Two_games_that_change_one_subtree_end_up_alike_though_a_gateway_is_killed()
    {
        Engine.SkipWithout();
        using var project = new AddonProject();
        await using LocalCluster cluster = await GameCluster.StartAsync(project.Path, Path.Combine(project.Path, "world", "world.tscn"), 3);
        string[] urls = [.. cluster.Gateways.Select(g => $"ws://{g.Authority}/godot")];
        using var one = new Engine(project.Path, "res://world/board.tscn", "--", "1", "8", urls[1], urls[2]);
        using var two = new Engine(project.Path, "res://world/board.tscn", "--", "2", "8", urls[2], urls[0]);
        await one.UntilAsync(e => e.After("APART").Length > 2, "under way");
        await two.UntilAsync(e => e.After("APART").Length > 2, "under way");
        cluster.Kill(2);
        await one.UntilAsync(e => e.After("RESUMED").Length == 1, "resumed");
        await Poll.UntilAsync(() => one.After("BOARD") is [.., var a] && two.After("BOARD") is [.., var b] && a == b, () => $"alike\n{one}\n\n{two}");
        output.WriteLine($"{one.After("BOARD")[^1]}\nrefused: {string.Join("; ", one.After("REFUSED").Concat(two.After("REFUSED")))}\nresumed {one.After("RESUMED")[0]}");
        foreach (Engine game in new[] { one, two })
        {
            Assert.Contains(game.After("REFUSED"), reason => reason.StartsWith("/root/World/Board/Fixed", StringComparison.Ordinal));
            Assert.DoesNotContain("Mine", game.After("BOARD")[^1]);
            Assert.Empty(game.After("NONE"));
            Assert.Empty(game.After("ENDED"));
            Assert.Empty(game.Errors);
        }
    }
}
