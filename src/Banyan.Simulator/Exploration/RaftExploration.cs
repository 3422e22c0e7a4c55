using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Simulator.Exploration;

/// <summary>
/// Elections and two entries among three members of the real Raft: every order of deliveries, timers, flushes and a crash
/// with the loss of what was not flushed. Checked in every state: one leader a term, equal logs, committed entries stay.
/// </summary>
public static class RaftExploration
{
    /// <summary>Goes through all states within the bounds.</summary>
    public static ExplorationResult Run(RaftExplorationOptions? options = null)
    {
        options ??= new();
        return new Explorer(new RaftSystem(options), options.StatesMax, options.ViolationsMax).Run();
    }

    private sealed class RaftSystem(RaftExplorationOptions options) : ExploredSystem
    {
        private const int TimerBudget = 0;
        private const int ProposalBudget = 1;
        private const int CrashBudget = 2;
        private const int CopyBudget = 3;
        private const int Losses = 4;

        // What is remembered: the leaders of the terms, two bits a term; then each committed entry: its hash, and the term of the first to commit it.
        private const int LeadersWord = 0;
        private const int CommittedFrom = 1;

        private readonly Configuration _configuration = options.OneVoter ? new([new(1)], [], [new(2)]) : new([new(1), new(2), new(3)], [], []);

        public override string Name => "raft";

        public override int PartCount => _configuration.Members().Length;

        public override int[] Budgets => [options.Timers, options.Proposals, options.Crashes, options.Duplicates, options.Losses];

        public override ulong[] FirstPast => [options.TornLogs ? (1UL << 2) | (2UL << 4) : 0];

        public override int DuplicateBudget => CopyBudget;

        public override bool KeepsOrder => !options.Reorders;

        public override int LossBudget => Losses;

        protected override IExploredPart StartPart(int part) => new ExploredMember(part, _configuration, options);

        public override void AddActions(WorldState state, List<ExploredAction> actions)
        {
            bool isFirst = state.Budgets[TimerBudget] == options.Timers;
            for (int part = 0; part < PartCount; part++)
            {
                MemberView view = ViewOf(state, part);
                if (view.HasWrites) actions.Add(new(part, ExploredMember.Flush));
                // In the first state the members are equal but for their names: whichever begins is called the first.
                if (state.Budgets[TimerBudget] > 0 && (!isFirst || part == 0 || options.TornLogs)) actions.Add(new(part, ExploredMember.Timer, TimerBudget));
                if (view.IsLeader && state.Budgets[ProposalBudget] > 0) actions.Add(new(part, ExploredMember.Propose, ProposalBudget));
                // Before anything has happened a crash changes nothing.
                if (state.Budgets[CrashBudget] > 0 && !isFirst) actions.Add(new(part, ExploredMember.Crash, CrashBudget));
            }
        }

        public override ulong[] Check(WorldState state, List<string> violations)
        {
            List<ulong> past = [.. state.Past];
            for (int part = 0; part < PartCount; part++)
            {
                MemberView view = ViewOf(state, part);
                if (view.IsLeader) CheckLeader(part, view, past, violations);
                CheckCommitted(part, view, past, violations);
                for (int other = 0; other < part; other++) CheckLogs(part, view, other, ViewOf(state, other), violations);
            }

            return [.. past];
        }

        public override string Describe(ExploredAction action)
        {
            string who = $"{action.Part + 1}";
            return action.Input switch
            {
                ExploredMember.Timer => $"{who}: timer",
                ExploredMember.Propose => $"{who}: propose",
                ExploredMember.Flush => $"{who}: flush",
                ExploredMember.Crash => $"{who}: crash",
                _ => $"{who}: {(action.Keeps ? "copy of " : action.Loses ? "lost: " : "")}{DescribeMessage(action.Input)}",
            };
        }

        private string DescribeMessage(int message)
        {
            var reader = new ByteReader(Parts.Content(message));
            Invariant.Holds(RaftMessageCodec.TryDecode(ref reader, out RaftMessage decoded));
            return decoded.ToString();
        }

        private MemberView ViewOf(WorldState state, int part) => (MemberView)Parts.ViewOf(state.Parts[part]);

        private static void CheckLeader(int part, MemberView view, List<ulong> past, List<string> violations)
        {
            int shift = checked((int)view.Term * 2);
            ulong known = (past[LeadersWord] >> shift) & 3;
            if (known == (ulong)part + 1) return;
            if (known != 0) violations.Add($"one leader a term: {known} and {part + 1} in {view.Term}");
            past[LeadersWord] |= (ulong)(part + 1) << shift;
            // What was committed in an earlier term is in the new leader's log.
            for (int i = 0; CommittedFrom + 2 * i < past.Count; i++)
            {
                if (past[CommittedFrom + 2 * i + 1] >= view.Term) continue;
                if (i < view.Log.Length && view.Log[i].Hash == past[CommittedFrom + 2 * i]) continue;
                violations.Add($"leader completeness: {part + 1}, leader of {view.Term}, lacks #{i + 1}");
                return;
            }
        }

        private static void CheckCommitted(int part, MemberView view, List<ulong> past, List<string> violations)
        {
            for (int i = 0; i < (int)view.Commit; i++)
            {
                if (CommittedFrom + 2 * i == past.Count) past.AddRange([view.Log[i].Hash, view.Term]);
                if (past[CommittedFrom + 2 * i] == view.Log[i].Hash) continue;
                violations.Add($"state machine safety: {part + 1} has committed another #{i + 1}");
                return;
            }
        }

        // Entries of equal index and term are equal, and so are all before them.
        private static void CheckLogs(int a, MemberView viewA, int b, MemberView viewB, List<string> violations)
        {
            int agree = Math.Min(viewA.Log.Length, viewB.Log.Length);
            bool below = true;
            for (int i = 0; i < agree; i++)
            {
                bool equal = viewA.Log[i].Hash == viewB.Log[i].Hash;
                if (viewA.Log[i].Term == viewB.Log[i].Term && !(equal && below)) violations.Add($"log matching: {a + 1} and {b + 1} differ at or before #{i + 1}, which has one term");
                below &= equal;
            }
        }
    }
}
