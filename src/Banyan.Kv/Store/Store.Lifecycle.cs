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

    private void Recover(StoreRecovery recovered, IReadOnlyList<RangeDescriptor> bootstrap)
    {
        foreach ((RangeId range, RecoveredRange log) in recovered.Logs) _recoveredLogs.Add(range, log);
        IReadOnlyList<RangeState> states = recovered.States;
        if (states.Count == 0)
        {
            // The first ranges are not in any log: every server of a new cluster makes the same.
            states = [.. bootstrap.Where(d => d.Members.Contains(Self)).Select(d => new RangeState(d))];
        }

        foreach (RangeState state in states) RecoverReplica(state);
        // What is left has a vote or entries but no state: it waits for a split to be applied or for a snapshot.
        foreach (RangeId range in _recoveredLogs.Keys.ToList())
        {
            if (_recoveredLogs.Remove(range, out RecoveredRange? log))
                AddReplica(new RangeState(new(range, default, 0, [.. Servers], ServerId.None)), log.ToLogState(LogIndex.Zero));
        }
    }

    private void RecoverReplica(RangeState state)
    {
        RaftLogState log = _recoveredLogs.Remove(state.Descriptor.Id, out RecoveredRange? recovered)
            ? recovered.ToLogState(state.AppliedIndex, state.AppliedTerm)
            : RaftLogState.Starting(state.AppliedIndex, state.AppliedTerm);
        Replica replica = AddReplica(state, log);
        // On a new cluster nobody has to be waited out.
        if (log.HardState.Term.Value <= 1 && state.Descriptor.PreferredLeader == Self) replica.Log.Campaign();
        Feed.Take(state.Events);
        // What is known to be committed is applied at once, so that the right halves of splits come to be.
        replica.Log.Work(this, replica);
    }

    internal void OnSplit(Replica left, RangeState right)
    {
        RangeId id = right.Descriptor.Id;
        Directory.Learn(new(left.State.Descriptor, ServerId.None, 0));
        if (_replicas.TryGetValue(id, out Replica? early) && early.IsInitialized) return; // a snapshot was quicker
        if (_recoveredLogs.ContainsKey(id))
        {
            RecoverReplica(right);
            return;
        }

        // The log must not know of the right half before it knows that the split is committed.
        RaftRecords.AppendHardState(Wal, left.Id, left.Log.Raft.HardState, _writer);
        // A vote that was cast before the split came here stays cast.
        RaftLogState log = RaftLogState.Starting(right.AppliedIndex, right.AppliedTerm);
        if (early is not null) log = log with { HardState = early.Log.Raft.HardState with { Commit = right.AppliedIndex } };
        Replica replica = AddReplica(right, log);
        MarkDirty(replica);
        if (right.Descriptor.PreferredLeader == Self) replica.Log.Campaign();
    }

    internal void InstallSnapshot(Replica replica, RaftSnapshot snapshot, WriteAheadLog wal)
    {
        Invariant.Holds(RangeImage.TryDecode(snapshot.Data.Span, out RangeState state));
        Invariant.Holds(state.AppliedIndex == snapshot.Index && state.Descriptor.Id == replica.Id);
        RaftRecords.AppendSnapshotInstalled(wal, replica.Id, snapshot, _writer);
        replica.Install(state);
    }

    internal void OnSnapshotInstalled(Replica replica)
    {
        Directory.Learn(new(replica.State.Descriptor, ServerId.None, 0));
        Feed.CatchUp(replica.State);
    }

    internal void SendSnapshot(Replica replica, ServerId follower)
    {
        RangeState state = replica.State;
        var configuration = new Configuration(state.Descriptor.Members, [], []);
        replica.Log.Raft.SendSnapshot(
            follower, new(state.AppliedIndex, state.AppliedTerm, configuration, RangeImage.Capture(state).ToArray()));
        MarkDirty(replica);
    }

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
