using System.Diagnostics;
using System.Text.Json;
using Banyan.BomberCode;
using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>Whole matches of Godot's demo "multiplayer_bomber": stock clients on several servers, the server's part as .NET code in the cluster.</summary>
public sealed class BomberMatchTests
{
    private const int RocksCount = 70;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_match_is_the_same_to_all_whichever_server_they_are_on(int servers)
    {
        using var files = new BomberFolder();
        await using LocalCluster cluster = await StartAsync(files, servers);
        var clients = new List<BomberClient>();
        try
        {
            await RunningAsync(cluster, [.. Enumerable.Range(1, servers)]);
            await BeginAsync(cluster.Gateways, files, clients);
            // One leaves in the middle of it, one comes late and looks on.
            await PlayUntilAsync(clients, () => clients[0].Scores.Values.Sum() >= 10, "10 rocks");
            BomberClient left = clients[1];
            clients.Remove(left);
            await left.DisposeAsync();
            clients.Add(await BomberClient.ConnectAsync(cluster.Gateways[^1], files, "Late", late: true));
            await PlayUntilAsync(clients, () => clients.TrueForAll(c => c.Players.Length == 3), "the one who left");
            await EndAsync(clients);
            Assert.All(clients, c => Assert.DoesNotContain($"{left.Peer}", c.Players));
            Assert.DoesNotContain($"{clients[^1].Peer}", clients[^1].Players);
            Assert.True(clients.Sum(c => c.Stunned) > 0);
            Assert.All(clients[..3], c => Assert.True(c.Bombs > 10));
            await AssertScoresAsync(cluster.Gateways[0], clients[0]);
            for (int server = 1; server <= servers; server++) AssertNoExceptions(cluster, server);
        }
        finally
        {
            foreach (BomberClient client in clients) await client.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(false)] // stock clients, all on servers that live
    [InlineData(true)] // clients with sessions, on all three
    public async Task A_match_goes_on_at_another_server_and_the_score_is_kept(bool sessions)
    {
        using var files = new BomberFolder();
        await using LocalCluster cluster = await StartAsync(files, 3);
        var clients = new List<BomberClient>();
        try
        {
            int first = await RunningAsync(cluster, [1, 2, 3]);
            int[] others = [.. new[] { 1, 2, 3 }.Where(s => s != first)];
            await BeginAsync(sessions ? cluster.Gateways : [.. others.Select(s => cluster.Gateways[s - 1])], files, clients, sessions);
            await PlayUntilAsync(clients, () => clients[0].Scores.Values.Sum() >= 10, "10 rocks");
            cluster.Kill(first);
            var waited = Stopwatch.StartNew();
            int second = await RunningAsync(cluster, others);
            Assert.Contains(second, others);
            TestContext.Current.SendDiagnosticMessage($"the code goes on after {waited.Elapsed.TotalSeconds:F1} s");
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(15));
            await EndAsync(clients);
            await AssertScoresAsync(cluster.Gateways[second - 1], clients[0]);
            foreach (int server in others) AssertNoExceptions(cluster, server);
        }
        finally
        {
            foreach (BomberClient client in clients) await client.DisposeAsync();
        }
    }

    private static Task<LocalCluster> StartAsync(BomberFolder files, int servers) => LocalCluster.StartAsync(
        BanyanCommand.Executable, servers, null, "--project", files.Path, "--open", "--code", Path.Combine(AppContext.BaseDirectory, "Banyan.BomberCode.dll"));

    // They join on different servers, are all ready, open the world, and have players.
    private static async Task BeginAsync(IReadOnlyList<Uri> gateways, BomberFolder files, List<BomberClient> clients, bool sessions = false)
    {
        for (int i = 0; i < BomberMatch.PlayersMin; i++)
        {
            clients.Add(sessions
                ? await BomberClient.ConnectAsync([.. gateways.Skip(i % gateways.Count), .. gateways.Take(i % gateways.Count)], files, $"Player {i + 1}")
                : await BomberClient.ConnectAsync(gateways[i % gateways.Count], files, $"Player {i + 1}"));
        }

        foreach (BomberClient client in clients) client.Ready();
        await PlayUntilAsync(clients, () => clients.TrueForAll(c => c.Players.Length == BomberMatch.PlayersMin), "all players");
        string[] players = [.. clients.Select(c => $"{c.Peer}").Order(StringComparer.Ordinal)];
        Assert.All(clients, c => Assert.Equal(players, c.Players));
        foreach (BomberClient client in clients)
        {
            Assert.All(clients, c => Assert.Equal(c.Peer, client.Player(c.Peer)!.GetNode("Inputs/InputsSync")!.MultiplayerAuthority));
        }
    }

    private static async Task EndAsync(List<BomberClient> clients)
    {
        await PlayUntilAsync(clients, () => clients.TrueForAll(c => c.Winner is not null), "the end");
        await PlayUntilAsync(clients, () => clients.Select(c => c.Look()).Distinct().Count() == 1, "that all see the same");
        Assert.All(clients, c => Assert.Empty(c.Rocks));
        Assert.All(clients, c => Assert.Equal(RocksCount, c.Scores.Values.Sum()));
        Assert.All(clients, c => Assert.True(c.Tree.Errors.Count == 0, string.Join("; ", c.Tree.Errors)));
    }

    private static Task PlayUntilAsync(List<BomberClient> clients, Func<bool> holds, string what) => Poll.UntilAsync(
        () =>
        {
            foreach (BomberClient client in clients)
            {
                Assert.Null(client.Ended);
                client.Process();
            }

            return holds();
        }, () => $"{what}; {string.Join("\n", clients.Select(c => $"{c.Look()} {string.Join("; ", c.Tree.Errors.Take(3))}"))}");

    private static async Task AssertScoresAsync(Uri gateway, BomberClient client)
    {
        BanyanCommand tree = (await BanyanCommand.RunAsync(gateway, "get", "/root/World/Score", "--json")).AssertDone();
        foreach ((int peer, int score) in client.Scores) Assert.Contains($"{peer}: {score}", tree.Output);
        Assert.Contains(client.Winner!, (await BanyanCommand.RunAsync(gateway, "get", "/root/World/Winner", "--json")).AssertDone().Output);
    }

    private static void AssertNoExceptions(LocalCluster cluster, int server)
    {
        Assert.DoesNotContain("the game's code has thrown", cluster.OutputOf(server));
    }

    private static async Task<int> RunningAsync(LocalCluster cluster, int[] servers)
    {
        int running = 0;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Poll.UntilAsync(
            async () =>
            {
                foreach (int server in servers)
                {
                    using JsonDocument status = JsonDocument.Parse(await http.GetStringAsync(new Uri(cluster.Gateways[server - 1], "/api/status")));
                    if (status.RootElement.GetProperty("games").GetProperty("runsCode").GetBoolean()) running = server;
                }

                return running != 0;
            }, () => "a server that runs the code");
        return running;
    }
}
