using System.Diagnostics;
using System.Text.Json;
using Banyan.Bench.Cluster;
using Banyan.Bench.Load;
using Banyan.Client.Games;
using Banyan.Client.Local;

namespace Banyan.Bench.Games;

/// <summary>What is measured.</summary>
/// <inheritdoc cref="BenchOptions"/>
public sealed record GatewayBenchOptions(string Executable, string Folder) : BenchOptions(Executable, Folder)
{
    /// <summary>Clients of one gateway that send their state.</summary>
    public int Active { get; init; } = 300;

    /// <summary>States that each of them sends in a second.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>How many of them see each other; 0 for all.</summary>
    public int Together { get; init; }

    /// <summary>Clients of one gateway that do nothing.</summary>
    public int Idle { get; init; } = 1000;

    /// <summary>Calls between two clients on two servers, one after the other.</summary>
    public int Calls { get; init; } = 2000;

    /// <summary>Gateways that are killed under a client that can resume.</summary>
    public int Failovers { get; init; } = 5;

    /// <summary>Of active and of idle clients.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>What has come out. Milliseconds, unless a name says otherwise; shares are of one processor core.</summary>
public sealed record GatewayBenchResult
{
    /// <summary>Clients connected in a second, while they joined.</summary>
    public double IdleJoinsPerSecond { get; init; }

    /// <summary>Of the gateway with idle clients.</summary>
    public double IdleCpuShare { get; init; }

    /// <summary>Resident memory that an idle client costs, bytes.</summary>
    public double IdleBytesPerClient { get; init; }

    /// <summary>Of the gateway with active clients.</summary>
    public double ActiveCpuShare { get; init; }

    /// <summary>Packets that its clients received in a second.</summary>
    public double ActivePacketsPerSecond { get; init; }

    /// <summary>States from one client to another, by way of one gateway.</summary>
    public LatencyHistogram State { get; init; } = new();

    /// <summary>Clients that were dropped.</summary>
    public int Dropped { get; init; }

    /// <summary>A call from a client of one server to one of another.</summary>
    public LatencyHistogram Call { get; init; } = new();

    /// <summary>The same through a bare WebSocket relay in this process.</summary>
    public LatencyHistogram Loopback { get; init; } = new();

    /// <summary>From the kill of a gateway to the next state that its client gets, sorted.</summary>
    public IReadOnlyList<double> Failovers { get; init; } = [];
}

/// <summary>Gateways under stock Godot clients, and under one that can resume; everything on this machine.</summary>
public static class GatewayBench
{
    /// <summary>Runs everything; <paramref name="say"/> is told of the progress.</summary>
    public static async Task<GatewayBenchResult> RunAsync(GatewayBenchOptions options, Action<string> say, CancellationToken stop)
    {
        using var folder = new BenchFolder(options.Folder);
        var project = new BenchProject(folder, hasDistances: options.Together > 0);
        GatewayBenchResult result = new();
        if (options.Idle > 0) result = await WithClusterAsync(folder, project, options, c => IdleAsync(c, options, result, say, stop)).ConfigureAwait(false);
        if (options.Active > 0) result = await WithClusterAsync(folder, project, options, c => ActiveAsync(c, options, result, say, stop)).ConfigureAwait(false);
        if (options.Calls > 0) result = await WithClusterAsync(folder, project, options, c => CallsAsync(c, options, result, say, stop)).ConfigureAwait(false);
        if (options.Failovers > 0) result = await WithClusterAsync(folder, project, options, c => FailoversAsync(c, options, result, say, stop)).ConfigureAwait(false);
        return result;
    }

    private static async Task<GatewayBenchResult> WithClusterAsync(
        BenchFolder folder, BenchProject project, GatewayBenchOptions options, Func<LocalCluster, Task<GatewayBenchResult>> run)
    {
        string data = Path.Combine(folder.Path, Guid.NewGuid().ToString("N"));
        await using LocalCluster cluster = await LocalCluster.StartAsync(options.Executable, options.Servers, Directory.CreateDirectory(data).FullName, "--project", project.Path, "--open", "--connections-per-address", "10000").ConfigureAwait(false);
        var import = new ProcessStartInfo(options.Executable, ["import", project.Main, "-g", cluster.Gateways[0].ToString()]) { RedirectStandardOutput = true };
        using Process importing = Process.Start(import)!;
        await importing.WaitForExitAsync().ConfigureAwait(false);
        if (importing.ExitCode != 0) throw new IOException($"import ended with {importing.ExitCode}");
        return await run(cluster).ConfigureAwait(false);
    }

    // The rules give everybody a player, so that joining costs what it costs in a game.
    private static async Task<GatewayBenchResult> IdleAsync(LocalCluster cluster, GatewayBenchOptions options, GatewayBenchResult result, Action<string> say, CancellationToken stop)
    {
        await using var players = new Players();
        await players.AddAsync(cluster.Gateways[0], 1, plays: false, stop).ConfigureAwait(false);
        long before = ServerProcesses.ResidentBytes(cluster)[0];
        var joining = Stopwatch.StartNew();
        await players.AddAsync(cluster.Gateways[0], options.Idle, plays: false, stop).ConfigureAwait(false);
        double joins = options.Idle / joining.Elapsed.TotalSeconds;
        await Task.Delay(3000, stop).ConfigureAwait(false);
        (double share, _) = await LoadAsync(cluster, players, options.Duration, stop).ConfigureAwait(false);
        long after = ServerProcesses.ResidentBytes(cluster)[0];
        say($"{options.Idle} idle clients: joined at {joins:F0}/s, {share:P1} of a core, {(after - before) / (double)options.Idle / 1024:F0} KiB each, {players.Dropped} dropped");
        return result with { IdleJoinsPerSecond = joins, IdleCpuShare = share, IdleBytesPerClient = (after - before) / (double)options.Idle, Dropped = result.Dropped + players.Dropped };
    }

    private static async Task<GatewayBenchResult> ActiveAsync(LocalCluster cluster, GatewayBenchOptions options, GatewayBenchResult result, Action<string> say, CancellationToken stop)
    {
        await using var players = new Players();
        await players.AddAsync(cluster.Gateways[0], options.Active, plays: true, stop).ConfigureAwait(false);
        for (int i = 0; i < options.Active && options.Together > 0; i++) players.All[i].Place = i / options.Together * BenchProject.Distance * 10;
        say($"{options.Active} clients have joined");
        await Task.Delay(3000, stop).ConfigureAwait(false);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task moving = MoveAsync(players.All, options.Rate, over.Token);
        await Task.Delay(2000, stop).ConfigureAwait(false);
        foreach (BenchPlayer player in players.All) player.Measures = true;
        (double share, double packets) = await LoadAsync(cluster, players, options.Duration, stop).ConfigureAwait(false);
        foreach (BenchPlayer player in players.All) player.Measures = false;
        await over.CancelAsync().ConfigureAwait(false);
        await moving.ConfigureAwait(false);
        var states = new LatencyHistogram();
        foreach (BenchPlayer player in players.All) states.Add(player.States);
        say($"{options.Active} active clients, {options.Rate:F1} states/s each: {share:P0} of a core, {packets:F0} packets/s, states after {states.QuantileMs(0.5):F1} ms (p99 {states.QuantileMs(0.99):F1}), {players.Dropped} dropped");
        return result with { ActiveCpuShare = share, ActivePacketsPerSecond = packets, State = states, Dropped = result.Dropped + players.Dropped };
    }

    private static async Task<GatewayBenchResult> CallsAsync(LocalCluster cluster, GatewayBenchOptions options, GatewayBenchResult result, Action<string> say, CancellationToken stop)
    {
        await using var players = new Players();
        await players.AddAsync(cluster.Gateways[1], 1, plays: true, stop).ConfigureAwait(false);
        await players.AddAsync(cluster.Gateways[2], 1, plays: true, stop).ConfigureAwait(false);
        (BenchPlayer from, BenchPlayer to) = (players.All[0], players.All[1]);
        await Task.Delay(1000, stop).ConfigureAwait(false);
        using var come = new SemaphoreSlim(0);
        to.OnCall = () => come.Release();
        // As many before: servers that have just started compile what turns out to be hot, on the same processors.
        for (int i = 1 - options.Calls; i <= options.Calls; i++)
        {
            to.Measures = i > 0;
            await from.CallAsync(to.Peer).ConfigureAwait(false);
            // Who asks again and again takes one of the processors from the servers that it measures.
            if (!await come.WaitAsync(TimeSpan.FromSeconds(10), stop).ConfigureAwait(false)) throw new TimeoutException($"call {i} has not come: {to.Over}");
            await Task.Delay(1, stop).ConfigureAwait(false);
        }

        LatencyHistogram loopback = await LoopbackRelay.MeasureAsync(options.Calls, stop).ConfigureAwait(false);
        say($"a call from server to server: {Describe(to.Calls)}; a bare relay over loopback: {Describe(loopback)}");
        return result with { Call = to.Calls, Loopback = loopback };
    }

    private static async Task<GatewayBenchResult> FailoversAsync(LocalCluster cluster, GatewayBenchOptions options, GatewayBenchResult result, Action<string> say, CancellationToken stop)
    {
        var all = new List<double>();
        for (int round = 0; round < options.Failovers; round++)
        {
            int victim = (round % 3) + 1;
            Uri[] gateways = [.. Enumerable.Range(0, 3).Select(i => new UriBuilder(cluster.Gateways[(victim - 1 + i) % 3]) { Scheme = "ws", Path = "/godot" }.Uri)];
            await using var players = new Players();
            await players.AddAsync(cluster.Gateways[victim % 3], 1, plays: true, stop).ConfigureAwait(false);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task moving = MoveAsync(players.All, 20, over.Token);
            await using var immortal = new ImmortalPlayer(gateways);
            await immortal.UntilAsync(() => immortal.States > 20, "states before the gateway is killed").ConfigureAwait(false);
            long states = immortal.States;
            var elapsed = Stopwatch.StartNew();
            cluster.Kill(victim);
            await immortal.UntilAsync(() => immortal.Connection.Failovers > 0 && immortal.States > states, "states after the gateway was killed").ConfigureAwait(false);
            all.Add(elapsed.Elapsed.TotalMilliseconds);
            say($"gateway {victim} killed: the next state after {elapsed.Elapsed.TotalMilliseconds:F0} ms");
            await over.CancelAsync().ConfigureAwait(false);
            await moving.ConfigureAwait(false);
            immortal.Connection.Leave();
            await cluster.RestartAsync(victim).ConfigureAwait(false);
            await Task.Delay(3000, stop).ConfigureAwait(false);
        }

        all.Sort();
        return result with { Failovers = all };
    }

    /// <summary>The result as JSON.</summary>
    public static void WriteJson(Utf8JsonWriter writer, GatewayBenchOptions options, GatewayBenchResult result)
    {
        writer.WriteStartObject();
        if (options.Idle > 0)
        {
            writer.WriteNumber("idleClients", options.Idle);
            writer.WriteNumber("idleJoinsPerSecond", Math.Round(result.IdleJoinsPerSecond, 1));
            writer.WriteNumber("idleCpuShare", Math.Round(result.IdleCpuShare, 4));
            writer.WriteNumber("idleBytesPerClient", Math.Round(result.IdleBytesPerClient));
        }

        if (options.Active > 0)
        {
            writer.WriteNumber("activeClients", options.Active);
            writer.WriteNumber("statesPerSecondAndClient", options.Rate);
            writer.WriteNumber("clientsTogether", options.Together == 0 ? options.Active : options.Together);
            writer.WriteNumber("activeCpuShare", Math.Round(result.ActiveCpuShare, 3));
            writer.WriteNumber("activePacketsPerSecond", Math.Round(result.ActivePacketsPerSecond));
            WriteQuantiles(writer, "state", result.State);
        }

        writer.WriteNumber("dropped", result.Dropped);
        if (options.Calls > 0)
        {
            WriteQuantiles(writer, "call", result.Call);
            WriteQuantiles(writer, "loopback", result.Loopback);
        }

        writer.WriteStartArray("failoverMs");
        foreach (double ms in result.Failovers) writer.WriteNumberValue(Math.Round(ms));
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Describe(LatencyHistogram latency) => $"{latency.QuantileMs(0.5):F2} ms (p90 {latency.QuantileMs(0.9):F2}, p99 {latency.QuantileMs(0.99):F2})";

    private static void WriteQuantiles(Utf8JsonWriter writer, string what, LatencyHistogram latency)
    {
        foreach (int percent in new[] { 50, 75, 90, 95, 99 }) writer.WriteNumber($"{what}P{percent}Ms", Math.Round(latency.QuantileMs(percent / 100.0), 3));
    }

    private static async Task<(double CpuShare, double PacketsPerSecond)> LoadAsync(LocalCluster cluster, Players players, TimeSpan duration, CancellationToken stop)
    {
        TimeSpan busy = ServerProcesses.ProcessorTimes(cluster)[0];
        long packets = players.All.Sum(p => p.Packets);
        var elapsed = Stopwatch.StartNew();
        await Task.Delay(duration, stop).ConfigureAwait(false);
        double seconds = elapsed.Elapsed.TotalSeconds;
        return ((ServerProcesses.ProcessorTimes(cluster)[0] - busy).TotalSeconds / seconds, (players.All.Sum(p => p.Packets) - packets) / seconds);
    }

    // One after the other, spread over the time between two states of each.
    private static async Task MoveAsync(IReadOnlyList<BenchPlayer> players, double rate, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        for (long sent = 0; !stop.IsCancellationRequested; sent++)
        {
            double ahead = (sent / (players.Count * rate)) - Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (ahead > 0.001) await Task.Delay(TimeSpan.FromSeconds(ahead), CancellationToken.None).ConfigureAwait(false);
            BenchPlayer player = players[(int)(sent % players.Count)];
            if (player.Over is null) await player.SendStateAsync().ConfigureAwait(false);
        }
    }

    private sealed class Players : IAsyncDisposable
    {
        private const int JoiningAtOnce = 16;

        public List<BenchPlayer> All { get; } = [];

        public int Dropped => All.Count(p => p.Over is not null);

        public async Task AddAsync(Uri gateway, int count, bool plays, CancellationToken stop)
        {
            using var gate = new SemaphoreSlim(JoiningAtOnce);
            BenchPlayer[] players = await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
            {
                await gate.WaitAsync(stop).ConfigureAwait(false);
                try
                {
                    return await BenchPlayer.ConnectAsync(gateway, plays, stop).ConfigureAwait(false);
                }
                finally
                {
                    gate.Release();
                }
            })).ConfigureAwait(false);
            All.AddRange(players);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (BenchPlayer player in All) await player.DisposeAsync().ConfigureAwait(false);
        }
    }
}
