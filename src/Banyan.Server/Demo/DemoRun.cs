using System.Diagnostics;
using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Godot.Scenes;
using Banyan.Primitives;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Server.Cli;
using Banyan.Server.Hosting;

namespace Banyan.Server.Demo;

/// <summary>
/// The main job in one run: a scene in a three-server cluster, two clients that edit and watch it through different
/// servers, the server with most leases killed hard in the middle and started again, and in the end the books are closed.
/// </summary>
internal sealed class DemoRun(ExpandedScene scene, int ranges, TimeSpan duration, Action<string> say)
{
    private const int Servers = 3;
    private const int WorkersPerClient = 4;

    private readonly DemoLedger _ledger = new();
    private readonly List<Key> _cuts = [];
    private long _killedAt = long.MaxValue;
    private HashSet<int> _ledByTheDead = [];
    private double _resumedMs = -1;

    public async Task<DemoResult> RunAsync(LocalCluster cluster)
    {
        await using BanyanClient first = await BanyanClient.ConnectAsync(cluster.Gateways[0]).ConfigureAwait(false);
        await using BanyanClient second = await BanyanClient.ConnectAsync(cluster.Gateways[1]).ConfigureAwait(false);
        IReadOnlyList<DemoTarget> targets = await ImportAsync(first).ConfigureAwait(false);
        await WaitForLeasesAsync(cluster).ConfigureAwait(false);

        var watchers = new DemoWatcher[] { new(first), new(second) };
        foreach (DemoWatcher watcher in watchers) await watcher.Begun.WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        using var stop = new CancellationTokenSource();
        List<Task> workers = StartWorkers([first, second], targets, stop.Token);
        say($"two clients, on server {first.Server.Value} and on server {second.Server.Value}, edit with {workers.Count} hands and watch");

        await ReportForAsync(duration / 3).ConfigureAwait(false);
        int victim = await KillBusiestAsync(cluster).ConfigureAwait(false);
        await ReportForAsync(duration / 3).ConfigureAwait(false);
        say(_resumedMs >= 0 ? $"writes on its ranges went on after {_resumedMs:F0} ms" : "no write on its ranges yet");
        say($"starting server {victim} again");
        await cluster.RestartAsync(victim).ConfigureAwait(false);
        await ReportForAsync(duration / 3).ConfigureAwait(false);
        stop.Cancel();
        await Task.WhenAll(workers).ConfigureAwait(false);
        return await CloseBooksAsync(cluster, first, watchers).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<DemoTarget>> ImportAsync(BanyanClient client)
    {
        ImportPlan plan = ImportPlan.Of(scene, ScenePath.Root);
        List<ZoneId> zones = plan.Cuts(ranges);
        say($"importing {plan.Nodes} nodes in {plan.Zones.Count} zones");
        uint[] servers = [.. Enumerable.Range(1, Servers).Select(i => (uint)i)];
        await ImportCommand.CutAsync(client, zones, servers).ConfigureAwait(false);
        _cuts.AddRange(zones.Select(SceneKeys.Start));
        foreach (IReadOnlyList<SceneOperation> batch in plan.Batches)
        {
            TransactOutcome outcome = await client.TransactAsync(batch).ConfigureAwait(false);
            if (outcome is not TransactOutcome.Committed) throw new CommandFailed(ExitCode.Failed, $"the import failed: {outcome}");
        }

        SceneView view = await client.ReadTreeAsync(NodeRef.At(plan.RootPath)).ConfigureAwait(false);
        NodePlace[] places = [.. view.Mirror.Walk(view.Node).Select(n => n.Node.Place)];
        Array.Sort(places, (a, b) => SceneKeys.Header(a).CompareTo(SceneKeys.Header(b)));
        await CutBetweenNodesAsync(client, places, servers).ConfigureAwait(false);
        _cuts.Sort();
        return [.. places.Select(p => new DemoTarget(p.Id, RangeOf(SceneKeys.Header(p))))];
    }

    // A scene without zones is cut between its nodes: there is to be more than one range.
    private async Task CutBetweenNodesAsync(BanyanClient client, NodePlace[] places, uint[] servers)
    {
        for (int i = 1; _cuts.Count + 1 < Servers && i < Servers; i++)
        {
            Key at = SceneKeys.OfNode(places[places.Length * i / Servers]).Start;
            if (_cuts.Contains(at)) continue;
            await client.CutRangeAsync(at, new(servers[(_cuts.Count + 1) % servers.Length])).ConfigureAwait(false);
            _cuts.Add(at);
        }
    }

    private int RangeOf(Key key) => _cuts.Count(cut => cut <= key);

    private async Task WaitForLeasesAsync(LocalCluster cluster)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(20);)
        {
            ServerStatus[] all = await StatusAsync(cluster).ConfigureAwait(false);
            int led = all.Sum(s => s.Ranges.Count(r => r.HoldsLease));
            if (led == _cuts.Count + 1 && all.All(s => s.Ranges.Any(r => r.HoldsLease))) break;
            await Task.Delay(50).ConfigureAwait(false);
        }

        foreach (ServerStatus server in await StatusAsync(cluster).ConfigureAwait(false))
            say($"server {server.Server} leads {server.Ranges.Count(r => r.HoldsLease)} of {server.Ranges.Count} ranges");
    }

    private static async Task<ServerStatus[]> StatusAsync(LocalCluster cluster)
    {
        var all = new List<ServerStatus>();
        for (int i = 0; i < cluster.Gateways.Count; i++)
        {
            if (cluster.ProcessIdOf(i + 1) is not null) all.Add(await StatusCommand.ReadAsync(cluster.Gateways[i], default).ConfigureAwait(false));
        }

        return [.. all];
    }

    private List<Task> StartWorkers(BanyanClient[] clients, IReadOnlyList<DemoTarget> targets, CancellationToken stop)
    {
        var workers = new List<Task>();
        for (int i = 0; i < clients.Length * WorkersPerClient; i++)
        {
            var worker = new DemoWorker(clients[i % clients.Length], _ledger, targets, i + 1);
            worker.Committed += OnCommitted;
            workers.Add(Task.Run(() => worker.RunAsync(stop), CancellationToken.None));
        }

        return workers;
    }

    private void OnCommitted(long began, IReadOnlyList<DemoTarget> nodes)
    {
        long killedAt = Volatile.Read(ref _killedAt);
        if (began < killedAt || _resumedMs >= 0) return;
        foreach (DemoTarget node in nodes)
        {
            if (!_ledByTheDead.Contains(node.Range)) continue;
            _resumedMs = Stopwatch.GetElapsedTime(killedAt).TotalMilliseconds;
            return;
        }
    }

    private async Task<int> KillBusiestAsync(LocalCluster cluster)
    {
        ServerStatus busiest = (await StatusAsync(cluster).ConfigureAwait(false)).MaxBy(s => s.Ranges.Count(r => r.HoldsLease))!;
        var starts = new Dictionary<string, int>();
        for (int i = 0; i <= _cuts.Count; i++) starts[i == 0 ? Key.Min.ToString() : _cuts[i - 1].ToString()] = i;
        _ledByTheDead = [.. busiest.Ranges.Where(r => r.HoldsLease && starts.ContainsKey(r.Start)).Select(r => starts[r.Start])];
        say($"killing server {busiest.Server}, which leads {_ledByTheDead.Count} ranges");
        Volatile.Write(ref _killedAt, Stopwatch.GetTimestamp());
        cluster.Kill((int)busiest.Server);
        return (int)busiest.Server;
    }

    private async Task ReportForAsync(TimeSpan time)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < time)
        {
            long before = _ledger.Commits;
            long began = Stopwatch.GetTimestamp();
            double left = (time - waited.Elapsed).TotalMilliseconds;
            await Task.Delay((int)Math.Ceiling(Math.Clamp(left, 1, 1000))).ConfigureAwait(false);
            double rate = (_ledger.Commits - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
            say($"{_ledger.Commits} commits, {rate:F0} a second, {_ledger.CrossRangeCommits} across ranges");
        }
    }

    private async Task<DemoResult> CloseBooksAsync(LocalCluster cluster, BanyanClient client, DemoWatcher[] watchers)
    {
        say("closing the books");
        SceneHash hash = await client.HashAsync().ConfigureAwait(false);
        bool equal = true;
        foreach (Uri gateway in cluster.Gateways)
        {
            await using BanyanClient one = await BanyanClient.ConnectAsync(gateway).ConfigureAwait(false);
            SceneHash other = await one.HashAsync(hash.Timestamp).ConfigureAwait(false);
            say($"server {one.Server.Value}: {other.Hash:x16} over {other.Records} records");
            equal &= other.Hash == hash.Hash && other.Records == hash.Records;
        }

        long lost = 0;
        foreach (DemoWatcher watcher in watchers)
        {
            if (!await watcher.WaitForAsync(hash.Timestamp, TimeSpan.FromSeconds(20)).ConfigureAwait(false)) say("a watcher did not keep up");
            lost += _ledger.NotSeenBy(watcher) + watcher.Halves + watcher.OutOfOrder;
            await watcher.StopAsync().ConfigureAwait(false);
        }

        SceneView view = await client.ReadTreeAsync(NodeRef.At(ScenePath.Root), hash.Timestamp).ConfigureAwait(false);
        lost += _ledger.NotIn(view.Mirror);
        var broken = new List<string>();
        SceneInvariants.Check(view.Mirror, broken);
        foreach (string line in broken) say($"the tree is broken: {line}");
        List<double> latencies = _ledger.LatenciesMs;
        latencies.Sort();
        double At(double share) => latencies.Count == 0 ? 0 : latencies[(int)((latencies.Count - 1) * share)];
        return new(
            Servers, _cuts.Count + 1, view.Mirror.Count, _ledger.Commits, _ledger.CrossRangeCommits, Math.Round(_resumedMs, 1), lost + broken.Count, equal,
            hash.Hash.ToString("x16"), Math.Round(At(0.5), 2), Math.Round(At(0.99), 2), _ledger.Ambiguous, _ledger.Unavailable);
    }
}
