using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Simulator.Exploration;

/// <summary>
/// A parallel commit over two ranges on real stores, beside a reader of both keys that pushes and recovers whatever it
/// meets: every order of deliveries, with a crash of the coordinator after any of its steps. Checked in every state:
/// acknowledged is committed, never half, implicitly committed is never aborted, what is final stays; and at every end of a
/// path, after some time in which the servers that are left talk on: no intents, and both writes or neither.
/// </summary>
public static class CommitExploration
{
    /// <summary>Goes through all states within the bounds.</summary>
    public static ExplorationResult Run(CommitExplorationOptions? options = null)
    {
        options ??= new();
        return new Explorer(new CommitSystem(options), options.StatesMax, options.ViolationsMax).Run();
    }

    private sealed class CommitSystem(CommitExplorationOptions options) : ExploredSystem
    {
        private const int CrashBudget = 0;
        private const int ResendBudget = 1;
        private const int CopyBudget = 2;

        // What is remembered: the timestamp at which it was implicitly committed, the final status and its timestamp.
        private const int ImplicitAt = 0;
        private const int FinalStatus = 1;
        private const int FinalAt = 2;

        private const int TicksAtEndMax = 60;
        private const long TickAtEndMicroseconds = 50_000;

        private readonly SortedSet<(int, int, int, int)> _endsSeen = [];

        public override string Name => "parallel commit";

        public override int PartCount => ExploredStore.Count;

        public override int[] Budgets => [options.Crashes, options.Resends, options.Duplicates];

        public override ulong[] FirstPast => [0, 0, 0];

        public override int DuplicateBudget => CopyBudget;

        protected override IExploredPart StartPart(int part) => new ExploredStore(part, options);

        public override bool IsGone(int partState) => ((StoreView)Parts.ViewOf(partState)).IsDown;

        public override void AddActions(WorldState state, List<ExploredAction> actions)
        {
            StoreView coordinator = ViewOf(state, ExploredStore.Coordinator);
            if (!coordinator.HasBegun) actions.Add(new(ExploredStore.Coordinator, ExploredStore.Begin));
            else if (!coordinator.IsDown && state.Budgets[CrashBudget] > 0) actions.Add(new(ExploredStore.Coordinator, ExploredStore.Crash, CrashBudget));
            if (!ViewOf(state, ExploredStore.Reader).HasBegun) actions.Add(new(ExploredStore.Reader, ExploredStore.Begin));
            if (state.Budgets[ResendBudget] == 0) return;
            for (int part = 0; part < PartCount; part++)
            {
                // One attempt is enough: a further one begins in a later tick.
                if (ViewOf(state, part) is { IsDown: false, Restarts: 0 }) actions.Add(new(part, ExploredStore.Resend, ResendBudget));
            }
        }

        public override ulong[] Check(WorldState state, List<string> violations)
        {
            var past = (ulong[])state.Past.Clone();
            StoreView coordinator = ViewOf(state, ExploredStore.Coordinator);
            StoreView anchor = ViewOf(state, ExploredStore.Anchor);
            StoreView other = ViewOf(state, ExploredStore.Other);
            if (anchor.Status == TransactionStatus.Staging && IsAtOrBelow(anchor.IntentAt, anchor.RecordAt) && IsAtOrBelow(other.IntentAt, anchor.RecordAt))
                past[ImplicitAt] = anchor.RecordAt.Value;
            bool isFinal = anchor.Status is TransactionStatus.Committed or TransactionStatus.Aborted;
            if (isFinal && past[FinalStatus] == 0) (past[FinalStatus], past[FinalAt]) = ((ulong)anchor.Status, anchor.RecordAt.Value);
            if (past[FinalStatus] != 0 && (past[FinalStatus] != (ulong)anchor.Status || past[FinalAt] != anchor.RecordAt.Value))
                violations.Add($"what is final stays: it was {(TransactionStatus)past[FinalStatus]}, now {anchor.Status} at {anchor.RecordAt}");
            if (past[ImplicitAt] != 0 && anchor.Status == TransactionStatus.Aborted)
                violations.Add("implicitly committed is never aborted");
            if (past[ImplicitAt] != 0 && anchor.Status == TransactionStatus.Committed && anchor.RecordAt.Value != past[ImplicitAt])
                violations.Add("an implicit commit keeps its timestamp");
            if (anchor.Status != TransactionStatus.Committed && !(anchor.VersionAt.IsZero && other.VersionAt.IsZero))
                violations.Add($"a version without a commit: the record is {anchor.Status}");
            if (coordinator.Outcome is TransactionOutcome.Committed committed
                && past[ImplicitAt] != committed.Timestamp.Value && (past[FinalStatus], past[FinalAt]) != ((ulong)TransactionStatus.Committed, committed.Timestamp.Value))
                violations.Add($"acknowledged is committed: at {committed.Timestamp}, and the record is {anchor.Status} at {anchor.RecordAt}");
            CheckHalves(state, anchor.VersionAt, other.VersionAt, violations);
            return past;
        }

        public override void CheckEnd(WorldState state, List<string> violations)
        {
            int[] p = state.Parts;
            if (!_endsSeen.Add((p[0], p[1], p[2], p[3]))) return;
            var stores = new ExploredStore[PartCount];
            for (int part = 0; part < stores.Length; part++) stores[part] = (ExploredStore)Parts.Make(p[part]);
            for (int tick = 0; tick < TicksAtEndMax && !IsDone(stores); tick++)
            {
                foreach (ExploredStore store in stores)
                {
                    if (!store.IsDown) store.Tick(TickAtEndMicroseconds);
                }

                DeliverAll(stores);
            }

            if (!IsDone(stores)) violations.Add($"in the end nothing is left undone: {string.Join("; ", stores.Select(s => s.View()))}");
            Timestamp a = ((StoreView)stores[ExploredStore.Anchor].View()).VersionAt;
            Timestamp b = ((StoreView)stores[ExploredStore.Other].View()).VersionAt;
            if (a != b) violations.Add($"never half: {a} and {b}");
            if (stores[ExploredStore.Coordinator].Outcome is TransactionOutcome.Committed committed && a != committed.Timestamp)
                violations.Add($"acknowledged is committed: at {committed.Timestamp}, and in the end there is {a}");
        }

        public override string Describe(ExploredAction action)
        {
            string who = action.Part switch
            {
                ExploredStore.Coordinator => "coordinator",
                ExploredStore.Anchor => "anchor's range",
                ExploredStore.Other => "other range",
                _ => "reader",
            };
            return action.Input switch
            {
                ExploredStore.Begin => $"{who}: begin",
                ExploredStore.Crash => $"{who}: crash",
                ExploredStore.Resend => $"{who}: send again",
                _ => $"{who}: {(action.Keeps ? "copy of " : "")}{DescribeMessage(action.Input)}",
            };
        }

        private string DescribeMessage(int message)
        {
            var reader = new ByteReader(Parts.Content(message));
            ulong from = reader.Number();
            reader.Timestamp();
            Invariant.Holds(PeerMessageCodec.TryDecode(ref reader, out PeerMessage decoded));
            return $"from s{from}: {decoded}";
        }

        private StoreView ViewOf(WorldState state, int part) => (StoreView)Parts.ViewOf(state.Parts[part]);

        private static bool IsAtOrBelow(Timestamp intent, Timestamp record) => !intent.IsZero && intent <= record;

        private void CheckHalves(WorldState state, Timestamp a, Timestamp b, List<string> violations)
        {
            if (!a.IsZero && !b.IsZero && a != b) violations.Add($"never half: {a} and {b}");
            if (ViewOf(state, ExploredStore.Reader).Seen is { } seen && seen.A != seen.B) violations.Add($"never half: a reader saw {seen}");
        }

        private static bool IsDone(ExploredStore[] stores)
        {
            foreach (ExploredStore store in stores)
            {
                if (store.IsDown) continue;
                if (store.Store.Coordinator.RunningCount > 0 || store.Store.Replicas.Values.Any(r => r.State.Intents.Count > 0)) return false;
            }

            return true;
        }

        private static void DeliverAll(ExploredStore[] stores)
        {
            for (bool any = true; any;)
            {
                any = false;
                foreach (ExploredStore store in stores)
                {
                    foreach ((int to, byte[] message) in store.TakeSent())
                    {
                        any = true;
                        stores[to].Receive(message);
                    }
                }
            }
        }
    }
}
