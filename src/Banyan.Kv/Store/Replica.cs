using Banyan.Kv.Closing;
using Banyan.Kv.Commands;
using Banyan.Kv.Leases;
using Banyan.Kv.Log;
using Banyan.Kv.Ranges;
using Banyan.Kv.Requests;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Store;

/// <summary>
/// One server's copy of a range, and, while this server holds the lease, the one that serves it.
/// </summary>
/// <remarks>
/// The way of a request:
/// <code>
///             lease? span?          conflicts?            stamp            log              apply
/// request ──► NotLeaseholder  ──►  wait: push,     ──►   above reads, ──► entry,    ──►   evaluate ──► reply
///             WrongRange           then start again      closed, taken    replicated      (RangeState)
///                                        ▲                                                   │
///                                        └──────────── Conflict, TooOld ◄────────────────────┘
/// </code>
/// Reads take the same way without the log: they wait for commands in flight at or below their timestamp, for intents,
/// and leave their timestamp in the cache, so that no later command can write below what they saw.
/// </remarks>
public sealed partial class Replica
{
    private readonly Store _store;
    private readonly EntryBatch _batch = new();
    private List<Proposal> _batchProposals = [];
    private readonly Queue<InFlightEntry> _inFlight = new();
    private readonly List<CommandOutcome> _outcomes = [];
    private readonly List<Parked> _waitingForApply = [];
    private readonly Queue<Parked> _retry = new();
    private Timestamp _promisedClosed;
    private Term _leaseProposedIn;
    private int _parked;

    private sealed record Proposal(Command Command, Action<CommandOutcome?> Done);

    private sealed record InFlightEntry(LogIndex Index, Term Term, List<Proposal> Proposals);

    // A request that waits for something; it starts again from the beginning when that has come.
    private sealed record Parked(RequestBody Body, Action<ReplyBody> Reply, Timestamp Deadline);

    internal Replica(Store store, RangeState state, RaftReplicatedLog log)
    {
        _store = store;
        State = state;
        Log = log;
    }

    // The store's own notes: in its queue of those with work, among those that are ticked, waiting for a flush.
    internal bool IsDirty;
    internal bool IsAwake;
    internal bool AwaitsFlush;
    internal bool IsGone;
    internal (ulong Generation, ulong Lease) Gossiped;

    // The notes of ClosedTimestamps.
    internal bool IsOpen;
    internal bool IsNoteDue;
    internal bool IsPromised;
    internal ClosedStream? SettledIn;

    /// <summary>The range.</summary>
    public RangeId Id => State.Descriptor.Id;

    /// <summary>What is applied here.</summary>
    public RangeState State { get; private set; }

    /// <summary>The log.</summary>
    public RaftReplicatedLog Log { get; }

    /// <summary>No later command writes at or below it. Never goes back.</summary>
    public Timestamp Closed => SettledIn is { } stream ? Timestamp.Max(State.Closed, stream.Closed) : State.Closed;

    /// <summary>The cut at which a reader sees no half of a transaction: nothing at or below it will change.</summary>
    public Timestamp Resolved => Timestamp.Min(Closed, State.Intents.Oldest.Previous);

    /// <summary>Reads served up to where: only meaningful while this server holds the lease.</summary>
    public TimestampCache Served { get; private set; } = new();

    /// <summary>Whether the state is there; a replica that was made for a message of an unknown range waits for a snapshot.</summary>
    public bool IsInitialized => State.Descriptor.Generation > 0;

    /// <summary>Whether this server may serve at a timestamp, as far as its clock and its support say.</summary>
    /// <remarks>Invariant 8: no other server can, until our support has run out on the clocks of a majority.</remarks>
    public bool HoldsLeaseAt(Timestamp timestamp)
    {
        if (!Log.IsLeader || State.Lease.Holder != _store.Self || State.Lease.Term != Log.Fence) return false;
        if (Mutation.Is("serve-after-the-lease")) return true;
        return Log.HoldsLeaseAt(Timestamp.Max(timestamp, _store.Clock.Reading).Add(_store.Options.MaxOffsetMicroseconds));
    }

    // What ends the wait of others is turned away last, or never: only that way does a full queue get shorter.
    private int WaitingMaxFor(RequestBody body) => body switch
    {
        CommandBody or DependentsBody or RefreshBody => int.MaxValue, // a refresh waits for no lock
        WriteBody b when State.Records.ContainsKey(b.Command.Meta.Id) => int.MaxValue,
        PushBody => 2 * _store.Options.WaitingRequestsMax,
        _ => _store.Options.WaitingRequestsMax,
    };

    /// <summary>Handles a request, or parks it; <paramref name="reply"/> is called once, now or later.</summary>
    public void Handle(RequestBody body, Action<ReplyBody> reply) =>
        Handle(new Parked(body, reply, _store.Clock.Reading.Add(_store.Options.RequestTimeoutMicroseconds)));

    private void Handle(Parked request)
    {
        if (request.Body is ReadBody { AnyReplica: true } read && TryFollowerRead(read, request.Reply)) return;
        if (!HoldsLeaseAt(Timestamp.Zero))
        {
            request.Reply(NotLeaseholder());
            return;
        }

        if (_parked >= WaitingMaxFor(request.Body) || _store.Probes.Buggify("overloaded"))
        {
            request.Reply(new ReplyBody.Overloaded());
            return;
        }

        switch (request.Body)
        {
            case ReadBody b:
                HandleRead(b, request);
                break;
            case RefreshBody b:
                HandleRefresh(b, request);
                break;
            case WriteBody b:
                HandleWrite(b, request);
                break;
            case PushBody b:
                HandlePush(b, request);
                break;
            case DependentsBody b:
                request.Reply(new ReplyBody.Dependents(DependentsOf(b.Id)));
                break;
            case CommandBody b:
                HandleCommand(b, request);
                break;
            default:
                Invariant.Unreachable(request.Body.GetType().Name);
                break;
        }
    }

    private ReplyBody.NotLeaseholder NotLeaseholder()
    {
        ServerId hint = Log.IsLeader ? ServerId.None : Log.Leader;
        return new(Id, hint == _store.Self ? ServerId.None : hint);
    }

    private ReplyBody.WrongRange WrongRange() => new(State.Descriptor);

    private void HandleCommand(CommandBody body, Parked request)
    {
        if (!State.Descriptor.Span.Contains(body.RoutingKey))
        {
            request.Reply(WrongRange());
            return;
        }

        Propose(body.Command, outcome => request.Reply(ToReply(outcome)));
    }

    private ReplyBody ToReply(CommandOutcome? outcome) => outcome switch
    {
        null => new ReplyBody.Unknown(),
        CommandOutcome.Void => HoldsLeaseAt(Timestamp.Zero) ? WrongRange() : NotLeaseholder(),
        CommandOutcome.NotProposed => HoldsLeaseAt(Timestamp.Zero) ? new ReplyBody.Overloaded() : NotLeaseholder(),
        _ => new ReplyBody.Applied(outcome),
    };

    // Puts a command into the entry under way. Done gets its outcome, or null if that cannot be known.
    private void Propose(Command command, Action<CommandOutcome?> done)
    {
        _batch.Add(command);
        _batchProposals.Add(new(command, done));
        _store.MarkDirty(this);
        if (_batch.Bytes >= _store.Options.EntryBytesMax || _store.Probes.Buggify("an entry of one command")) AppendBatch();
    }

    private void AppendBatch()
    {
        if (_batch.Count == 0) return;
        _promisedClosed = Timestamp.Max(PromisedClosed, ClosedTarget());
        var header = new EntryHeader(State.Lease.Sequence, _promisedClosed, State.AppliedIndex, State.Hash, 0);
        List<Proposal> proposals = _batchProposals;
        _batchProposals = [];
        byte[] payload = _batch.Take(header);
        if (Log.TryAppend(payload, out LogIndex index))
        {
            _inFlight.Enqueue(new(index, Log.Fence, proposals));
            return;
        }

        foreach (Proposal proposal in proposals)
        {
            ForgetInFlightKeys(proposal.Command);
            proposal.Done(new CommandOutcome.NotProposed());
        }
    }

    private Timestamp ClosedTarget()
    {
        Timestamp target = _store.Clock.Reading.Add(-_store.Options.ClosedLagMicroseconds);
        return HoldsLeaseAt(Timestamp.Zero) ? Timestamp.Max(target, State.Lease.Start.Previous) : Timestamp.Zero;
    }

    /// <summary>Does what is due now: leases, closed timestamps, requests that waited too long.</summary>
    internal void Tick()
    {
        // Without its state it may vote and take a snapshot, but it never campaigns.
        if (!IsInitialized) return;
        Log.Tick();
        ProposeLease();
        if (Log.IsLeader && _store.Probes.Buggify("give the lease away")) GiveAway();
        ExpireParked();
        TickPushes();
        TickHousekeeping();
    }

    /// <summary>
    /// Whether ticks change nothing until something comes in or support between servers changes; housekeeping has its
    /// own, slower round.
    /// </summary>
    internal bool IsQuiet => !IsInitialized || (
        Log.IsQuiet && _parked == 0 && _batch.Count == 0 && _inFlight.Count == 0 && _retry.Count == 0 && _pushWaiters.Count == 0
        && _pushesUnderWay.Count == 0 && State.Intents.Count == 0 && (!Log.IsLeader || _leaseProposedIn == Log.Fence));

    // The first entry of a new term proves that all earlier ones are known; only then may a lease begin.
    private void ProposeLease()
    {
        if (!Log.IsLeader || _leaseProposedIn == Log.Fence || State.AppliedTerm != Log.Fence) return;
        if (Log.LeaseUntil <= _store.Clock.Reading || !_store.Liveness.IsOpen) return;
        _leaseProposedIn = Log.Fence;
        Timestamp start = _store.Clock.Now();
        start = Timestamp.Max(start, Timestamp.Max(State.Lease.Start, State.Closed).Next);
        if (Mutation.Is("begin-a-lease-in-the-past")) start = State.Lease.Start.Next;
        Propose(
            new LeaseCommand(new(_store.Self, State.Lease.Sequence + 1, Log.Fence, start, _store.Options.RecordsKeptMicroseconds)),
            outcome =>
            {
                if (outcome is not CommandOutcome.Done) _leaseProposedIn = default;
            });
    }

    private void GiveAway()
    {
        ServerId next = State.Descriptor.Members[(int)(State.AppliedIndex.Value % (ulong)State.Descriptor.Members.Length)];
        if (next != _store.Self) Log.TransferTo(next);
    }

    private void OnLeaseBegun()
    {
        _store.Probes.Sometimes("a lease begins");
        if (_parked > 0) _store.Probes.Sometimes("a lease begins while requests wait");
        Served = new();
        if (!Mutation.Is("lose-the-low-water-mark")) Served.RaiseLowWater(State.Lease.Start);
        _promisedClosed = State.Closed;
        TurnPushWaitersAway();
    }

    /// <summary>Appends what was proposed in this round.</summary>
    internal void FlushProposals() => AppendBatch();

    /// <summary>Applies an entry that the log says is committed.</summary>
    internal void Apply(LogEntry entry)
    {
        Lease before = State.Lease;
        _outcomes.Clear();
        if (entry.Kind == EntryKind.Command) State.Apply(entry.Index, entry.Term, entry.Payload.Span, _outcomes, _store.Options.Trace);
        else State.ApplyEmpty(entry.Index, entry.Term);

        if (State.Lease != before && State.Lease.Holder == _store.Self && State.Lease.Term == Log.Fence) OnLeaseBegun();
        if (State.SplitOff is { } right)
        {
            State.SplitOff = null;
            _store.OnSplit(this, right);
        }

        // Entries of an earlier leadership that lost their place are known to be lost now.
        while (_inFlight.TryPeek(out InFlightEntry? lost) && lost.Index < entry.Index) Lose(_inFlight.Dequeue());
        if (_inFlight.TryPeek(out InFlightEntry? mine) && mine.Index == entry.Index)
        {
            _inFlight.Dequeue();
            if (mine.Term == entry.Term)
            {
                CommandOutcome[] outcomes = [.. _outcomes];
                for (int i = 0; i < mine.Proposals.Count; i++)
                {
                    ForgetInFlightKeys(mine.Proposals[i].Command);
                    mine.Proposals[i].Done(outcomes[i]);
                }
            }
            else
            {
                Lose(mine);
            }
        }

        OnRecordsMayHaveChanged(_outcomes);
        if (_waitingForApply.Count > 0)
        {
            foreach (Parked parked in _waitingForApply) Unpark(parked);
            _waitingForApply.Clear();
        }

        _store.OnApplied(this);
    }

    // Another entry was committed in its place: it never was, and never will be, part of the log.
    private void Lose(InFlightEntry entry)
    {
        _store.Probes.Sometimes("a proposal is lost to another leader's entry");
        foreach (Proposal proposal in entry.Proposals)
        {
            ForgetInFlightKeys(proposal.Command);
            proposal.Done(new CommandOutcome.Void());
        }
    }

    /// <summary>Replaces the whole state by a leader's snapshot.</summary>
    internal void Install(RangeState state)
    {
        Invariant.Holds(state.AppliedIndex > State.AppliedIndex);
        State = state;
        while (_inFlight.TryPeek(out InFlightEntry? entry) && entry.Index <= state.AppliedIndex)
        {
            // It may be in the snapshot or not: nobody here can tell.
            _inFlight.Dequeue();
            foreach (Proposal proposal in entry.Proposals)
            {
                ForgetInFlightKeys(proposal.Command);
                proposal.Done(null);
            }
        }

        _store.OnSnapshotInstalled(this);
    }

    private void Park(List<Parked> where, Parked request)
    {
        where.Add(request);
        _parked++;
    }

    private void Unpark(Parked request)
    {
        _parked--;
        _retry.Enqueue(request);
        _store.MarkDirty(this);
    }

    /// <summary>Starts requests again whose reason to wait is gone.</summary>
    internal void Retry()
    {
        for (int n = _retry.Count; n > 0; n--) Handle(_retry.Dequeue());
    }

    private void ExpireParked()
    {
        if (_parked == 0) return;
        bool serving = HoldsLeaseAt(Timestamp.Zero);
        Expire(_waitingForApply, serving);
        foreach (PushUnderWay push in _pushesUnderWay.Values) Expire(push.Waiting, serving);
    }

    private void Expire(List<Parked> parked, bool serving)
    {
        Timestamp now = _store.Clock.Reading;
        for (int i = parked.Count - 1; i >= 0; i--)
        {
            if (serving && parked[i].Deadline > now) continue;
            Parked request = parked[i];
            parked.RemoveAt(i);
            _parked--;
            // Nothing of it was proposed: the sender may look elsewhere.
            request.Reply(serving ? new ReplyBody.Overloaded() : NotLeaseholder());
        }
    }

    // Nothing that is not in the log yet may be stamped at or below it.
    private Timestamp PromisedClosed =>
        IsPromised ? Timestamp.Max(_promisedClosed, _store.Closing.Promised) : _promisedClosed;

    /// <summary>The entry after which this server's closed timestamp holds; false if it may promise nothing here.</summary>
    internal bool TryNote(out ClosedRange note)
    {
        note = new(Id, Log.Fence, Log.LastIndex);
        return IsInitialized && _batch.Count == 0 && HoldsLeaseAt(Timestamp.Zero);
    }

    /// <summary>From here on the server's closed timestamp says nothing of this range; what it said so far stands.</summary>
    internal void EndPromise()
    {
        _promisedClosed = PromisedClosed;
        IsPromised = false;
    }
}
