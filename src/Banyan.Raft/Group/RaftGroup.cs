using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>
/// One member of one replicated log (Ongaro and Ousterhout, "In search of an understandable consensus algorithm"), with
/// pre-vote, check-quorum, pipelined appends, snapshots, and leases on store liveness.
/// </summary>
/// <remarks>
/// Messages, ticks and finished writes come in; a <see cref="Ready"/> goes out. It never waits, reads no clock of its
/// own and draws random numbers only from the source that it was given: the same input gives the same output.
/// </remarks>
public sealed partial class RaftGroup
{
    private readonly RaftOptions _options;
    private readonly IStoreLiveness _liveness;
    private readonly SeededRandom _random;
    private readonly RaftLog _log;
    private readonly SortedDictionary<ServerId, Progress> _progress = [];
    private readonly List<Progress> _followers = [];
    private readonly Configuration _configuration;

    private List<RaftMessage> _messagesNow = [];
    private List<RaftMessage> _messagesAfterFlush = [];
    private List<ServerId> _snapshotRequests = [];
    private RaftSnapshot? _snapshotToInstall;
    private HardState _written;
    private ServerId _vote;
    private ServerId _promisedTo;
    private ulong _promisedEpoch;
    private ulong _writes;

    /// <summary>Starts a member, as a follower.</summary>
    /// <param name="options">The knobs.</param>
    /// <param name="self">Which member this is.</param>
    /// <param name="configuration">All members.</param>
    /// <param name="state">What was durable; <see cref="RaftLogState.Empty"/> for a new one.</param>
    /// <param name="liveness">Support between servers.</param>
    /// <param name="random">For election timeouts.</param>
    /// <param name="trace">Hears what it does; null for nobody.</param>
    public RaftGroup(
        RaftOptions options, ServerId self, Configuration configuration, RaftLogState state, IStoreLiveness liveness,
        SeededRandom random, IRaftTrace? trace = null)
    {
        Trace = trace;
        _options = options;
        Self = self;
        _configuration = configuration;
        _liveness = liveness;
        _random = random;
        _log = new(state);
        _written = state.HardState;
        Term = state.HardState.Term;
        _vote = Mutation.Is("forget-the-vote-on-restart") ? ServerId.None : state.HardState.Vote;
        _promisedTo = state.HardState.Leader;
        _promisedEpoch = state.HardState.SupportEpoch;
        Invariant.Holds(_log.LastTerm <= Term);
        foreach (ServerId member in configuration.Members())
        {
            var progress = new Progress(member);
            _progress.Add(member, progress);
            if (member != self) _followers.Add(progress);
        }

        ResetElectionTimer();
        Trace?.On(new(RaftStep.Restart, Term) { Server = _vote, Last = _log.LastIndex, LastTerm = _log.LastTerm, Commit = _log.Committed });
    }

    /// <summary>Hears what it does; null for nobody.</summary>
    public IRaftTrace? Trace { get; }

    /// <summary>Which member this is.</summary>
    public ServerId Self { get; }

    /// <summary>What it is at the moment.</summary>
    public RaftRole Role { get; private set; } = RaftRole.Follower;

    /// <summary>The latest term that it has seen.</summary>
    public Term Term { get; private set; }

    /// <summary>The leader of this term, as far as is known.</summary>
    public ServerId Leader { get; private set; }

    /// <summary>Known to be committed.</summary>
    public LogIndex CommitIndex => _log.Committed;

    /// <summary>The last entry, committed or not.</summary>
    public LogIndex LastIndex => _log.LastIndex;

    /// <summary>The last index that was compacted away.</summary>
    public LogIndex CompactedIndex => _log.CompactedIndex;

    /// <summary>Payload bytes that the log keeps in memory.</summary>
    public long LogBytes => _log.Bytes;

    /// <summary>Term, vote, commit index and promise as they are now, durable or not.</summary>
    public HardState HardState => new(Term, _vote, _log.Committed, _promisedTo, _promisedEpoch);

    /// <summary>Whether <see cref="TakeReady"/> has anything to say.</summary>
    public bool HasReady =>
        _snapshotToInstall is not null || _messagesNow.Count > 0 || _messagesAfterFlush.Count > 0 || _snapshotRequests.Count > 0
        || _log.Applied < _log.Committed || _log.Unwritten <= _log.LastIndex || MustWriteHardState
        || (Role == RaftRole.Leader && AnythingToSend());

    // The commit index alone is not worth a flush: it goes along with the next entries.
    private bool MustWriteHardState => HardState with { Commit = _written.Commit } != _written;

    /// <summary>Takes all that is to be done now. The caller does it before it calls this again.</summary>
    public Ready TakeReady()
    {
        if (_snapshotToInstall is { } snapshot)
        {
            // Installing it is what everything else waits for.
            _snapshotToInstall = null;
            return new() { SnapshotToInstall = snapshot };
        }

        if (Role == RaftRole.Leader) SendAppends();
        IReadOnlyList<LogEntry> entries = _log.TakeUnwritten();
        HardState? hardState = null;
        if (MustWriteHardState || (entries.Count > 0 && HardState != _written)) hardState = _written = HardState;
        bool writes = hardState is not null || entries.Count > 0 || _messagesAfterFlush.Count > 0;
        if (writes) TraceWrite();

        return new()
        {
            Write = writes ? _writes : 0,
            HardState = hardState,
            EntriesToAppend = entries,
            MessagesNow = Taken(ref _messagesNow),
            MessagesAfterFlush = Taken(ref _messagesAfterFlush),
            Committed = _log.TakeCommitted(_options.CommittedEntriesMax),
            SnapshotRequests = Taken(ref _snapshotRequests),
        };
    }

    /// <summary>Takes a message of another member; one that is not for this group is ignored.</summary>
    public void Step(RaftMessage message)
    {
        if (message.To != Self || message.From == Self || !_configuration.Contains(message.From)) return;
        switch (message)
        {
            case AppendEntries m:
                OnAppendEntries(m);
                break;
            case AppendEntriesReply m:
                OnAppendEntriesReply(m);
                break;
            case RequestVote m:
                OnRequestVote(m);
                break;
            case RequestVoteReply m:
                OnRequestVoteReply(m);
                break;
            case InstallSnapshot m:
                OnInstallSnapshot(m);
                break;
            case TimeoutNow m:
                OnTimeoutNow(m);
                break;
            default:
                Invariant.Unreachable(message.GetType().Name);
                break;
        }
    }

    /// <summary>Time passes.</summary>
    public void Tick()
    {
        if (Role == RaftRole.Leader) TickLeader();
        else TickElection();
    }

    /// <summary>
    /// Whether ticks change nothing until a message comes, a proposal, or a change of support between servers: ten
    /// thousand idle groups then cost nothing.
    /// </summary>
    public bool IsQuiet => _liveness.Enabled && !HasReady && (Role switch
    {
        RaftRole.Leader => IsLeaderQuiet(),
        RaftRole.Follower => !Leader.IsNone && Leader == _promisedTo && SupportsPromised() && KnowsAllCommitted,
        _ => false,
    });

    /// <summary>Proposes an entry; false if this member does not lead or too much is uncommitted.</summary>
    public bool TryPropose(ReadOnlyMemory<byte> payload, out LogIndex index, out Term term)
    {
        index = _log.LastIndex.Next;
        term = Term;
        if (Role != RaftRole.Leader || _uncommittedBytes > _options.UncommittedBytesMax) return false;
        _uncommittedBytes += payload.Length;
        _log.Append(new(Term, index, EntryKind.Command, payload));
        Trace?.On(new(RaftStep.Propose, Term) { Last = index });
        return true;
    }

    /// <summary>The host has made all durable that a <see cref="Ready"/> asked for, and those before it.</summary>
    public void OnFlushed(Ready ready)
    {
        if (ready.Write > 0) Trace?.On(new(RaftStep.Flush, Term) { Write = ready.Write });
        if (ready.HardState is { } state && state.Vote == Self) OnVotedForSelf(state.Term);
        if (ready.EntriesToAppend.Count > 0) OnAppended(ready.EntriesToAppend[^1]);
    }

    private void OnAppended(LogEntry entry)
    {
        // Meanwhile another leader may have replaced it.
        if (Role != RaftRole.Leader || !_log.TryGetTerm(entry.Index, out Term now) || now != entry.Term) return;
        Progress self = _progress[Self];
        if (entry.Index <= self.Match) return;
        self.Match = entry.Index;
        AdvanceCommit();
    }

    /// <summary>The host has put a snapshot in place of its state.</summary>
    public void OnSnapshotInstalled(RaftSnapshot snapshot)
    {
        _log.Reset(snapshot.Index, snapshot.Term);
        Trace?.On(new(RaftStep.Install, Term) { Last = snapshot.Index, LastTerm = snapshot.Term });
        if (!Leader.IsNone) AcknowledgeAppend(Leader, snapshot.Index);
    }

    /// <summary>Answers a request of <see cref="Ready.SnapshotRequests"/>.</summary>
    public void SendSnapshot(ServerId to, RaftSnapshot snapshot)
    {
        if (Role != RaftRole.Leader || !_progress.TryGetValue(to, out Progress? progress)) return;
        progress.AwaitSnapshot(snapshot.Index);
        _messagesNow.Add(new InstallSnapshot(Self, to, Term, snapshot));
    }

    /// <summary>Forgets entries that a checkpoint or a snapshot covers.</summary>
    public void Compact(LogIndex through) => _log.Compact(through);

    /// <summary>
    /// The last entry that may go so that about so much stays: nothing that is not applied, and nothing that a follower
    /// which answers has still to get.
    /// </summary>
    public LogIndex CompactableThrough(ulong entriesKept, long bytesKept)
    {
        LogIndex through = _log.TrimPoint(entriesKept, bytesKept);
        if (Role != RaftRole.Leader) return through;
        foreach (Progress follower in _followers)
        {
            if (follower.State == Progress.Mode.Replicate) through = LogIndex.Min(through, follower.Match);
        }

        return through;
    }

    /// <summary>The log as it is, for a checkpoint that is consistent with <see cref="RaftLogState.AppliedIndex"/>.</summary>
    public RaftLogState CaptureLog()
    {
        Trace?.On(new(RaftStep.Checkpoint, Term) { Last = _log.LastIndex, LastTerm = _log.LastTerm, Commit = _log.Committed });
        return new(
            HardState, _log.CompactedIndex, _log.CompactedTerm,
            _log.Slice(_log.CompactedIndex.Next, _log.LastIndex, long.MaxValue), _log.Applied);
    }

    private void TraceWrite()
    {
        _writes++;
        Trace?.On(new(RaftStep.Write, Term)
        {
            Server = _vote,
            Last = _log.LastIndex,
            LastTerm = _log.LastTerm,
            Commit = _written.Commit,
            Write = _writes,
        });
    }

    private static List<T> Taken<T>(ref List<T> list)
    {
        if (list.Count == 0) return Empty<T>.List;
        List<T> taken = list;
        list = [];
        return taken;
    }

    private static class Empty<T>
    {
        public static readonly List<T> List = new(0);
    }

    private void BecomeFollower(Term term, ServerId leader)
    {
        Invariant.Holds(term >= Term);
        if (term > Term)
        {
            Term = term;
            _vote = ServerId.None;
            Trace?.On(new(RaftStep.LearnTerm, Term));
        }
        else
        {
            Invariant.Holds(Leader.IsNone || leader.IsNone || Leader == leader, "one leader a term");
            if (Role is RaftRole.Leader or RaftRole.Candidate) Trace?.On(new(RaftStep.StepDown, Term));
        }

        if (Role == RaftRole.Leader) LeaveOffice();
        Role = RaftRole.Follower;
        Leader = leader;
        ResetElectionTimer();
    }
}
