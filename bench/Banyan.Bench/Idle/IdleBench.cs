using System.Diagnostics;
using System.Text.Json;
using Banyan.Bench.Cluster;
using Banyan.Bench.World;
using Banyan.Client;
using Banyan.Client.Local;

namespace Banyan.Bench.Idle;

/// <summary>How an <see cref="IdleBench"/> runs.</summary>
/// <inheritdoc cref="BenchOptions"/>
public sealed record IdleBenchOptions(string Executable, string Folder) : BenchOptions(Executable, Folder)
{
    /// <summary>Ranges of the world.</summary>
    public int Ranges { get; init; } = 1000;

    /// <summary>Measured time.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>What a cluster costs that nobody asks anything.</summary>
/// <param name="Ranges">Ranges of the world.</param>
/// <param name="Servers">Servers, each a process.</param>
/// <param name="Seconds">Measured time.</param>
/// <param name="PerServer">Processor time of each server in per cent of one core.</param>
/// <param name="BytesPerSecond">That the servers sent each other.</param>
public sealed record IdleBenchResult(int Ranges, int Servers, double Seconds, IReadOnlyList<double> PerServer, double BytesPerSecond)
{
    /// <summary>Of all servers together, in per cent of one core.</summary>
    public double CorePercent => PerServer.Sum();

    /// <summary>From the processor times at both ends.</summary>
    public static IReadOnlyList<double> Percent(IReadOnlyList<TimeSpan> before, IReadOnlyList<TimeSpan> after, TimeSpan time) =>
        [.. before.Zip(after, (b, a) => (a - b) / time * 100)];
}

/// <summary>The processor time of a cluster with many ranges that nobody reads or writes.</summary>
public static class IdleBench
{
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(3);
    private const int WindowsMax = 20;

    /// <summary>Runs everything; <paramref name="say"/> is told of the progress.</summary>
    /// <exception cref="TimeoutException">The ranges' leases do not come to be spread.</exception>
    public static async Task<IdleBenchResult> RunAsync(IdleBenchOptions options, Action<string> say)
    {
        using var folder = new BenchFolder(options.Folder);
        await using LocalCluster cluster = await LocalCluster.StartAsync(options.Executable, options.Servers, folder.Path).ConfigureAwait(false);
        await using (BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways[0]).ConfigureAwait(false))
        {
            await PrepareAsync(client, options, say).ConfigureAwait(false);
        }

        await ServerProcesses.WaitForSpreadLeasesAsync(cluster, options.Ranges, TimeSpan.FromSeconds(120)).ConfigureAwait(false);
        await WaitUntilQuietAsync(cluster, say).ConfigureAwait(false);
        say($"measuring {options.Duration.TotalSeconds:F0} s");
        long sent = (await ServerProcesses.ReportsAsync(cluster).ConfigureAwait(false)).Sum(r => r.BytesSent);
        TimeSpan[] before = ServerProcesses.ProcessorTimes(cluster);
        long began = Stopwatch.GetTimestamp();
        await Task.Delay(options.Duration).ConfigureAwait(false);
        TimeSpan time = Stopwatch.GetElapsedTime(began);
        TimeSpan[] after = ServerProcesses.ProcessorTimes(cluster);
        sent = (await ServerProcesses.ReportsAsync(cluster).ConfigureAwait(false)).Sum(r => r.BytesSent) - sent;
        return new(options.Ranges, options.Servers, time.TotalSeconds, IdleBenchResult.Percent(before, after, time), sent / time.TotalSeconds);
    }

    private static async Task PrepareAsync(BanyanClient client, IdleBenchOptions options, Action<string> say)
    {
        var world = new GeneratedWorld(options.Ranges, NodesPerZone: 3);
        await WorldLoad.WaitForRootAsync(client).ConfigureAwait(false);
        await WorldLoad.SpawnAsync(client, world).ConfigureAwait(false);
        say($"{world.Nodes} nodes in {world.Zones} zones");
        await WorldLoad.CutAsync(client, world.Cuts(options.Ranges), options.Servers, done =>
        {
            if (done % 100 == 0) say($"{done} cuts");
        }).ConfigureAwait(false);
    }

    // Quiet is when waiting longer does not make it quieter.
    private static async Task WaitUntilQuietAsync(LocalCluster cluster, Action<string> say)
    {
        double last = double.MaxValue;
        for (int i = 0; i < WindowsMax; i++)
        {
            TimeSpan[] before = ServerProcesses.ProcessorTimes(cluster);
            long began = Stopwatch.GetTimestamp();
            await Task.Delay(_window).ConfigureAwait(false);
            double percent = IdleBenchResult.Percent(before, ServerProcesses.ProcessorTimes(cluster), Stopwatch.GetElapsedTime(began)).Sum();
            say($"{percent:F1} % of a core");
            if (percent >= last * 0.9) return;
            last = percent;
        }
    }

    /// <summary>Writes the result as a JSON object.</summary>
    public static void WriteJson(Utf8JsonWriter w, IdleBenchResult result)
    {
        w.WriteStartObject();
        w.WriteNumber("ranges", result.Ranges);
        w.WriteNumber("servers", result.Servers);
        w.WriteNumber("seconds", Math.Round(result.Seconds, 1));
        w.WriteNumber("corePercent", Math.Round(result.CorePercent, 2));
        w.WriteStartArray("perServer");
        foreach (double percent in result.PerServer) w.WriteNumberValue(Math.Round(percent, 2));
        w.WriteEndArray();
        w.WriteNumber("bytesPerSecond", Math.Round(result.BytesPerSecond));
        w.WriteEndObject();
    }

    /// <summary>The result as text.</summary>
    public static string Table(IdleBenchResult result) =>
        $"{result.Ranges} idle ranges on {result.Servers} servers: {result.CorePercent:F2} % of one core in all "
        + $"({string.Join(" + ", result.PerServer.Select(p => $"{p:F2}"))}), {result.BytesPerSecond:F0} bytes a second between them\n";
}
