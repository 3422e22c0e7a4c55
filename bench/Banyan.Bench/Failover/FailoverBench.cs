using System.Diagnostics;
using Banyan.Bench.Cluster;
using Banyan.Bench.World;
using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Bench.Failover;

/// <summary>How a <see cref="FailoverBench"/> runs.</summary>
/// <inheritdoc cref="BenchOptions"/>
public sealed record FailoverBenchOptions(string Executable, string Folder) : BenchOptions(Executable, Folder)
{
    /// <summary>Servers killed, one after the other.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Ranges of the world.</summary>
    public int Ranges { get; init; } = 6;

    /// <summary>Writers in a closed loop for each range and server: as many through each gateway.</summary>
    public int WritersPerRange { get; init; } = 1;

    /// <summary>Load before a server is killed.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>How long writes stand still when a server is killed under load.</summary>
public static class FailoverBench
{
    /// <summary>Runs everything; <paramref name="say"/> is told of the progress.</summary>
    /// <exception cref="TimeoutException">A range does not come back.</exception>
    public static async Task<FailoverResult> RunAsync(FailoverBenchOptions options, Action<string> say)
    {
        using var folder = new BenchFolder(options.Folder);
        await using LocalCluster cluster = await LocalCluster.StartAsync(options.Executable, options.Servers, folder.Path).ConfigureAwait(false);
        var clients = new List<BanyanClient>();
        using var stop = new CancellationTokenSource();
        var writers = new List<Task>();
        try
        {
            foreach (Uri gateway in cluster.Gateways) clients.Add(await BanyanClient.ConnectAsync(gateway).ConfigureAwait(false));
            var world = new GeneratedWorld(options.Ranges, NodesPerZone: 2);
            await WorldLoad.WaitForRootAsync(clients[0]).ConfigureAwait(false);
            await WorldLoad.CutAsync(clients[0], world.Cuts(options.Ranges), options.Servers).ConfigureAwait(false);
            await WorldLoad.SpawnAsync(clients[0], world).ConfigureAwait(false);
            var writes = new FailoverWrites(options.Ranges);
            for (int i = 0; i < options.Ranges * options.Servers * options.WritersPerRange; i++)
            {
                (int writer, int range, BanyanClient client) = (i, i % options.Ranges, clients[i / options.Ranges % clients.Count]);
                writers.Add(Task.Run(() => WriteAsync(client, writer, range, writes, stop.Token), CancellationToken.None));
            }

            var rounds = new List<FailoverRound>();
            int last = 0;
            for (int i = 0; i < options.Rounds; i++)
            {
                FailoverRound round = await RoundAsync(cluster, world, writes, options, last, say).ConfigureAwait(false);
                rounds.Add(round);
                last = round.Server;
            }

            return new(rounds);
        }
        finally
        {
            stop.Cancel();
            // Writers that wait for an answer are told that their client was closed.
            foreach (BanyanClient client in clients) await client.DisposeAsync().ConfigureAwait(false);
            await Task.WhenAll(writers).ConfigureAwait(false);
        }
    }

    private static async Task<FailoverRound> RoundAsync(
        LocalCluster cluster, GeneratedWorld world, FailoverWrites writes, FailoverBenchOptions options, int last, Action<string> say)
    {
        await ServerProcesses.WaitForSpreadLeasesAsync(cluster, options.Ranges, TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        await Task.Delay(options.WarmUp).ConfigureAwait(false);
        ServerReport[] reports = await ServerProcesses.WaitForSpreadLeasesAsync(cluster, options.Ranges, TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        ServerReport victim = Victim(reports, last);
        List<int> led = RangesLed(victim, world, options.Ranges);
        writes.OnKill(Stopwatch.GetTimestamp(), led);
        cluster.Kill(victim.Server);
        Task first = await Task.WhenAny(writes.AllBack, Task.Delay(TimeSpan.FromSeconds(30))).ConfigureAwait(false);
        if (first != writes.AllBack)
            throw new TimeoutException($"server {victim.Server} is dead for 30 s, and nobody can write to ranges {string.Join(", ", writes.Missing)}");
        var round = new FailoverRound(victim.Server, [.. writes.FirstMs.Values]);
        say($"server {victim.Server} killed: writes went on after {string.Join(", ", round.RangesMs.Select(ms => $"{ms:F0}"))} ms");
        await cluster.RestartAsync(victim.Server).ConfigureAwait(false);
        return round;
    }

    /// <summary>The server with most leases; among equals the one after that of the last round.</summary>
    public static ServerReport Victim(IReadOnlyList<ServerReport> reports, int last)
    {
        int most = reports.Max(r => r.Leases);
        ServerReport[] busiest = [.. reports.Where(r => r.Leases == most).OrderBy(r => r.Server)];
        return Array.Find(busiest, r => r.Server > last) ?? busiest[0];
    }

    /// <summary>The ranges, counted from 0 in the order of keys, that a server leads.</summary>
    public static List<int> RangesLed(ServerReport report, GeneratedWorld world, int ranges)
    {
        string[] starts = [Key.Min.ToString(), .. world.Cuts(ranges).Select(k => k.ToString())];
        return [.. Enumerable.Range(0, starts.Length).Where(i => report.Ranges.Any(r => r.HoldsLease && r.Start == starts[i]))];
    }

    private static async Task WriteAsync(BanyanClient client, int writer, int range, FailoverWrites writes, CancellationToken stop)
    {
        NodeRef node = NodeRef.At(GeneratedWorld.PathOf(range));
        for (long i = 1; !stop.IsCancellationRequested; i++)
        {
            var write = new PropertyWrite($"writer{writer}", PropertyValue.Encode(i));
            long began = Stopwatch.GetTimestamp();
            try
            {
                TransactOutcome outcome = await client.TransactAsync(new SetPropertiesOperation(node, [write])).ConfigureAwait(false);
                if (outcome is TransactOutcome.Committed) writes.OnAcknowledged(range, began, Stopwatch.GetElapsedTime);
                else await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }
}
