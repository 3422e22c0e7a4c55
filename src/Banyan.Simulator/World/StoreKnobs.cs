using Banyan.Kv.Leases;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Simulator.World;

/// <summary>The stores' own knobs, turned to where they hurt: all values are legal, few are wise.</summary>
internal static class StoreKnobs
{
    public static StoreOptions Swarm(SeededRandom random, Probes probes)
    {
        T Mostly<T>(T usual, params T[] others) => random.Chance(0.6) ? usual : others[random.Next(others.Length)];
        var usual = new StoreOptions();
        return usual with
        {
            Probes = probes,
            Liveness = new(
                HeartbeatMicroseconds: Mostly(80_000, 40_000, 100_000), SupportMicroseconds: Mostly(400_000, 300_000, 800_000),
                DurableAheadMicroseconds: Mostly(1_000_000, 0, 200_000, 3_000_000)),
            ClosedLagMicroseconds = Mostly(usual.ClosedLagMicroseconds, 10_000, 30_000, 400_000),
            ClosedIntervalMicroseconds = Mostly(usual.ClosedIntervalMicroseconds, 10_000, 100_000),
            CalmMicroseconds = Mostly(usual.CalmMicroseconds, 20_000),
            DirectoryIntervalMicroseconds = Mostly(usual.DirectoryIntervalMicroseconds, 50_000, 3_000_000),
            WholeDirectoryIntervalMicroseconds = Mostly(usual.WholeDirectoryIntervalMicroseconds, 1_000_000),
            TransactionHeartbeatMicroseconds = Mostly(usual.TransactionHeartbeatMicroseconds, 50_000),
            TransactionExpiryMicroseconds = Mostly(usual.TransactionExpiryMicroseconds, 300_000, 3_000_000),
            LeaseReturnMicroseconds = Mostly(usual.LeaseReturnMicroseconds, 200_000),
            ResendMicroseconds = Mostly(usual.ResendMicroseconds, 60_000, 1_500_000),
            WaitingRequestsMax = Mostly(usual.WaitingRequestsMax, 4),
            EntryBytesMax = Mostly(usual.EntryBytesMax, 100),
            LogEntriesKept = Mostly(usual.LogEntriesKept, 0UL, 20UL),
            LogBytesKept = Mostly(usual.LogBytesKept, 2_000),
            Raft = new RaftOptions
            {
                ElectionTicks = Mostly(30, 8, 15),
                ResendTicks = Mostly(20, 4),
                SnapshotTicks = Mostly(500, 40),
                MessageBytesMax = Mostly(1 << 20, 300),
                InFlightMessagesMax = Mostly(256, 1, 3),
                InFlightBytesMax = Mostly(16 << 20, 2_000),
                UncommittedBytesMax = Mostly(64L << 20, 20_000),
                CommittedEntriesMax = Mostly(1024, 1),
            },
            RecordsKeptMicroseconds = Mostly(usual.RecordsKeptMicroseconds, 300_000, 1_000_000, 3_000_000),
        };
    }
}
