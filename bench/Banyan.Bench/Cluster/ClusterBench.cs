using System.Text.Json;
using Banyan.Bench.Etcd;
using Banyan.Bench.Load;
using Banyan.Client.Local;

namespace Banyan.Bench.Cluster;

/// <summary>How a <see cref="ClusterBench"/> runs.</summary>
/// <param name="Executable">The <c>banyan</c> executable.</param>
/// <param name="Folder">An existing folder on the disk to measure.</param>
public sealed record ClusterBenchOptions(string Executable, string Folder)
{
    /// <summary>Clients in a closed loop, one measurement each.</summary>
    public IReadOnlyList<int> Clients { get; init; } = [1, 16, 256];

    /// <summary>Measured time of a round.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Rounds of each system; they alternate, and the one of median throughput counts.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Ranges that Banyan's writes go to.</summary>
    public int Ranges { get; init; } = 3;

    /// <summary>Bytes of a value.</summary>
    public int ValueBytes { get; init; } = 100;

    /// <summary>Without etcd.</summary>
    public bool OnlyBanyan { get; init; }
}

/// <summary>One system under one number of clients.</summary>
/// <param name="System">"banyan" or "etcd".</param>
/// <param name="Clients">In a closed loop.</param>
/// <param name="Result">Of the round with the median throughput.</param>
/// <param name="ProcessorMicroseconds">Processor time of all servers for one operation: less noisy than the throughput of a shared machine.</param>
public sealed record ClusterBenchRow(string System, int Clients, LoadResult Result, double ProcessorMicroseconds);

/// <summary>
/// Three processes of Banyan against three of etcd, on the same disk, in alternating rounds of one run: durable writes
/// of 100 bytes in a closed loop. Both systems are up all the time; clients share one connection to each server, and a
/// single client talks to the leader of what it writes.
/// </summary>
public static class ClusterBench
{
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(1.5);

    /// <summary>Runs everything; <paramref name="say"/> is told of the progress.</summary>
    public static async Task<(IReadOnlyList<ClusterBenchRow> Rows, FlushTime Flush)> RunAsync(ClusterBenchOptions options, Action<string> say)
    {
        string folder = Path.Combine(options.Folder, $"banyan-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            FlushTime flush = FlushTime.Measure(folder);
            say($"a flush of this disk: {flush.P50Ms:F3} ms median, {flush.P99Ms:F3} ms p99");
            await using LocalCluster cluster = await LocalCluster.StartAsync(options.Executable, 3, Path.Combine(folder, "banyan")).ConfigureAwait(false);
            await using BanyanTarget banyan = await BanyanTarget.PrepareAsync(cluster, options.Clients.Max(), options.Ranges).ConfigureAwait(false);
            using EtcdCluster? etcd = options.OnlyBanyan ? null : await EtcdCluster.StartAsync(new(folder)).ConfigureAwait(false);
            var rows = new List<ClusterBenchRow>();
            foreach (int clients in options.Clients)
            {
                var results = new SortedDictionary<string, List<ClusterBenchRow>>(StringComparer.Ordinal);
                for (int round = 1; round <= options.Rounds; round++)
                {
                    await MeasureAsync(banyan, () => cluster.ProcessorTime, clients, round, options, results, say).ConfigureAwait(false);
                    if (etcd is null) continue;
                    Uri? leader = clients == 1 ? await etcd.FindLeaderAsync().ConfigureAwait(false) : null;
                    using var client = new EtcdClient(leader is null ? etcd.Endpoints : [leader]);
                    await MeasureAsync(new EtcdTarget(client), () => etcd.ProcessorTime, clients, round, options, results, say).ConfigureAwait(false);
                }

                foreach (List<ClusterBenchRow> all in results.Values)
                {
                    all.Sort((a, b) => a.Result.OpsPerSecond.CompareTo(b.Result.OpsPerSecond));
                    rows.Add(all[all.Count / 2]);
                }
            }

            return (rows, flush);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(
        ILoadTarget target, Func<TimeSpan> processorTime, int clients, int round, ClusterBenchOptions options,
        SortedDictionary<string, List<ClusterBenchRow>> results, Action<string> say)
    {
        byte[] value = new byte[options.ValueBytes];
        Random.Shared.NextBytes(value);
        TimeSpan before = processorTime();
        LoadResult result = await ClosedLoop.RunAsync((c, s) => target.WriteAsync(c, s, value), clients, _warmUp, options.Duration).ConfigureAwait(false);
        // The warm-up's operations are not counted, but they ran at about the same rate.
        double operations = result.OpsPerSecond * (_warmUp + options.Duration).TotalSeconds;
        var row = new ClusterBenchRow(target.System, clients, result, (processorTime() - before).TotalMicroseconds / Math.Max(1, operations));
        say($"{target.System,-6} {clients,4} clients, round {round}: {result.OpsPerSecond,8:F0}/s, {result.P50Ms:F2} ms median, {result.P99Ms:F2} ms p99, {result.P999Ms:F2} ms p99.9, {row.ProcessorMicroseconds:F0} µs of the servers' processors each{(result.IsClean ? "" : $", NOT CLEAN: {result.Errors} errors, {result.FirstError}")}");
        if (!result.IsClean) throw new InvalidOperationException($"{target.System}: {result.Errors} errors, {result.ClientsStuck} stuck: {result.FirstError}");
        if (!results.TryGetValue(target.System, out List<ClusterBenchRow>? all)) results.Add(target.System, all = []);
        all.Add(row);
    }

    /// <summary>Writes the rows as a JSON array.</summary>
    public static void WriteJson(Utf8JsonWriter w, IReadOnlyList<ClusterBenchRow> rows, FlushTime flush)
    {
        w.WriteStartArray();
        foreach (ClusterBenchRow row in rows)
        {
            w.WriteStartObject();
            w.WriteString("system", row.System);
            w.WriteNumber("clients", row.Clients);
            w.WriteNumber("opsPerSecond", Math.Round(row.Result.OpsPerSecond, 1));
            w.WriteNumber("p50Ms", Math.Round(row.Result.P50Ms, 3));
            w.WriteNumber("p99Ms", Math.Round(row.Result.P99Ms, 3));
            w.WriteNumber("p999Ms", Math.Round(row.Result.P999Ms, 3));
            w.WriteNumber("processorMicrosecondsPerOp", Math.Round(row.ProcessorMicroseconds, 1));
            w.WriteNumber("flushP50Ms", Math.Round(flush.P50Ms, 3));
            w.WriteNumber("flushP99Ms", Math.Round(flush.P99Ms, 3));
            w.WriteNumber("flushP999Ms", Math.Round(flush.P999Ms, 3));
            w.WriteEndObject();
        }

        w.WriteEndArray();
    }

    /// <summary>The rows as text, with how the two systems compare.</summary>
    public static string Table(IReadOnlyList<ClusterBenchRow> rows, FlushTime flush)
    {
        var text = new System.Text.StringBuilder();
        text.AppendLine($"{"system",-8} {"clients",7} {"ops/s",9} {"p50 ms",8} {"p99 ms",8} {"p99.9 ms",9} {"cpu µs/op",9}");
        foreach (ClusterBenchRow row in rows)
        {
            LoadResult r = row.Result;
            text.AppendLine($"{row.System,-8} {row.Clients,7} {r.OpsPerSecond,9:F0} {r.P50Ms,8:F2} {r.P99Ms,8:F2} {r.P999Ms,9:F2} {row.ProcessorMicroseconds,9:F0}");
        }

        text.AppendLine($"flush    {"",7} {"",9} {flush.P50Ms,8:F3} {flush.P99Ms,8:F3} {flush.P999Ms,9:F3}");
        foreach (int clients in rows.Select(r => r.Clients).Distinct())
        {
            ClusterBenchRow? ours = rows.FirstOrDefault(r => r.Clients == clients && r.System == "banyan");
            ClusterBenchRow? theirs = rows.FirstOrDefault(r => r.Clients == clients && r.System == "etcd");
            if (ours is null || theirs is null) continue;
            text.AppendLine($"{clients} clients: {ours.Result.OpsPerSecond / theirs.Result.OpsPerSecond:F2} times the throughput, {ours.Result.P50Ms / theirs.Result.P50Ms:F2} times the median latency");
        }

        return text.ToString();
    }
}
