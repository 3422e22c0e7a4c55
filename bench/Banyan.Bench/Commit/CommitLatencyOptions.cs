using Banyan.Kv.Store;

namespace Banyan.Bench.Commit;

/// <summary>What the commit-latency bench runs. Times are in microseconds of virtual time.</summary>
public sealed record CommitLatencyOptions
{
    /// <summary>Decides which coordinators, which ranges and which moments are sampled.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// One way from a server (row) to a server (column), square, one row a server; the diagonal is not used. There and
    /// back may differ.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<long>> OneWay { get; init; } = ThreeServers;

    /// <summary>Every flush takes exactly this long.</summary>
    public long Flush { get; init; } = 2_000;

    /// <summary>Ranges that exist; their leases are spread over the servers in turn.</summary>
    public int RangesExisting { get; init; } = 24;

    /// <summary>How many of them a transaction writes: a row of the result for each.</summary>
    public IReadOnlyList<int> Ranges { get; init; } = [1, 2, 4, 8];

    /// <summary>
    /// Whether a transaction's record lies in the slowest of the ranges that it writes: then two-phase commit pays the
    /// longest way twice. False: it lies wherever the first key does. Parallel commits do not care.
    /// </summary>
    public bool SlowestRangeHasRecord { get; init; } = true;

    /// <summary>
    /// How far closed timestamps trail. A transaction that reads must have its writes at the leaseholders before its
    /// timestamp is closed, or it pays a second round: over a wide area this must exceed a round trip for the reads and
    /// one way for the writes.
    /// </summary>
    public long ClosedLag { get; init; } = new StoreOptions().ClosedLagMicroseconds;

    /// <summary>Transactions for each row.</summary>
    public int Samples { get; init; } = 200;

    /// <summary>Three servers of one region, no two delays alike: 5, 8 and 11 ms, and a little more on the way back.</summary>
    public static IReadOnlyList<IReadOnlyList<long>> ThreeServers { get; } =
    [
        [0, 5_000, 8_000],
        [5_300, 0, 11_000],
        [8_700, 11_500, 0],
    ];

    /// <summary>Five servers, two on one coast, one inland, one on the other coast, one across the sea.</summary>
    public static IReadOnlyList<IReadOnlyList<long>> FiveServers { get; } =
    [
        [0, 3_100, 17_000, 31_000, 38_000],
        [3_000, 0, 16_000, 29_000, 40_000],
        [17_500, 16_400, 0, 14_000, 44_000],
        [31_700, 29_900, 14_200, 0, 48_000],
        [38_400, 41_000, 44_500, 48_600, 0],
    ];
}
