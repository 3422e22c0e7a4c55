using Banyan.Kv.Leases;
using Banyan.Kv.Tracing;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Store;

/// <summary>The knobs of one server's store. Times are in microseconds.</summary>
public sealed record StoreOptions
{
    /// <summary>How far apart two wall clocks of the cluster may be (ε).</summary>
    public long MaxOffsetMicroseconds { get; init; } = 100_000;

    /// <summary>Support between servers.</summary>
    public LivenessOptions Liveness { get; init; } = new();

    /// <summary>Between two ticks of the store.</summary>
    public long TickMicroseconds { get; init; } = 10_000;

    /// <summary>How far closed timestamps trail: a transaction that takes longer is pushed up.</summary>
    public long ClosedLagMicroseconds { get; init; } = 100_000;

    /// <summary>Between two notes of closed timestamps to followers of quiet ranges.</summary>
    public long ClosedIntervalMicroseconds { get; init; } = 50_000;

    /// <summary>The same while nothing has been written anywhere for <see cref="CalmMicroseconds"/>.</summary>
    public long CalmClosedIntervalMicroseconds { get; init; } = 100_000;

    /// <summary>After this long without an entry of any range, a server is calm.</summary>
    public long CalmMicroseconds { get; init; } = 1_000_000;

    /// <summary>Between two rounds of directory gossip: what has changed.</summary>
    public long DirectoryIntervalMicroseconds { get; init; } = 500_000;

    /// <summary>Between two rounds of directory gossip that tell everything, for who has missed something.</summary>
    public long WholeDirectoryIntervalMicroseconds { get; init; } = 10_000_000;

    /// <summary>Between two heartbeats of a transaction record.</summary>
    public long TransactionHeartbeatMicroseconds { get; init; } = 250_000;

    /// <summary>A transaction whose record has not been heard of for this long may be aborted or recovered by others.</summary>
    public long TransactionExpiryMicroseconds { get; init; } = 1_000_000;

    /// <summary>
    /// Final records are forgotten this long after their transaction began. A transaction that has taken longer before
    /// its record is first staged must begin anew.
    /// </summary>
    public long RecordsKeptMicroseconds { get; init; } = Lease.RecordsKeptByDefaultMicroseconds;

    /// <summary>A lease goes back to the range's preferred leader when that has been alive for this long.</summary>
    public long LeaseReturnMicroseconds { get; init; } = 3_000_000;

    /// <summary>How long a request may wait before its sender gives it up.</summary>
    public long RequestTimeoutMicroseconds { get; init; } = 10_000_000;

    /// <summary>After this long without a reply a request is sent again.</summary>
    public long ResendMicroseconds { get; init; } = 500_000;

    /// <summary>How much history reads at a timestamp may ask for.</summary>
    public long HistoryMicroseconds { get; init; } = 600_000_000;

    /// <summary>Old versions of one range may take about so much memory; then less history is kept.</summary>
    public long HistoryBytesMax { get; init; } = 64 << 20;

    /// <summary>Requests of one range that may wait at once; more are refused as overload.</summary>
    public int WaitingRequestsMax { get; init; } = 100_000;

    /// <summary>A log entry is closed at this size.</summary>
    public int EntryBytesMax { get; init; } = 256 * 1024;

    /// <summary>Entries kept for followers that lag, before they need a snapshot.</summary>
    public ulong LogEntriesKept { get; init; } = 10_000;

    /// <summary>Payload bytes kept in the logs of all ranges together; above its share, a range keeps fewer entries.</summary>
    public long LogBytesKept { get; init; } = 16 << 20;

    /// <summary>The knobs of every range's Raft group.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>What the simulator wants to be done and told.</summary>
    public Probes Probes { get; init; } = Probes.Off;

    /// <summary>Hears every protocol step; null for nobody.</summary>
    public IStoreTrace? Trace { get; init; }

    /// <summary>Two-phase commit in place of parallel commits: for comparison only.</summary>
    public bool TwoPhaseCommit { get; init; }
}
