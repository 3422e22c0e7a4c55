using System.Globalization;
using Banyan.Client.Local;
using Banyan.Godot.Game;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.ProcessTests.Games;

/// <summary>Games that behave as unmodified Godot does, on three servers: they must agree, and must never have anything to complain of.</summary>
public sealed class ModelClientTests
{
    [Fact]
    public async Task Unmodified_games_on_three_servers_agree_and_print_no_errors()
    {
        using var files = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 3);
        var games = new List<ModelGame>();
        var random = new SeededRandom(4);
        int joined = 0;
        int dropped = 0;
        try
        {
            for (; joined < 4; joined++) games.Add(await ModelGame.ConnectAsync(cluster.Gateways[joined % 3], files));
            for (int step = 0; step < 150; step++)
            {
                ModelGame game = games[random.Next(games.Count)];
                IReadOnlyList<GameNode> drops = ModelGame.Drops(game.Player!);
                switch (random.Next(14))
                {
                    case 10 or 11:
                        game.Drop(step);
                        dropped++;
                        break;
                    case 12 when drops.Count > 0:
                        drops[random.Next(drops.Count)].Set("count", -step);
                        break;
                    case 13 when drops.Count > 0:
                        drops[random.Next(drops.Count)].QueueFree();
                        break;
                    case < 5:
                        game.Player!.Set("position", new Vector3(random.Next(100), step, 0));
                        break;
                    case < 7:
                        game.Player!.Set("title", $"title {step}");
                        break;
                    case < 9:
                        // Only whom it knows can be called.
                        ModelGame other = games[random.Next(games.Count)];
                        if (game != other && game.Tree.Multiplayer.Peers.Contains(other.Peer)) Assert.True(game.Tree.Multiplayer.Rpc(game.Main, "greet", [step], other.Peer));
                        break;
                    case 9 when games.Count > 2 && random.Chance(0.5):
                        Assert.Empty(game.Tree.Errors);
                        await game.DisposeAsync();
                        games.Remove(game);
                        break;
                    case 9 when games.Count < 6:
                        games.Add(await ModelGame.ConnectAsync(cluster.Gateways[joined++ % 3], files));
                        break;
                }

                foreach (ModelGame each in games) each.Process();
                await Task.Delay(10, TestContext.Current.CancellationToken); // a frame
            }

            await Poll.UntilAsync(
                () =>
                {
                    foreach (ModelGame game in games) game.Process();
                    return Differences(games) == "";
                }, () => Differences(games));

            Assert.True(dropped > 5);
            // Now that all know each other, no call is lost.
            foreach (ModelGame game in games) game.Calls.Clear();
            foreach (ModelGame game in games) Assert.True(game.Tree.Multiplayer.Rpc(game.Main, "greet", ["all"]));
            await Poll.UntilAsync(
                () =>
                {
                    foreach (ModelGame game in games) game.Process();
                    return games.TrueForAll(g => g.Calls.Count >= games.Count - 1);
                }, () => "calls: " + string.Join(" ", games.Select(g => g.Calls.Count)));
            Assert.All(games, game => Assert.Equal(games.Where(g => g != game).Select(g => g.Peer).Order(), game.Calls.Select(c => c.Sender).Order()));
            Assert.All(games, game => Assert.True(game.Tree.Errors.Count == 0, string.Join("; ", game.Tree.Errors)));
        }
        finally
        {
            foreach (ModelGame game in games) await game.DisposeAsync();
        }
    }

    private static string Differences(List<ModelGame> games)
    {
        string[] players = [.. games.Select(g => g.Peer.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal)];
        foreach (ModelGame game in games)
        {
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
