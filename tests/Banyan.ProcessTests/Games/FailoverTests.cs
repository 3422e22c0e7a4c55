using System.Globalization;
using Banyan.Client.Local;
using Banyan.Godot.Game;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>Gateways are killed under games whose sessions outlive them.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task A_game_plays_on_when_its_gateway_is_killed()
    {
        using var files = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 3);
        await using ModelGame immortal = await ModelGame.ConnectAsync([cluster.Gateways[2], cluster.Gateways[1], cluster.Gateways[0]], files);
        await using ModelGame stock = await ModelGame.ConnectAsync(cluster.Gateways[0], files);
        await using ModelGame other = await ModelGame.ConnectAsync([cluster.Gateways[1], cluster.Gateways[0]], files);
        ModelGame[] games = [immortal, stock, other];
        immortal.Player!.Set("title", "before");
        immortal.Drop(7);
        await AgreeAsync(games);
        GameNode player = immortal.Player!;
        GameNode stocks = immortal.Main.GetNodeOrNull($"Players/{stock.Peer}")!;
        int peer = immortal.Peer;

        // Calls both ways all the time, before, while and after the gateway dies.
        int sent = 0;
        for (; sent < 120; sent++)
        {
            if (sent == 40) cluster.Kill(3);
            Assert.True(immortal.Tree.Multiplayer.Rpc(immortal.Main, "greet", [sent]));
            Assert.True(stock.Tree.Multiplayer.Rpc(stock.Main, "greet", [sent]));
            Assert.True(other.Tree.Multiplayer.Rpc(other.Main, "greet", [sent]));
            if (sent == 45)
            {
                stock.Player!.Set("title", "meanwhile");
                immortal.Player!.Set("title", "in between");
            }

            immortal.Player!.Set("position", new Vector3(sent, 0, 0));
            foreach (ModelGame game in games) game.Process();
            await Task.Delay(16, TestContext.Current.CancellationToken); // a frame
        }

        await Poll.UntilAsync(
            () =>
            {
                foreach (ModelGame game in games) game.Process();
                return Array.TrueForAll(games, g => g.Calls.Count >= 2 * sent);
            }, () => "calls: " + string.Join(" ", games.Select(g => g.Calls.Count)));
        foreach (ModelGame game in games)
        {
            foreach (ModelGame from in games.Where(g => g != game))
            {
                long[] numbers = [.. game.Calls.Where(c => c.Sender == from.Peer).Select(c => c.Arguments[0].AsInt())];
                Assert.Equal(Enumerable.Range(0, sent).Select(i => (long)i), numbers);
            }
        }

        await AgreeAsync(games);
        Assert.Equal(1, immortal.Connection.Failovers);
        Assert.Equal(0, other.Connection.Failovers);
        Assert.Equal(peer, immortal.Peer);
        Assert.Same(player, immortal.Player);
        Assert.Same(stocks, immortal.Main.GetNodeOrNull($"Players/{stock.Peer}"));
        Assert.Equal(3, stock.Players.Length);
        Assert.All(games, game => Assert.True(game.Tree.Errors.Count == 0, string.Join("; ", game.Tree.Errors)));
        await Poll.UntilAsync(
            () =>
            {
                foreach (ModelGame game in games) game.Process();
                return immortal.Connection.KeptCount == 0 && other.Connection.KeptCount == 0;
            }, () => $"kept: {immortal.Connection.KeptCount} {other.Connection.KeptCount}");
    }

    [Fact]
    public async Task A_connection_that_breaks_again_and_again_loses_and_doubles_nothing()
    {
        using var files = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 3);
        await using ModelGame a = await ModelGame.ConnectAsync(cluster.Gateways, files);
        await using ModelGame b = await ModelGame.ConnectAsync(cluster.Gateways, files);
        ModelGame[] games = [a, b];
        await AgreeAsync(games);
        int sent = 0;
        for (; sent < 200; sent++)
        {
            if (sent % 20 == 10) await DropAsync(games[sent / 20 % 2], times: sent / 40);
            Assert.True(a.Tree.Multiplayer.Rpc(a.Main, "greet", [sent]));
            Assert.True(b.Tree.Multiplayer.Rpc(b.Main, "greet", [sent]));
            if (sent % 10 == 0) a.Drop(sent);
            if (sent % 10 == 5) a.Player!.Set("title", $"{sent}");
            foreach (ModelGame game in games) game.Process();
            await Task.Delay(5, TestContext.Current.CancellationToken); // a frame
        }

        await Poll.UntilAsync(
            () =>
            {
                foreach (ModelGame game in games) game.Process();
                return Array.TrueForAll(games, g => g.Calls.Count >= sent && g.Connection.KeptCount == 0);
            }, () => "calls: " + string.Join(" ", games.Select(g => $"{g.Calls.Count} kept {g.Connection.KeptCount}, without {string.Join(",", Enumerable.Range(0, sent).Except(g.Calls.Select(c => (int)c.Arguments[0].AsInt())))}, failovers {g.Connection.Failovers}; {string.Join("; ", g.Tree.Errors)}")) + cluster.OutputOf(1) + cluster.OutputOf(2) + cluster.OutputOf(3));
        await AgreeAsync(games);
        Assert.All(games, game => Assert.Equal(Enumerable.Range(0, sent).Select(i => (long)i), game.Calls.Select(c => c.Arguments[0].AsInt())));
        Assert.All(games, game => Assert.True(game.Tree.Errors.Count == 0, string.Join("; ", game.Tree.Errors)));
        Assert.Equal(20, ModelGame.Drops(b.Main.GetNodeOrNull($"Players/{a.Peer}")!).Count);
        Assert.All(games, game => Assert.True(game.Connection.Failovers >= 5));

        // Not before it has come back from the last time.
        async Task DropAsync(ModelGame game, int times)
        {
            await Poll.UntilAsync(
                () =>
                {
                    foreach (ModelGame one in games) one.Process();
                    return game.Connection.Failovers >= times;
                }, () => $"to come back, {times} times by now");
            game.Connection.Drop();
        }
    }

    [Fact]
    public async Task A_session_that_says_that_it_ends_leaves_at_once()
    {
        using var files = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 3);
        ModelGame left = await ModelGame.ConnectAsync(cluster.Gateways, files);
        await using ModelGame stays = await ModelGame.ConnectAsync(cluster.Gateways[0], files);
        await AgreeAsync([left, stays]);
        // It says so itself: no grace.
        await left.DisposeAsync();
        await Poll.UntilAsync(
            () =>
            {
                stays.Process();
                return stays.Players.Length == 1;
            }, () => string.Join(", ", stays.Players) + cluster.OutputOf(1) + cluster.OutputOf(2) + cluster.OutputOf(3));
    }

    private static Task AgreeAsync(IReadOnlyList<ModelGame> games) => Poll.UntilAsync(
        () =>
        {
            foreach (ModelGame game in games) game.Process();
            return Differences(games) == "";
        }, () => Differences(games));

    private static string Differences(IReadOnlyList<ModelGame> games)
    {
        string[] players = [.. games.Select(g => g.Peer.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal)];
        foreach (ModelGame game in games)
        {
            if (games.Any(g => g != game && !game.Tree.Multiplayer.Peers.Contains(g.Peer))) return $"{game.Peer} does not know all peers";
            if (!game.Players.SequenceEqual(players)) return $"{game.Peer} sees {string.Join(", ", game.Players)}, not {string.Join(", ", players)}";
            foreach (ModelGame other in games)
            {
                string? seen = game.Look($"{other.Peer}"), real = other.Look($"{other.Peer}");
                if (seen != real) return $"{game.Peer} sees {seen} of {other.Peer}, not {real}; {string.Join("; ", game.Tree.Errors.Take(5))}";
            }
        }

        return "";
    }
}
