using Banyan.Primitives;

namespace Banyan.Raft;

/// <content>A follower's work: entries, snapshots, and the promise to its leader.</content>
public sealed partial class RaftGroup
{
    private void OnAppendEntries(AppendEntries m)
    {
        if (!AcceptLeader(m)) return;
        // The snapshot that waits takes this log's place: what was added and acknowledged meanwhile would go with it.
        if (_snapshotToInstall is not null) return;
        bool isGapless = true;
        for (int i = 0; i < m.Entries.Count; i++) isGapless &= m.Entries[i].Index.Value == m.PrevIndex.Value + 1 + (ulong)i;
        Invariant.Holds(isGapless);
        LogIndex last = new(m.PrevIndex.Value + (ulong)m.Entries.Count);
        if (!Mutation.Is("append-without-looking-back") && m.PrevIndex >= _log.CompactedIndex && (!_log.TryGetTerm(m.PrevIndex, out Term term) || term != m.PrevTerm))
        {
            (LogIndex hint, Term hintTerm) = _log.LastAtOrBelow(m.PrevIndex.Value > 0 ? m.PrevIndex.Previous : m.PrevIndex, m.PrevTerm);
            // The promise need not be durable for a refusal, so none is reported.
            _messagesNow.Add(new AppendEntriesReply(
                Self, m.From, Term, Success: false, m.PrevIndex, hint, hintTerm, _log.Committed, SupportEpoch: 0));
            return;
        }

        // Below the compacted index everything is committed here, and so agrees.
        _log.Merge(m.Entries);
        LogIndex commit = LogIndex.Min(m.Commit, last);
        if (commit > _log.Committed) _log.CommitTo(commit);
        Trace?.On(new(RaftStep.Accept, Term) { Previous = m.PrevIndex, Last = last, Commit = m.Commit });
        AcknowledgeAppend(m.From, last);
    }

    private void OnInstallSnapshot(InstallSnapshot m)
    {
        if (!AcceptLeader(m)) return;
        RaftSnapshot snapshot = m.Snapshot;
        if (snapshot.Index <= _log.Committed)
        {
            Trace?.On(new(RaftStep.Accept, Term) { Last = _log.Committed });
            AcknowledgeAppend(m.From, _log.Committed);
            return;
        }

        if (_log.TryGetTerm(snapshot.Index, out Term term) && term == snapshot.Term)
        {
            // All of it is here already, and the leader may have counted on what comes after.
            _log.CommitTo(snapshot.Index);
            Trace?.On(new(RaftStep.Accept, Term) { Last = snapshot.Index, Commit = snapshot.Index });
            AcknowledgeAppend(m.From, snapshot.Index);
            return;
        }

        _snapshotToInstall = snapshot;
    }

    /// <summary>Takes the sender for the leader of its term; false if the term is over.</summary>
    private bool AcceptLeader(RaftMessage m)
    {
        if (m.Term < Term)
        {
            // Tells a leader that has been away, or that we have been: either way the terms must meet.
            _messagesNow.Add(new AppendEntriesReply(
                Self, m.From, Term, Success: false, default, default, default, _log.Committed, SupportEpoch: 0));
            return false;
        }

        if (m.Term > Term || Role != RaftRole.Follower || Leader != m.From) BecomeFollower(m.Term, m.From);
        _electionElapsed = 0;
        _ticksWithoutWord = 0;
        (ulong epoch, bool supported) = _liveness.SupportFor(m.From);
        if (supported && (_promisedTo != m.From || _promisedEpoch != epoch))
        {
            _promisedTo = m.From;
            _promisedEpoch = epoch;
        }

        return true;
    }

    private void AcknowledgeAppend(ServerId leader, LogIndex index) =>
        _messagesAfterFlush.Add(new AppendEntriesReply(
            Self, leader, Term, Success: true, index, default, default, _log.Committed,
            _promisedTo == leader ? _promisedEpoch : 0));
}
