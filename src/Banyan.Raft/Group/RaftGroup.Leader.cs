using Banyan.Primitives;

namespace Banyan.Raft;

/// <content>A leader's office: replication, commitment, its lease.</content>
public sealed partial class RaftGroup
{
    private long _uncommittedBytes;
    private int _ticksWithoutQuorum;
    private int _heartbeatElapsed;
    private int _checkElapsed;
    private Timestamp _leadSupportedUntil;

    /// <summary>
    /// No other member can be elected before this time: until then a quorum's promises stand. Zero for who does not
    /// lead. It never goes back within a term.
    /// </summary>
    public Timestamp LeadSupportedUntil
    {
        get
        {
            if (Role != RaftRole.Leader) return Timestamp.Zero;
            _leadSupportedUntil = Timestamp.Max(_leadSupportedUntil, SupportOfQuorum());
            return _leadSupportedUntil;
        }
    }

    /// <summary>Whether <see cref="LeadSupportedUntil"/> lies above a time. Mostly known without asking: it never goes back.</summary>
    public bool IsLeadSupportedAt(Timestamp time) =>
        Role == RaftRole.Leader && (time < _leadSupportedUntil || time < LeadSupportedUntil);

    /// <summary>Lets another member lead: once it has every entry, this one steps down and tells it to campaign.</summary>
    /// <remarks>Does nothing if it lags; the caller asks again.</remarks>
    public void TransferLeadership(ServerId to)
    {
        if (Role != RaftRole.Leader || to == Self || !_configuration.IsVoter(to)) return;
        if (!_progress.TryGetValue(to, out Progress? target) || target.Match != _log.LastIndex) return;
        // From here on it serves nothing, so that its lease cannot stand in the way of the next.
        BecomeFollower(Term, ServerId.None);
        _messagesNow.Add(new TimeoutNow(Self, to, Term));
    }

    private void BecomeLeader()
    {
        Invariant.Holds(Role == RaftRole.Candidate);
        Role = RaftRole.Leader;
        Leader = Self;
        _uncommittedBytes = 0;
        _ticksWithoutQuorum = 0;
        _heartbeatElapsed = 0;
        _checkElapsed = 0;
        _leadSupportedUntil = Timestamp.Zero;
        // Whatever it had promised has lapsed, or was waived by the leader that stepped down for it.
        (_promisedTo, _promisedEpoch) = (ServerId.None, 0);
        foreach (Progress member in _progress.Values)
        {
            member.Match = LogIndex.Zero;
            member.CommitKnown = member.CommitSent = LogIndex.Zero;
            member.SupportEpoch = 0;
            member.IsActive = true;
            member.TicksWaiting = 0;
            member.Probe(_log.LastIndex.Next);
        }

        // What was durable when the election began is still durable: it was written before this term's vote.
        _log.Append(new(Term, _log.LastIndex.Next, EntryKind.Empty, default));
        Trace?.On(new(RaftStep.BecomeLeader, Term));
    }

    private void LeaveOffice()
    {
        foreach (Progress member in _progress.Values) member.Probe(_log.LastIndex.Next);
    }

    private void TickLeader()
    {
        foreach (Progress follower in _followers)
        {
            if (IsSettled(follower))
            {
                follower.TicksWaiting = 0;
                continue;
            }

            follower.TicksWaiting++;
            int patience = follower.State == Progress.Mode.Snapshot ? _options.SnapshotTicks : _options.ResendTicks;
            if (follower.TicksWaiting >= patience)
            {
                // Something was lost: go back to what is known. A probe is the question what that is, and is asked again as
                // it was: from a follower that is down, nothing follows, least of all that it needs a snapshot.
                follower.TicksWaiting = 0;
                follower.CommitSent = follower.CommitKnown;
                follower.Probe(follower.State switch
                {
                    Progress.Mode.Probe => follower.Next,
                    Progress.Mode.Snapshot => _log.LastIndex.Next,
                    _ => follower.Match.Next,
                });
                SendAppend(follower, evenIfEmpty: true);
            }
            else if (follower.State == Progress.Mode.Replicate && follower.CommitSent < _log.Committed)
            {
                SendAppend(follower, evenIfEmpty: true);
            }
        }

        if (_liveness.Enabled)
        {
            _ticksWithoutQuorum = LeadSupportedUntil > _liveness.Now ? 0 : _ticksWithoutQuorum + 1;
        }
        else
        {
            if (++_heartbeatElapsed >= _options.HeartbeatTicks)
            {
                _heartbeatElapsed = 0;
                foreach (Progress follower in _followers)
                {
                    if (!follower.IsPaused) SendAppend(follower, evenIfEmpty: true);
                }
            }

            if (++_checkElapsed >= _options.ElectionTicks)
            {
                _checkElapsed = 0;
                bool quorum = _configuration.IsQuorum(s => s == Self || _progress[s].IsActive);
                _ticksWithoutQuorum = quorum ? 0 : _options.ElectionTicks;
                foreach (Progress follower in _followers) follower.IsActive = false;
            }
        }

        // Check-quorum: who cannot reach a quorum stops saying that it leads.
        if (_ticksWithoutQuorum >= _options.ElectionTicks) BecomeFollower(Term, ServerId.None);
    }

    private bool IsLeaderQuiet()
    {
        foreach (Progress follower in _followers)
        {
            if (!IsSettled(follower)) return false;
        }

        return LeadSupportedUntil > _liveness.Now;
    }

    /// <summary>Whether a follower has everything, knows that it is committed, and has promised its support.</summary>
    private bool IsSettled(Progress follower) =>
        follower.Match == _log.LastIndex && follower.CommitKnown == _log.Committed
        && (!_liveness.Enabled || IsPromised(follower) || !CanPromise(follower));

    private bool IsPromised(Progress follower) =>
        follower.SupportEpoch != 0 && follower.SupportEpoch == _liveness.SupportFrom(follower.Server).Epoch;

    /// <summary>Whether it supports this server, so that asking it for a promise makes sense.</summary>
    private bool CanPromise(Progress follower) => _liveness.SupportFrom(follower.Server).Expiration > _liveness.Now;

    private bool AnythingToSend()
    {
        foreach (Progress follower in _followers)
        {
            if (MaySend(follower) && follower.Next <= _log.LastIndex) return true;
        }

        return false;
    }

    private bool MaySend(Progress follower) => follower.State switch
    {
        Progress.Mode.Probe => !follower.IsPaused,
        Progress.Mode.Replicate => follower.InFlightMessages < _options.InFlightMessagesMax
            && follower.InFlightBytes < _options.InFlightBytesMax,
        _ => false,
    };

    private void SendAppends()
    {
        foreach (Progress follower in _followers)
        {
            while (MaySend(follower) && follower.Next <= _log.LastIndex) SendAppend(follower, evenIfEmpty: false);
        }
    }

    private void SendAppend(Progress follower, bool evenIfEmpty)
    {
        if (follower.State == Progress.Mode.Snapshot) return;
        LogIndex previous = follower.Next.Previous;
        if (!_log.TryGetTerm(previous, out Term previousTerm))
        {
            // What it needs is gone. The host takes a snapshot when it gets to it.
            follower.AwaitSnapshot(_log.CompactedIndex);
            _snapshotRequests.Add(follower.Server);
            return;
        }

        IReadOnlyList<LogEntry> entries = _log.Slice(follower.Next, _log.LastIndex, _options.MessageBytesMax);
        if (entries.Count == 0 && !evenIfEmpty) return;
        if (follower.State == Progress.Mode.Replicate)
        {
            if (entries.Count > 0)
            {
                if (!MaySend(follower))
                {
                    entries = [];
                }
                else
                {
                    int bytes = 0;
                    foreach (LogEntry entry in entries) bytes += entry.Payload.Length;
                    follower.Next = entries[^1].Index.Next;
                    follower.Sent(entries[^1].Index, bytes);
                }
            }
        }
        else
        {
            follower.IsPaused = true;
        }

        follower.CommitSent = _log.Committed;
        _messagesNow.Add(new AppendEntries(Self, follower.Server, Term, previous, previousTerm, entries, _log.Committed));
    }

    private void OnAppendEntriesReply(AppendEntriesReply m)
    {
        if (m.Term > Term)
        {
            BecomeFollower(m.Term, ServerId.None);
            // Nobody else may be electable while our support stands, so do not make the group wait.
            _electionTimeout = 1 + _random.Next(PreVoteTicks * 2);
            return;
        }

        if (m.Term < Term || Role != RaftRole.Leader) return;
        Progress follower = _progress[m.From];
        follower.IsActive = true;
        if (m.SupportEpoch > follower.SupportEpoch) follower.SupportEpoch = m.SupportEpoch;
        if (!m.Success)
        {
            OnRefusedAppend(follower, m);
            return;
        }

        Invariant.Holds(m.Index <= _log.LastIndex);
        // It may also know less than before: what a member knows to be committed is not durable. An answer that was
        // overtaken only costs one more message.
        follower.CommitKnown = m.Commit;
        follower.TicksWaiting = 0;
        follower.Acknowledged(m.Index);
        bool isNews = m.Index > follower.Match;
        if (isNews) follower.Match = m.Index;
        if (follower.Next <= follower.Match) follower.Next = follower.Match.Next;
        if (follower.State == Progress.Mode.Probe
            || (follower.State == Progress.Mode.Snapshot && follower.Match >= follower.SnapshotIndex && isNews))
            follower.Replicate();
        if (isNews) AdvanceCommit();
    }

    private void OnRefusedAppend(Progress follower, AppendEntriesReply m)
    {
        // Answers may come late and out of order: what is known to match stays known.
        if (m.Index <= follower.Match || follower.State == Progress.Mode.Snapshot) return;
        if (follower.State == Progress.Mode.Probe && m.Index != follower.Next.Previous) return;
        (LogIndex hint, _) = _log.LastAtOrBelow(m.HintIndex, m.HintTerm);
        follower.TicksWaiting = 0;
        follower.Probe(LogIndex.Min(hint.Next, m.Index));
        SendAppend(follower, evenIfEmpty: true);
    }

    private void AdvanceCommit()
    {
        LogIndex agreed = _log.LastIndex;
        // Three to seven members: looking for the largest index that a quorum has is cheapest by trying each member's.
        LogIndex best = _log.Committed;
        foreach (Progress candidate in _progress.Values)
        {
            LogIndex at = LogIndex.Min(candidate.Match, agreed);
            if (at > best && IsOnQuorum(at)) best = at;
        }

        // Only entries of one's own term are committed by counting (Raft paper, figure 8).
        if (best <= _log.Committed || !_log.TryGetTerm(best, out Term term) || (term != Term && !Mutation.Is("commit-an-older-term"))) return;
        for (LogIndex i = _log.Committed.Next; i <= best; i = i.Next)
        {
            LogEntry entry = _log.At(i);
            if (entry.Term == Term) _uncommittedBytes -= entry.Payload.Length;
        }

        _log.CommitTo(best);
        Trace?.On(new(RaftStep.Commit, Term) { Last = best });
        Progress self = _progress[Self];
        self.CommitKnown = best;
    }

    private bool IsOnQuorum(LogIndex index)
    {
        return HasMajority(_configuration.Voters, index)
            && (!_configuration.IsJoint || HasMajority(_configuration.OutgoingVoters, index));
    }

    private bool HasMajority(System.Collections.Immutable.ImmutableArray<ServerId> voters, LogIndex index)
    {
        int count = 0;
        foreach (ServerId voter in voters)
        {
            if (_progress[voter].Match >= index) count++;
        }

        if (Mutation.Is("commit-without-a-quorum")) return count >= 1;
        return count * 2 > voters.Length;
    }

    private Timestamp SupportOfQuorum()
    {
        Timestamp support = SupportOfMajority(_configuration.Voters);
        return _configuration.IsJoint ? Timestamp.Min(support, SupportOfMajority(_configuration.OutgoingVoters)) : support;
    }

    private Timestamp SupportOfMajority(System.Collections.Immutable.ImmutableArray<ServerId> voters)
    {
        Timestamp best = Timestamp.Zero;
        foreach (ServerId candidate in voters)
        {
            Timestamp until = SupportOf(candidate);
            if (until <= best) continue;
            int count = 0;
            foreach (ServerId voter in voters)
            {
                if (SupportOf(voter) >= until) count++;
            }

            if (count * 2 > voters.Length) best = until;
        }

        return best;
    }

    private Timestamp SupportOf(ServerId voter)
    {
        if (voter == Self) return Timestamp.MaxValue;
        ulong promised = _progress[voter].SupportEpoch;
        (ulong epoch, Timestamp expiration) = _liveness.SupportFrom(voter);
        return promised != 0 && promised == epoch ? expiration : Timestamp.Zero;
    }
}
