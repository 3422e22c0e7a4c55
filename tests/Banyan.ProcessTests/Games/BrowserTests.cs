using Banyan.Client.Local;
using Banyan.Godot.Game;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>Games whose WebSockets are a browser's, as those of web exports are: its handshake, its origin, its frames.</summary>
public sealed class BrowserTests
{
    [Fact]
    public async Task A_stock_game_in_a_browser_plays_with_one_outside()
    {
        using var files = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 2);
        await using Browser browser = await Browser.StartAsync(cluster.Gateways, "127.0.0.1");
        await using ModelGame inside = await ModelGame.ConnectAsync(browser.Addresses[0], files);
        await using ModelGame outside = await ModelGame.ConnectAsync(cluster.Gateways[1], files);
        await ModelGame.UntilAsync(() => inside.Players.Length == 2 && outside.Players.Length == 2, inside, outside);
        inside.Player!.Set("position", new Vector3(1, 2, 3));
        inside.Player!.Set("title", "in a browser");
        inside.Drop(5);
        outside.Player!.Set("position", new Vector3(4, 5, 6));
        await ModelGame.UntilAsync(
            () => outside.Look($"{inside.Peer}") == inside.Look($"{inside.Peer}") && inside.Look($"{outside.Peer}") == outside.Look($"{outside.Peer}")
                && outside.Look($"{inside.Peer}")!.Contains("in a browser", StringComparison.Ordinal) && ModelGame.Drops(outside.Main.GetNode($"Players/{inside.Peer}")!).Count == 1, inside, outside);
        await ModelGame.UntilAsync(() => inside.Tree.Multiplayer.Peers.Contains(outside.Peer), inside, outside);
        Assert.True(inside.Tree.Multiplayer.Rpc(inside.Main, "greet", ["hello"], outside.Peer));
        await ModelGame.UntilAsync(() => outside.Calls.Count == 1, inside, outside);
        Assert.Empty(inside.Tree.Errors);
        Assert.Empty(outside.Tree.Errors);
    }

    [Fact]
    public async Task A_session_in_a_browser_outlives_its_gateway()
    {
        using var files = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 3);
        await using Browser browser = await Browser.StartAsync(cluster.Gateways, "127.0.0.1");
        await using ModelGame inside = await ModelGame.ConnectAsync([browser.Addresses[1], browser.Addresses[2]], files);
        await using ModelGame outside = await ModelGame.ConnectAsync(cluster.Gateways[0], files);
        await ModelGame.UntilAsync(() => inside.Players.Length == 2 && outside.Players.Length == 2, inside, outside);
        GameNode player = inside.Player!;
        cluster.Kill(2);
        inside.Drop(7);
        await ModelGame.UntilAsync(() => inside.Connection.Failovers == 1 && ModelGame.Drops(outside.Main.GetNode($"Players/{inside.Peer}")!).Count == 1, inside, outside);
        Assert.Same(player, inside.Player);
        Assert.Empty(inside.Tree.Errors);
        Assert.Empty(outside.Tree.Errors);
    }

    [Fact]
    public async Task A_page_of_another_host_has_to_be_allowed()
    {
        using var files = new GameFolder();
        await using (LocalCluster closed = await GameCluster.StartAsync(files, 1))
        {
            await using Browser browser = await Browser.StartAsync(closed.Gateways, "localhost");
            await using var refused = new StockConnection();
            await refused.ConnectAsync(browser.Addresses[0]);
            // All that a browser tells a page of a refusal.
            await Poll.UntilAsync(() => refused.Ended is not null && browser.Closed.Contains("1006 "), () => "it to be refused");
            Assert.False(refused.TryTake(out _));
            Assert.Equal(1, await Door.RefusedAsync(closed.Gateways[0], "403: pages of this origin may not connect (--allow-origin)"));
        }

        await using LocalCluster open = await GameCluster.StartAsync(files, 1, "--allow-origin", "*");
        await using Browser allowed = await Browser.StartAsync(open.Gateways, "localhost");
        await using ModelGame game = await ModelGame.ConnectAsync(allowed.Addresses[0], files);
        Assert.Contains($"{game.Peer}", game.Players);
    }
}
