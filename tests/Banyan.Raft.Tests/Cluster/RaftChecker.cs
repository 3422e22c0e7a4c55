using Banyan.Primitives;

namespace Banyan.Raft.Tests.Cluster;

/// <summary>The claims of the Raft paper's figure 3, and of our leases, checked at every step of a cluster.</summary>
/// <remarks>
/// With <paramref name="consequencesOnly"/> the host's own duties (one vote a term on the wire, nothing acknowledged that
/// is not durable) are not looked at: a negative control must then show in what the cluster does.
/// </remarks>
internal sealed class RaftChecker(RaftCluster cluster, bool consequencesOnly)
{
    private readonly SortedDictionary<Term, ServerId> _leaders = [];
    private readonly SortedDictionary<(LogIndex Index, Term Term), (Term Previous, ulong Content)> _entries = [];
    private readonly List<(Term Term, Term CommittedIn)> _committed = [];
    private readonly List<(Term Term, ulong Hash)> _applied = [];
    private readonly SortedDictionary<(ServerId Voter, Term Term), ServerId> _votes = [];
    private readonly SortedDictionary<ServerId, Seen> _seen = [];

    private sealed class Seen
    {
        public Term Term { get; set; }

        public RaftRole Role { get; set; }

        public LogIndex Commit { get; set; }

        public Timestamp Lease { get; set; }
    }

    /// <summary>Elections won so far.</summary>
    public int Elections => _leaders.Count;

    /// <summary>The highest index that any member knew to be committed.</summary>
    public LogIndex Committed => new((ulong)_committed.Count);

    public void OnStarted(Member member)
    {
        if (!_seen.TryGetValue(member.Id, out Seen? seen)) _seen.Add(member.Id, seen = new());
        // The term may only be one that was not durable yet, and then nobody was told of it.
        (seen.Term, seen.Role, seen.Commit, seen.Lease) = (member.Group.Term, RaftRole.Follower, member.Group.CommitIndex, default);
    }

    public void OnStepped(Member member)
    {
        RaftGroup group = member.Group;
        Seen seen = _seen[member.Id];
        if (group.Term < seen.Term) Violated("term monotonic", $"{member.Id} went from {seen.Term} to {group.Term}");
        bool isNewLeader = group.Role == RaftRole.Leader && (seen.Role != RaftRole.Leader || seen.Term != group.Term);
        if (isNewLeader) OnElected(member);
        if (group.CommitIndex < seen.Commit) Violated("commit index monotonic", $"{member.Id} went from {seen.Commit} to {group.CommitIndex}");
        if (group.CommitIndex > group.LastIndex) Violated("only entries are committed", $"{member.Id} at {group.CommitIndex} of {group.LastIndex}");
        CheckLease(member, seen, isNewLeader);
        (seen.Term, seen.Role) = (group.Term, group.Role);
    }

    /// <summary>Called before the member's log takes the entries.</summary>
    public void OnEntries(Member member, IReadOnlyList<LogEntry> entries)
    {
        LogIndex first = entries[0].Index;
        if (member.Group.Role == RaftRole.Leader && entries.Any(e => e.Term == member.Group.Term) && first <= member.Log.LastIndex)
            Violated("leader append-only", $"{member.Id} of {member.Group.Term} overwrites {first} of {member.Log.LastIndex}");
        if (first <= _seen[member.Id].Commit) Violated("state machine safety", $"{member.Id} cuts {first}, committed to {_seen[member.Id].Commit}");
    }

    /// <summary>Called when entries become durable or are sent: before that a crash makes them never have been.</summary>
    public void OnKnown(ServerId member, Term previous, IReadOnlyList<LogEntry> entries)
    {
        foreach (LogEntry entry in entries)
        {
            ulong content = StableHash.Add((ulong)entry.Kind, entry.Payload.Span);
            if (!_entries.TryAdd((entry.Index, entry.Term), (previous, content)) && _entries[(entry.Index, entry.Term)] != (previous, content))
                Violated("log matching", $"{member} has another {entry.Index}{entry.Term}, or another entry before it");
            previous = entry.Term;
        }
    }

    /// <summary>Called when the member's log is what its group says.</summary>
    public void OnWorked(Member member)
    {
        Seen seen = _seen[member.Id];
        for (LogIndex i = seen.Commit.Next; i <= member.Group.CommitIndex; i = i.Next) OnCommitted(member, i);
        seen.Commit = member.Group.CommitIndex;
    }

    public void OnSnapshotInstalled(Member member)
    {
        AppliedState state = member.Applied;
        if (state.Index.Value > (ulong)_applied.Count || _applied[(int)state.Index.Value - 1] != (state.Term, state.Hash))
            Violated("state machine safety", $"{member.Id} was given another state at {state.Index}");
        _seen[member.Id].Commit = state.Index;
    }

    public void OnApplied(Member member, LogEntry entry)
    {
        int at = (int)entry.Index.Value - 1;
        (Term, ulong) state = (entry.Term, member.Applied.Hash);
        if (at > _applied.Count) Violated("applied in order", $"{member.Id} at {entry.Index}");
        if (at == _applied.Count) _applied.Add(state);
        else if (_applied[at] != state) Violated("state machine safety", $"{member.Id} applied another {entry.Index}");
        if (entry.Index > member.Group.CommitIndex) Violated("only committed entries are applied", $"{member.Id} at {entry.Index}");
    }

    public void OnSent(Member from, RaftMessage message)
    {
        if (message is AppendEntries append) OnKnown(append.From, append.PrevTerm, append.Entries);
        if (consequencesOnly) return;
        switch (message)
        {
            case RequestVoteReply { Granted: true, PreVote: false } m:
                OnVoted(m.From, m.Term, m.To);
                if (from.Disk.HardState.Term < m.Term || (from.Disk.HardState.Term == m.Term && from.Disk.HardState.Vote != m.To))
                    Violated("vote is durable before it is told", $"{m.From} to {m.To} in {m.Term}");
                break;
            case RequestVote { PreVote: false } m:
                OnVoted(m.From, m.Term, m.From);
                break;
            case AppendEntriesReply { Success: true } m:
                if (m.Index > from.Disk.Log.LastIndex) Violated("acknowledged is durable", $"{m.From} acknowledges {m.Index} of {from.Disk.Log.LastIndex}");
                if (m.SupportEpoch != 0 && from.Disk.HardState.Term == m.Term && (from.Disk.HardState.Leader, from.Disk.HardState.SupportEpoch) != (m.To, m.SupportEpoch)
                    && from.Disk.HardState.SupportEpoch <= m.SupportEpoch)
                    Violated("promise is durable before it is told", $"{m.From} to {m.To} under epoch {m.SupportEpoch}");
                break;
        }
    }

    /// <summary>Compares every log with what its group says; for the end of a run.</summary>
    public void CheckLogs()
    {
        foreach (Member member in cluster.Up)
        {
            RaftLogState log = member.Group.CaptureLog();
            Assert.Equal((member.Log.CompactedIndex, member.Log.CompactedTerm), (log.CompactedIndex, log.CompactedTerm));
            Assert.Equal(member.Log.Entries.Select(e => (e.Index, e.Term)), log.Entries.Select(e => (e.Index, e.Term)));
        }
    }

    private void OnElected(Member member)
    {
        Term term = member.Group.Term;
        if (!_leaders.TryAdd(term, member.Id) && _leaders[term] != member.Id)
            Violated("election safety", $"{_leaders[term]} and {member.Id} in {term}");
        // Its own first entry is not in this log yet, and what it was before is: ask the group.
        RaftLogState log = member.Group.CaptureLog();
        for (int i = (int)log.CompactedIndex.Value; i < _committed.Count; i++)
        {
            if (_committed[i].CommittedIn >= term) continue;
            int at = i - (int)log.CompactedIndex.Value;
            if (at >= log.Entries.Count || log.Entries[at].Term != _committed[i].Term)
                Violated("leader completeness", $"{member.Id}, leader of {term}, lacks #{i + 1}{_committed[i].Term}");
        }
    }

    private void OnCommitted(Member member, LogIndex index)
    {
        int at = (int)index.Value - 1;
        Term term = index <= member.Log.CompactedIndex ? _committed[at].Term : member.Log.TermAt(index);
        if (at > _committed.Count) Violated("committed in order", $"{member.Id} at {index}");
        if (at == _committed.Count) _committed.Add((term, member.Group.Term));
        else if (_committed[at].Term != term) Violated("state machine safety", $"{member.Id} committed another {index}: {term}, not {_committed[at].Term}");
    }

    private void OnVoted(ServerId voter, Term term, ServerId candidate)
    {
        if (!_votes.TryAdd((voter, term), candidate) && _votes[(voter, term)] != candidate)
            Violated("one vote a term", $"{voter} for {_votes[(voter, term)]} and {candidate} in {term}");
    }

    private void CheckLease(Member member, Seen seen, bool isNewLeader)
    {
        if (member.Liveness is null) return;
        Timestamp lease = member.Group.LeadSupportedUntil;
        if (member.Group.Role == RaftRole.Leader && !isNewLeader && lease < seen.Lease)
            Violated("lease never regresses", $"{member.Id} from {seen.Lease} to {lease}");
        seen.Lease = lease;
        if (lease <= cluster.Now && !isNewLeader) return;
        foreach (Member other in cluster.Up)
        {
            if (other != member && other.Group.Role == RaftRole.Leader && other.Group.LeadSupportedUntil > cluster.Now)
                Violated("leases disjoint", $"{member.Id} of {member.Group.Term} and {other.Id} of {other.Group.Term} at {cluster.Now}");
        }
    }

    private static void Violated(string claim, string detail) => throw new RaftViolation(claim, detail);
}
