using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.World;

namespace Banyan.Bench.Commit;

/// <summary>A cluster under virtual time in which nothing goes wrong and every delay is fixed; one transaction at a time.</summary>
/// <remarks>Servers and ranges are counted from 0. Range i is led by server i modulo their number.</remarks>
internal sealed class QuietCluster
{
    private const long PatienceMicroseconds = 60_000_000;

    private readonly SimulatedCluster _cluster;
    private readonly int _servers;

    public QuietCluster(CommitLatencyOptions options, bool twoPhase)
    {
        _servers = options.OneWay.Count;
        FaultOptions faults = FaultOptions.None with
        {
            FlushMin = options.Flush,
            FlushMax = options.Flush,
            CheckpointEvery = 0,
            // As a real server does: it empties its inbox before it starts a flush. With fixed delays all entries of one
            // leaseholder arrive at the same microsecond, and all but the first would wait for a flush more.
            CoalescesArrivals = true,
        };
        Key[] cuts = [.. Enumerable.Range(1, options.RangesExisting - 1).Select(StartOf)];
        var storeOptions = new StoreOptions
        {
            TwoPhaseCommit = twoPhase,
            ClosedLagMicroseconds = options.ClosedLag,
            // Heartbeats of records are off the path of a commit, and over a wide area only two-phase commits last long
            // enough to have any.
            TransactionHeartbeatMicroseconds = 5_000_000,
        };
        _cluster = new(options.Seed, _servers, cuts, faults, storeOptions)
        {
            Latency = (from, to) => options.OneWay[(int)from.Value - 1][(int)to.Value - 1],
        };
        _cluster.Start();
        // Support between servers and the directory's gossip come to rest a while after the leases do.
        Wait(3_000_000);
        Settle();
    }

    public long Restarts => _cluster.Servers.Sum(s => s.Store!.Coordinator.Restarts);

    /// <summary>Which server leads a range.</summary>
    public static int LeaseholderOf(int range, int servers) => range % servers;

    public static Key KeyOf(int range) => Key.Of($"r{range:d4}/key");

    public void Wait(long microseconds) => _cluster.Time.RunUntil(_cluster.Time.Now + microseconds);

    /// <summary>Lets everything that is under way come to its end: intents resolved, followers caught up, leases in place.</summary>
    public void Settle()
    {
        long until = _cluster.Time.Now + PatienceMicroseconds;
        while (!IsSettled())
        {
            Invariant.Holds(_cluster.Time.Now < until, "a quiet cluster comes to rest");
            Wait(10_000);
        }
    }

    /// <summary>Runs one transaction from a server and returns its latency in microseconds.</summary>
    public long Run(int coordinator, ITransactionBody body)
    {
        long begun = _cluster.Time.Now;
        long ended = -1;
        TransactionOutcome? outcome = null;
        _cluster.Server(_cluster.ServerIds[coordinator]).Do(store => store.Coordinator.Run(body, RequestId.None, 0, o =>
        {
            outcome = o;
            ended = _cluster.Time.Now;
        }));
        while (outcome is null) Invariant.Holds(_cluster.Time.Step() && _cluster.Time.Now < begun + PatienceMicroseconds);
        Invariant.Holds(outcome is TransactionOutcome.Committed, "nothing stands in the way of a lone transaction");
        return ended - begun;
    }

    private static Key StartOf(int range) => Key.Of($"r{range:d4}");

    private bool IsSettled()
    {
        foreach (SimulatedServer server in _cluster.Servers)
        {
            Store store = server.Store!;
            if (store.Coordinator.RunningCount > 0 || store.Router.OutstandingCount > 0 || store.Wal.HasPending) return false;
            foreach ((RangeId id, Replica replica) in store.Replicas)
            {
                int range = (int)id.Value - 1;
                ServerId leader = _cluster.ServerIds[LeaseholderOf(range, _servers)];
                if (!replica.IsInitialized || replica.State.Intents.Count > 0 || replica.State.Lease.Holder != leader) return false;
                if (replica.Log.Leader != leader || !_cluster.Server(leader).Store!.Replicas[id].HoldsLeaseAt(Timestamp.Zero)) return false;
                if (store.Directory.Find(KeyOf(range)).Leaseholder != leader) return false;
                if (replica.State.AppliedIndex != _cluster.Server(leader).Store!.Replicas[id].Log.LastIndex) return false;
            }
        }

        return true;
    }
}
