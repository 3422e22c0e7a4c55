using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>The same in the real engine, where the variable GODOT names a Godot 4: tests/godot/plain, a game without the addon.</summary>
public sealed class EngineTests
{
    [Fact]
    public async Task Two_games_on_two_servers_see_each_other_come_move_spawn_speak_and_go()
    {
        Engine.SkipWithout();
        await using LocalCluster cluster = await GameCluster.StartAsync(Checkout.PlainGame, Path.Combine(Checkout.PlainGame, "main.tscn"), 3);
        using var one = Start(cluster.Gateways[0]);
        using var two = Start(cluster.Gateways[1]);
        await Poll.UntilAsync(() => PeerOf(one) is not null && PeerOf(two) is not null, () => $"{one}\n{two}");
        await Poll.UntilAsync(() => Sees(one, two) && Sees(two, one), () => $"{one}\n{two}");
        one.Dispose();
        await Poll.UntilAsync(() => two.Has($"LEFT {PeerOf(one)}") && two.Has($"GONE {PeerOf(one)}"), () => $"{two}");
        Assert.Empty(one.Errors);
        Assert.Empty(two.Errors);
    }

    [Fact]
    public async Task Games_with_auth_callback_bring_their_tokens_or_play_openly()
    {
        Engine.SkipWithout();
        using KeyFile key = await KeyFile.MakeAsync();
        foreach (string[] access in new[] { ["--token-key", key.Path, "--auth-callback"], new[] { "--open", "--auth-callback" }, ["--open"] })
        {
            await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 1, null, ["--project", Checkout.PlainGame, .. access]);
            (await key.OperateAsync(cluster.Gateways[0], "import", Path.Combine(Checkout.PlainGame, "main.tscn"))).AssertDone();
            using var one = Start(cluster.Gateways[0], await key.TokenAsync("alice"));
            using var two = Start(cluster.Gateways[0], await key.TokenAsync("bob"));
            await Poll.UntilAsync(() => PeerOf(one) is not null && PeerOf(two) is not null && Sees(one, two) && Sees(two, one), () => $"{one}\n{two}");
            Assert.Empty(one.Errors);
            Assert.Empty(two.Errors);
            if (access[0] == "--open") continue;
            using var three = Start(cluster.Gateways[0], "no token");
            await Poll.UntilAsync(() => three.Has("AUTH FAILED 1"), () => $"{three}");
            Assert.Null(PeerOf(three));
        }
    }

    private static Engine Start(Uri gateway, params string[] auth) => new(Checkout.PlainGame, ["--", $"ws://{gateway.Authority}/godot", .. auth]);

    private static string? PeerOf(Engine engine) => engine.After("CONNECTED").FirstOrDefault();

    // Its place and title, something that it has spawned itself, and what it said.
    private static bool Sees(Engine one, Engine other) =>
        one.Has($"PEER {PeerOf(other)}") && one.Has($"SPAWNED {PeerOf(other)}") && one.Has($"GREETED by {PeerOf(other)}: hello")
        && one.Lines.Any(l => l.StartsWith($"SEE {PeerOf(other)} at (", StringComparison.Ordinal) && l.Contains(" frame ", StringComparison.Ordinal) && l.Contains("Drop=", StringComparison.Ordinal));
}
