using System.Diagnostics;
using Banyan.Client.Local;

namespace Banyan.Bench.Cluster;

/// <summary>What the processes of a cluster on this machine use, by the word of the operating system.</summary>
public static class ServerProcesses
{
    /// <summary>Processor time of each server since it started, in user and kernel mode; servers that are down are left out.</summary>
    public static TimeSpan[] ProcessorTimes(LocalCluster cluster) => Each(cluster, p => p.TotalProcessorTime);

    /// <summary>Resident memory of each server, bytes; servers that are down are left out.</summary>
    public static long[] ResidentBytes(LocalCluster cluster) => Each(cluster, p => p.WorkingSet64);

    /// <summary>The reports of all servers that are up, in the order of their ids.</summary>
    public static async Task<ServerReport[]> ReportsAsync(LocalCluster cluster)
    {
        var reports = new List<ServerReport>();
        for (int i = 1; i <= cluster.Gateways.Count; i++)
        {
            if (cluster.ProcessIdOf(i) is not null) reports.Add(await ServerReport.ReadAsync(cluster.Gateways[i - 1]).ConfigureAwait(false));
        }

        return [.. reports];
    }

    /// <summary>Waits until every range has a leaseholder and every server leads about as many as any other.</summary>
    /// <returns>The reports that showed it.</returns>
    /// <exception cref="TimeoutException">They are not spread in time.</exception>
    public static async Task<ServerReport[]> WaitForSpreadLeasesAsync(LocalCluster cluster, int ranges, TimeSpan patience)
    {
        ServerReport[] reports = [];
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < patience;)
        {
            reports = await ReportsAsync(cluster).ConfigureAwait(false);
            if (AreSpread(reports, ranges)) return reports;
            await Task.Delay(100).ConfigureAwait(false);
        }

        throw new TimeoutException($"the leases of {ranges} ranges are not spread: {string.Join(", ", reports.Select(r => $"server {r.Server} leads {r.Leases} of {r.Ranges.Count}"))}");
    }

    /// <summary>Whether each range is led once, and no server leads two ranges more than another.</summary>
    public static bool AreSpread(IReadOnlyList<ServerReport> reports, int ranges) =>
        reports.Count > 0
        && reports.All(r => r.Ranges.Count == ranges)
        && reports.Sum(r => r.Leases) == ranges
        && reports.Max(r => r.Leases) - reports.Min(r => r.Leases) <= 1;

    private static T[] Each<T>(LocalCluster cluster, Func<Process, T> read)
    {
        var all = new List<T>();
        for (int i = 1; i <= cluster.Gateways.Count; i++)
        {
            if (cluster.ProcessIdOf(i) is not { } id) continue;
            using var process = Process.GetProcessById(id);
            all.Add(read(process));
        }

        return [.. all];
    }
}
