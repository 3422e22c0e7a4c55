using System.Diagnostics;
using Banyan.Client;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Tree;
using Banyan.Server.Torture.Checking;
using Banyan.Server.Torture.Faults;
using Banyan.Server.Torture.Load;
using Banyan.Server.Torture.Processes;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture;

/// <summary>Real servers, real faults: a cluster under load and a nemesis, and at the end the books are closed.</summary>
internal sealed class TortureRun(TortureOptions options, Action<string> say)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _clocksSettle = TimeSpan.FromSeconds(3);

    private readonly SortedDictionary<string, string> _leftOut = new(StringComparer.Ordinal);
    private readonly List<string> _violations = [];

    public async Task<TortureResult> RunAsync(CancellationToken stop)
    {
        string folder = options.Folder ?? Directory.CreateTempSubdirectory("banyan-torture-").FullName;
        Directory.CreateDirectory(folder);
        string data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data);
        var histories = new HistoryFolder(Path.Combine(folder, "histories"), options.KeepsHistories);
        SmallDisk? disk = MountDisk(data);
        try
        {
            FakeClocks? clocks = MakeClocks(data);
            TortureCluster cluster = await TortureCluster.StartAsync(options.Executable, options.Servers, data, options.Seed, clocks, disk, stop).ConfigureAwait(false);
            await using (cluster.ConfigureAwait(false))
            {
                // Whoever interrupts us does not wait for anything: neither do we for clients whose servers are gone.
                using CancellationTokenRegistration closing = stop.Register(cluster.Close);
                return await RunAsync(cluster, histories, stop).WaitAsync(stop).ConfigureAwait(false);
            }
        }
        finally
        {
            disk?.Dispose();
            CleanUp(data, folder, isTemporary: !histories.HasKept && options.Folder is null);
        }
    }

    // What cannot be removed is no reason to say nothing of the run.
    private void CleanUp(string data, string folder, bool isTemporary)
    {
        try
        {
            Directory.Delete(data, recursive: true);
            if (isTemporary) Directory.Delete(folder, recursive: true);
        }
        catch (IOException e)
        {
            say($"not all of {folder} could be removed: {e.Message}");
        }
    }

    private SmallDisk? MountDisk(string folder)
    {
        if (!FaultCatalogue.NeedSmallDisk(options.Faults)) return null;
        if (SmallDisk.TryMount(Path.Combine(folder, "disk"), out string whyNot) is { } disk) return disk;
        foreach (string kind in options.Faults.Where(k => FaultCatalogue.NeedSmallDisk([k]))) _leftOut[kind] = whyNot;
        return null;
    }

    private FakeClocks? MakeClocks(string folder)
    {
        if (!FaultCatalogue.NeedClocks(options.Faults)) return null;
        if (FakeClocks.TryMake(folder, options.Servers, out string whyNot) is { } clocks) return clocks;
        foreach (string kind in options.Faults.Where(k => FaultCatalogue.NeedClocks([k]))) _leftOut[kind] = whyNot;
        return null;
    }

    private async Task<TortureResult> RunAsync(TortureCluster cluster, HistoryFolder histories, CancellationToken stop)
    {
        List<string> kinds = [.. options.Faults.Where(k => FaultCatalogue.IsPossible(k, cluster))];
        foreach (string kind in options.Faults)
        {
            if (!kinds.Contains(kind)) _leftOut.TryAdd(kind, "one server has no network");
        }

        say($"{options.Servers} servers on loopback; faults: {(kinds.Count == 0 ? "none" : string.Join(", ", kinds))}");
        var load = new TortureLoad([.. cluster.Servers.Select(s => s.Gateway)], options.Rate, options.Clients, StableHash.Add(options.Seed, 1), histories, say);
        await using (load.ConfigureAwait(false))
        {
            await load.StartAsync(stop).ConfigureAwait(false);
            var nemesis = new Nemesis(cluster, load, kinds, StableHash.Add(options.Seed, 2), say);
            var clock = Stopwatch.StartNew();
            using var ended = new CancellationTokenSource();
            Task reporting = ReportAsync(load, ended.Token);
            await nemesis.RunAsync(options.Duration, stop).ConfigureAwait(false);
            double seconds = clock.Elapsed.TotalSeconds;
            long operations = load.Totals.Operations;
            await ended.CancelAsync().ConfigureAwait(false);
            await reporting.ConfigureAwait(false);
            await load.StopAsync().ConfigureAwait(false);
            await CloseBooksAsync(cluster, load, stop).ConfigureAwait(false);
            string[] all = [.. nemesis.Violations, .. load.Violations, .. _violations];
            if (all.Length > 0)
            {
                histories.Keep("timeline.txt", nemesis.Timeline);
                histories.Keep("violations.txt", string.Join('\n', all));
                foreach (TortureServer server in cluster.Servers) histories.Keep($"server{server.Id}.txt", server.Output);
            }

            foreach ((string why, long count) in load.Totals.Failures) say($"{count} operations: {why}");
            return new()
            {
                Minutes = Math.Round(seconds / 60, 2),
                Seed = options.Seed,
                Servers = options.Servers,
                Operations = load.Totals.Operations,
                OperationsPerSecond = Math.Round(operations / seconds, 1),
                CalmOperationsPerSecond = Math.Round(nemesis.CalmOperationsPerSecond, 1),
                Ok = load.Totals.Of(OperationOutcome.Ok),
                Failed = load.Totals.Of(OperationOutcome.Failed),
                Ambiguous = load.Totals.Of(OperationOutcome.Unknown),
                Kinds = load.Totals.Kinds,
                Faults = nemesis.Counts,
                Violations = all,
                P50Ms = load.Totals.LatencyMs(0.5),
                P99Ms = load.Totals.LatencyMs(0.99),
                MaxMs = load.Totals.LatencyMaxMs,
                LeftOut = _leftOut,
                Generations = load.GenerationsChecked,
                GenerationsWithoutRealTime = load.GenerationsWithoutRealTime,
                Undecided = load.Undecided,
                Histories = histories.HasKept ? histories.Folder : null,
            };
        }
    }

    private async Task ReportAsync(TortureLoad load, CancellationToken ended)
    {
        var clock = Stopwatch.StartNew();
        long before = 0;
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(5000, ended).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            long now = load.Totals.Operations;
            say($"{now} operations, {(now - before) / clock.Elapsed.TotalSeconds:F0} a second; {load.GenerationsChecked} sets of keys checked");
            before = now;
            clock.Restart();
        }
    }

    // All faults have ended: every server answers, holds the same tree, and in it all that was acknowledged.
    private async Task CloseBooksAsync(TortureCluster cluster, TortureLoad load, CancellationToken stop)
    {
        say("closing the books");
        // Snapshots of now are to hold all that was acknowledged, whoever's clock stamped it.
        await Task.Delay(_clocksSettle, stop).ConfigureAwait(false);
        try
        {
            await load.CloseAsync(stop).ConfigureAwait(false);
            await CompareTreesAsync(cluster).ConfigureAwait(false);
        }
        catch (BanyanException e)
        {
            _violations.Add($"not-live: after the faults had ended: {e.Code}: {e.Message}");
        }

        foreach (TortureServer server in cluster.Servers)
        {
            if (server.EndedWith is { } code) _violations.Add($"ended: server {server.Id} has ended with {code} by itself: {server.Output}");
        }
    }

    private async Task CompareTreesAsync(TortureCluster cluster)
    {
        SceneHash? first = null;
        foreach (TortureServer server in cluster.Servers)
        {
            await using BanyanClient client = await ConnectToAsync(server).ConfigureAwait(false);
            SceneHash hash = await client.HashAsync(first?.Timestamp).ConfigureAwait(false);
            say($"server {server.Id}: {hash.Hash:x16} over {hash.Records} records at {hash.Timestamp}");
            first ??= hash;
            if (hash != first.Value) _violations.Add($"trees-differ: server {server.Id} holds {hash.Hash:x16} over {hash.Records} records at {hash.Timestamp}, server 1 {first.Value.Hash:x16} over {first.Value.Records}");
            SceneView view = await client.ReadTreeAsync(NodeRef.At(ScenePath.Root), first.Value.Timestamp).ConfigureAwait(false);
            var broken = new List<string>();
            SceneInvariants.Check(view.Mirror, broken);
            _violations.AddRange(broken.Select(b => $"tree: server {server.Id}: {b}"));
        }
    }

    // To this one and no other.
    private static async Task<BanyanClient> ConnectToAsync(TortureServer server)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50).ConfigureAwait(false))
        {
            try
            {
                BanyanClient client = await BanyanClient.ConnectAsync(server.Gateway).ConfigureAwait(false);
                if (client.Server.Value == server.Id) return client;
                await client.DisposeAsync().ConfigureAwait(false);
            }
            catch (BanyanException) when (waited.Elapsed < _patience)
            {
                // Not yet.
            }
        }
    }
}
