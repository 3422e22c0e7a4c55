using Banyan.Kv.Images;
using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Raft;
using Banyan.Storage;

namespace Banyan.Kv.Store;

/// <content>How replicas come to be: recovery, splits, snapshots.</content>
public sealed partial class Store
{
    private readonly SortedDictionary<RangeId, RecoveredRange> _recoveredLogs = [];
    private readonly SortedSet<RangeId> _recoveredStates = [];
    private readonly List<KeySpan> _home = []; // what this server has copies of, however it is cut

    /// <summary>
    /// Whether keys are missing here that this server should have: a snapshot of a range's left half came before the cut
    /// was applied, and the right half has not come yet. Until then nothing is resolved.
    /// </summary>
    internal bool HasGap { get; private set; }

    private void LookForGap()
    {
        List<KeySpan> here = [];
        foreach (Replica replica in _replicas.Values)
        {
            if (replica.IsInitialized) here.Add(replica.State.Descriptor.Span);
        }

        here.Sort((a, b) => a.Start.CompareTo(b.Start));
        HasGap = false;
        foreach (KeySpan home in _home)
        {
            Key reached = home.Start;
            foreach (KeySpan span in here)
            {
                if (span.Start <= reached && span.End > reached) reached = span.End;
            }

            HasGap |= reached < home.End && !Mutation.Is("resolve-over-a-gap");
        }
    }

    private void Recover(StoreRecovery recovered, IReadOnlyList<RangeDescriptor> bootstrap)
    {
        _home.AddRange(bootstrap.Where(range => range.Members.Contains(Self)).Select(range => range.Span));
        foreach ((RangeId range, RecoveredRange log) in recovered.Logs) _recoveredLogs.Add(range, log);
        if (!recovered.HasCheckpoint)
        {
            // The first ranges are not in any log: every server of a new cluster makes the same.
            foreach (RangeDescriptor range in bootstrap)
            {
                if (range.Members.Contains(Self)) recovered.States.TryAdd(range.Id, new(range));
            }
        }

        _recoveredStates.UnionWith(recovered.States.Keys);
        foreach (RangeState state in recovered.States.Values) RecoverReplica(state);
        _recoveredStates.Clear();
        // What is left has a vote or entries but no state: it waits for a split to be applied or for a snapshot.
        foreach (RangeId range in _recoveredLogs.Keys.ToList())
        {
            if (_recoveredLogs.Remove(range, out RecoveredRange? log))
                AddReplica(new RangeState(new(range, default, 0, [.. Servers], ServerId.None)), log.ToLogState(LogIndex.Zero));
        }

        LookForGap();
    }

    private void RecoverReplica(RangeState state)
    {
        RaftLogState log = _recoveredLogs.Remove(state.Descriptor.Id, out RecoveredRange? recovered)
            ? recovered.ToLogState(state.AppliedIndex, state.AppliedTerm)
            : RaftLogState.Starting(state.AppliedIndex, state.AppliedTerm);
        Replica replica = AddReplica(state, log);
        // On a new cluster nobody has to be waited out.
        if (log.HardState.Term.Value <= 1 && state.Descriptor.PreferredLeader == Self) replica.Log.Campaign();
        // What is known to be committed is applied at once, so that the right halves of splits come to be.
        replica.Log.Work(this, replica);
    }

    internal void OnSplit(Replica left, RangeState right)
    {
        RangeId id = right.Descriptor.Id;
        if (right.Intents.Count > 0) Probes.Sometimes("a range is cut with intents on the right");
        Invariant.Holds(left.State.Descriptor.Span.End == right.Descriptor.Span.Start, "ranges tile the key space");
        HoldsTiling(left.State.Descriptor);
        HoldsTiling(right.Descriptor);
        Directory.Learn(new(left.State.Descriptor, ServerId.None, 0));
        // A snapshot was quicker, perhaps in an earlier life.
        if ((_replicas.TryGetValue(id, out Replica? early) && early.IsInitialized) || _recoveredStates.Contains(id)) return;
        // From here on the right half does not depend on the left one's log: that may be cut off by a snapshot.
        RaftRecords.AppendSnapshotInstalled(Wal, id, SnapshotOf(right), _writer);
        if (_recoveredLogs.ContainsKey(id))
        {
            RecoverReplica(right);
            return;
        }

        // A vote that was cast before the split came here stays cast. It is written once more: it may have been cast in this very
        // turn, and whoever cast it has not come to write it.
        RaftLogState log = RaftLogState.Starting(right.AppliedIndex, right.AppliedTerm);
        if (early is not null && early.Log.Raft.Term >= right.AppliedTerm)
        {
            log = log with { HardState = early.Log.Raft.HardState with { Commit = right.AppliedIndex } };
            if (!Mutation.Is("forget-a-vote-in-the-turn-of-a-cut")) RaftRecords.AppendHardState(Wal, id, log.HardState, _writer);
        }

        Replica replica = AddReplica(right, log);
        MarkDirty(replica);
        if (HasGap) LookForGap();
        if (right.Descriptor.PreferredLeader == Self) replica.Log.Campaign();
    }

    internal void InstallSnapshot(Replica replica, RaftSnapshot snapshot, WriteAheadLog wal)
    {
        Invariant.Holds(RangeImage.TryDecode(snapshot.Data.Span, out RangeState state));
        Invariant.Holds(state.AppliedIndex == snapshot.Index && state.Descriptor.Id == replica.Id);
        Probes.Sometimes("a snapshot is installed");
        RaftRecords.AppendSnapshotInstalled(wal, replica.Id, snapshot, _writer);
        replica.Install(state);
    }

    // Invariant 12: ranges tile the key space. Two may only overlap here while this server has not applied the cut that
    // made the newer one, which then lies within the older.
    private void HoldsTiling(RangeDescriptor newcomer)
    {
        foreach (Replica other in _replicas.Values)
        {
            RangeDescriptor range = other.State.Descriptor;
            if (range.Id == newcomer.Id || !other.IsInitialized || range.Span.Intersect(newcomer.Span).IsEmpty) continue;
            RangeDescriptor older = range.Generation < newcomer.Generation ? range : newcomer;
            RangeDescriptor newer = older == range ? newcomer : range;
            Invariant.Holds(older.Generation < newer.Generation && older.Span.Contains(newer.Span), "ranges tile the key space");
        }
    }

    internal void OnSnapshotInstalled(Replica replica)
    {
        HoldsTiling(replica.State.Descriptor);
        LookForGap();
        Directory.Learn(new(replica.State.Descriptor, ServerId.None, 0));
        Feed.CatchUp(replica.State);
    }

    internal void SendSnapshot(Replica replica, ServerId follower)
    {
        replica.Log.Raft.SendSnapshot(follower, SnapshotOf(replica.State));
        MarkDirty(replica);
    }

    private static RaftSnapshot SnapshotOf(RangeState state) => new(
        state.AppliedIndex, state.AppliedTerm, new(state.Descriptor.Members, [], []), RangeImage.Capture(state).ToArray());

    /// <summary>Pins everything that a restart needs, without stopping: the host writes it wherever it has time.</summary>
    public StoreImage CaptureImage()
    {
        var ranges = new List<(RangeId, RangeImage?, RaftLogState)>();
        foreach (Replica replica in _replicas.Values)
        {
            RangeImage? image = replica.IsInitialized ? RangeImage.Capture(replica.State) : null;
            ranges.Add((replica.Id, image, replica.Log.Raft.CaptureLog()));
        }

        _writer.Clear();
        Liveness.EncodeDurable(_writer);
        return new(Wal.EndPosition, _writer.ToArray(), ranges);
    }
}
