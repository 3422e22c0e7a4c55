using System.Globalization;
using System.Text;
using System.Text.Json;
using Banyan.Primitives;

namespace Banyan.Bench.Commit;

/// <summary>
/// How close a commit comes to its limit, one round trip to the nearest majority plus one flush, however many ranges it
/// writes. In virtual time, so that the protocol is measured and nothing else: the same seed gives the same numbers.
/// </summary>
public static class CommitLatency
{
    private sealed record Sample(int Coordinator, int[] Ranges, long PauseMicroseconds);

    /// <summary>Measures both protocols, with and without reads, on the same samples.</summary>
    public static IReadOnlyList<CommitRatio> Run(CommitLatencyOptions options)
    {
        Invariant.Holds(options.Samples > 0 && options.Ranges.All(r => r > 0 && r <= options.RangesExisting));
        Invariant.Holds(options.OneWay.All(row => row.Count == options.OneWay.Count));
        var results = new List<CommitRatio>();
        foreach (string kind in new[] { CommitRatio.Blind, CommitRatio.ReadModifyWrite })
        {
            foreach (string protocol in new[] { CommitRatio.Parallel, CommitRatio.TwoPhase })
            {
                var cluster = new QuietCluster(options, protocol == CommitRatio.TwoPhase);
                foreach (int ranges in options.Ranges) results.Add(Measure(cluster, options, ranges, protocol, kind));
            }
        }

        return results;
    }

    /// <summary>Writes an array of objects; each begins with "ranges", "protocol", "ratio".</summary>
    public static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<CommitRatio> results)
    {
        writer.WriteStartArray();
        foreach (CommitRatio result in results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("ranges", result.Ranges);
            writer.WriteString("protocol", result.Protocol);
            writer.WriteNumber("ratio", Math.Round(result.Ratio, 4));
            writer.WriteString("kind", result.Kind);
            writer.WriteNumber("servers", result.Servers);
            writer.WriteNumber("samples", result.Samples);
            writer.WriteNumber("medianMicroseconds", result.MedianMicroseconds);
            writer.WriteNumber("limitMicroseconds", result.LimitMicroseconds);
            writer.WriteNumber("ratioP99", Math.Round(result.RatioP99, 4));
            writer.WriteNumber("ratioMax", Math.Round(result.RatioMax, 4));
            writer.WriteNumber("excessMaxMicroseconds", result.ExcessMaxMicroseconds);
            writer.WriteNumber("shareAtLimit", Math.Round(result.ShareAtLimit, 4));
            writer.WriteNumber("restarts", result.Restarts);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The same for people, one line a row.</summary>
    public static string Table(IReadOnlyList<CommitRatio> results)
    {
        var table = new StringBuilder();
        table.AppendLine("kind               ranges  protocol   median ms  limit ms  ratio    p99    max  at limit");
        foreach (CommitRatio r in results)
        {
            table.AppendLine(CultureInfo.InvariantCulture,
                $"{r.Kind,-17}  {r.Ranges,6}  {r.Protocol,-9}  {r.MedianMicroseconds / 1e3,9:f2}  {r.LimitMicroseconds / 1e3,8:f2}  "
                + $"{r.Ratio,5:f3}  {r.RatioP99,5:f3}  {r.RatioMax,5:f3}  {r.ShareAtLimit,7:p0}");
        }

        return table.ToString();
    }

    private static CommitRatio Measure(QuietCluster cluster, CommitLatencyOptions options, int ranges, string protocol, string kind)
    {
        var limits = new CommitLimit(options.OneWay, options.Flush);
        bool reads = kind == CommitRatio.ReadModifyWrite;
        long restartsBefore = cluster.Restarts;
        var measured = new List<(long Latency, long Limit)>();
        foreach (Sample sample in Samples(options, limits, ranges))
        {
            cluster.Settle();
            cluster.Wait(sample.PauseMicroseconds);
            int[] leaseholders = Leaseholders(options, sample.Ranges);
            long limit = reads ? limits.ReadThenCommit(sample.Coordinator, leaseholders) : limits.Commit(sample.Coordinator, leaseholders);
            long latency = cluster.Run(sample.Coordinator, new WriteEach([.. sample.Ranges.Select(QuietCluster.KeyOf)], reads));
            Invariant.Holds(latency >= limit, "no commit beats its limit");
            measured.Add((latency, limit));
        }

        double[] ratios = [.. measured.Select(m => (double)m.Latency / m.Limit).Order()];
        return new(ranges, protocol, At(ratios, 0.5))
        {
            Kind = kind,
            Servers = options.OneWay.Count,
            Samples = ratios.Length,
            MedianMicroseconds = At([.. measured.Select(m => m.Latency).Order()], 0.5),
            LimitMicroseconds = At([.. measured.Select(m => m.Limit).Order()], 0.5),
            RatioP99 = At(ratios, 0.99),
            RatioMax = ratios[^1],
            ExcessMaxMicroseconds = measured.Max(m => m.Latency - m.Limit),
            ShareAtLimit = ratios.Count(r => r <= 1.01) / (double)ratios.Length,
            Restarts = cluster.Restarts - restartsBefore,
        };
    }

    // The same for both protocols. The pause puts the start anywhere between two heartbeats of whatever has some.
    private static IEnumerable<Sample> Samples(CommitLatencyOptions options, CommitLimit limits, int ranges)
    {
        var random = new SeededRandom(StableHash.Add(options.Seed, (ulong)ranges));
        for (int drawn = 0; drawn < options.Samples;)
        {
            var chosen = new SortedSet<int>();
            while (chosen.Count < ranges) chosen.Add(random.Next(options.RangesExisting));
            int coordinator = random.Next(options.OneWay.Count);
            int[] leaseholders = Leaseholders(options, [.. chosen]);
            // The record lies with the first key.
            if (options.SlowestRangeHasRecord && limits.Commit(coordinator, leaseholders[0]) < limits.Commit(coordinator, leaseholders)) continue;
            drawn++;
            yield return new(coordinator, [.. chosen], random.NextInRange(100_000, 1_100_000));
        }
    }

    private static int[] Leaseholders(CommitLatencyOptions options, IReadOnlyList<int> ranges) =>
        [.. ranges.Select(r => QuietCluster.LeaseholderOf(r, options.OneWay.Count))];

    private static T At<T>(T[] ascending, double share) => ascending[Math.Max(0, (int)Math.Ceiling(share * ascending.Length) - 1)];
}
