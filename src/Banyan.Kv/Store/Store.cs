using System.Collections.Immutable;
using Banyan.Kv.Closing;
using Banyan.Kv.Feeds;
using Banyan.Kv.Leases;
using Banyan.Kv.Log;
using Banyan.Kv.Ranges;
using Banyan.Kv.Requests;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Raft;
using Banyan.Storage;

namespace Banyan.Kv.Store;

/// <summary>
/// All ranges of one server on one event loop: messages, requests, ticks and finished flushes come in; messages and
/// log records go out. Its host moves bytes and knows the time; everything that is decided is decided in here.
/// </summary>
/// <remarks>
/// After every event the host calls <see cref="Work"/>, sends <see cref="Outbox"/>, starts a flush of the log if one is
/// due and none is under way, and calls <see cref="OnFlushed"/> when it is done.
/// </remarks>
public sealed partial class Store
{
    private readonly SortedDictionary<RangeId, Replica> _replicas = [];
    private readonly Queue<Replica> _dirty = new();
    private readonly List<Replica> _awake = [];
    private readonly List<Replica> _all = [];
    private readonly List<Replica> _awaitsFlush = [];
    private readonly Queue<(ulong Position, List<LivenessMessage> Messages)> _livenessAfterFlush = new();
    private readonly Queue<(ulong Number, RequestBody Body, RangeId Range)> _localRequests = new();
    private readonly Queue<(ulong Number, ReplyBody Body)> _localReplies = new();
    private readonly SortedDictionary<ServerId, RequestsSeen> _requestsSeen = [];
    private readonly SortedDictionary<ServerId, string> _ahead = []; // by the last message of each
    private readonly SeededRandom _random;
    private readonly ByteWriter _writer = new();
    private readonly List<Replica> _flushList = [];
    private Timestamp _nextClosed;
    private Timestamp _lastEntry;
    private bool _directoryNews;
    private Timestamp _nextDirectory;
    private Timestamp _nextWholeDirectory;
    private ulong _livenessSeen;
    private Timestamp _lastRound;
    private long _roundCredit;
    private int _roundAt;

    /// <summary>Which server this is.</summary>
    public ServerId Self { get; }

    /// <summary>All servers of the cluster, this one included.</summary>
    public IReadOnlyList<ServerId> Servers { get; }

    /// <summary>The knobs.</summary>
    public StoreOptions Options { get; }

    /// <summary>This server's clock.</summary>
    public HybridClock Clock { get; }

    /// <summary>Support between this server and the others.</summary>
    public StoreLiveness Liveness { get; }

    /// <summary>What ranges there are.</summary>
    public RangeDirectory Directory { get; } = new();

    /// <summary>Brings requests to leaseholders.</summary>
    public Router Router { get; }

    /// <summary>Runs transactions.</summary>
    public Coordinator Coordinator { get; }

    /// <summary>Committed changes in order.</summary>
    public ChangeFeed Feed { get; }

    /// <summary>Closed timestamps of this server's ranges and of the others'.</summary>
    internal ClosedTimestamps Closing { get; }

    /// <summary>The log of this server.</summary>
    public WriteAheadLog Wal { get; }

    internal Probes Probes => Options.Probes;

    /// <summary>Messages to send; the host takes them and empties the list.</summary>
    public List<(ServerId To, PeerMessage Message)> Outbox { get; } = [];

    /// <summary>Takes what the other servers' applications send with <see cref="SendToApplication"/>; may be lost, repeated or overtaken.</summary>
    public Action<ServerId, ReadOnlyMemory<byte>>? OnApplicationMessage { get; set; }

    /// <summary>Sends bytes to what runs above another server's store.</summary>
    public void SendToApplication(ServerId to, ReadOnlyMemory<byte> bytes) => Send(to, new PeerMessage.OfApplication(bytes));

    /// <summary>This server's copies of ranges.</summary>
    public IReadOnlyDictionary<RangeId, Replica> Replicas => _replicas;

    /// <summary>
    /// Why this server does not serve: most of the others are ahead of it, so its own clock is the wrong one. Null if it
    /// serves. A single server that is ahead is not listened to, and so finds no majority for anything.
    /// </summary>
    public string? ClockFault { get; private set; }

    /// <summary>Starts from what was recovered.</summary>
    /// <param name="self">Which server this is.</param>
    /// <param name="servers">All servers.</param>
    /// <param name="options">The knobs.</param>
    /// <param name="clock">Already told the wall clock.</param>
    /// <param name="wal">Opened and recovered.</param>
    /// <param name="recovered">What checkpoint and log held.</param>
    /// <param name="bootstrap">The ranges of a new cluster; the same on every server. Ignored if anything was recovered.</param>
    /// <param name="random">For election timeouts and transaction numbers.</param>
    public Store(
        ServerId self, IReadOnlyList<ServerId> servers, StoreOptions options, HybridClock clock, WriteAheadLog wal,
        StoreRecovery recovered, IReadOnlyList<RangeDescriptor> bootstrap, SeededRandom random)
    {
        Self = self;
        Servers = servers;
        Options = options;
        Clock = clock;
        Wal = wal;
        _random = random;
        Liveness = new(self, servers, options.Liveness, clock, recovered.Liveness);
        // The new life is durable before anything is said in its name: it is the first record of the first flush.
        AppendLiveness();
        Closing = new(this);
        Feed = new(this);
        Router = new(this, Directory);
        Coordinator = new(this, random.NextUInt64() | 1);
        Recover(recovered, bootstrap);
    }

    /// <summary>Tells the wall clock, in microseconds since the Unix epoch.</summary>
    public void OnWallClock(long microseconds) => Clock.OnWallClock(microseconds);

    /// <summary>
    /// How long ticks may be left out, in microseconds, unless something comes in; 0 if the next one is due as usual.
    /// </summary>
    public long QuietMicroseconds
    {
        get
        {
            if (_awake.Count > 0 || Feed.HeldCount > 0 || Router.OutstandingCount > 0 || Coordinator.RunningCount > 0 || Feed.HasWaiters) return 0;
            Timestamp due = Timestamp.Min(Timestamp.Min(_nextClosed, _nextDirectory), Liveness.NextDue);
            return Math.Max(0, due.Microseconds - Clock.Reading.Microseconds);
        }
    }

    /// <summary>Whether a message may wait until the next tick, however long that takes, for all that anyone here would notice.</summary>
    public static bool MayWait(PeerMessage message) => message is PeerMessage.OfClosed or PeerMessage.OfLiveness or PeerMessage.OfDirectory;

    /// <summary>Whether nothing has been written in any range here for <see cref="StoreOptions.CalmMicroseconds"/>.</summary>
    public bool IsCalm => Clock.Reading > _lastEntry.Add(Options.CalmMicroseconds);

    /// <summary>One tick: call every <see cref="StoreOptions.TickMicroseconds"/>, or less often while it is quiet.</summary>
    public void Tick()
    {
        Liveness.Tick();
        WakeSome();
        for (int i = _awake.Count - 1; i >= 0; i--)
        {
            Replica replica = _awake[i];
            replica.Tick();
            if (replica.Log.HasWork) MarkDirty(replica);
            if (!replica.IsQuiet) continue;
            replica.IsAwake = false;
            _awake[i] = _awake[^1];
            _awake.RemoveAt(_awake.Count - 1);
        }

        Router.Tick();
        Coordinator.Tick();
        Timestamp now = Clock.Reading;
        if (now >= _nextClosed)
        {
            _nextClosed = now.Add(IsCalm ? Options.CalmClosedIntervalMicroseconds : Options.ClosedIntervalMicroseconds);
            // Everything stamped so far goes into the log first.
            Work();
            Closing.Send(now.Add(-Options.ClosedLagMicroseconds));
        }

        if (now >= _nextDirectory)
        {
            _nextDirectory = now.Add(Options.DirectoryIntervalMicroseconds);
            SendDirectory(now);
        }

        Feed.Tick();
    }

    /// <summary>Takes a message of another server. False: its clock is beyond the bound, the message was dropped.</summary>
    public bool Receive(ServerId from, Timestamp sentAt, PeerMessage message)
    {
        if (!Clock.TryObserve(sentAt))
        {
            long ahead = (sentAt.Microseconds - Clock.WallMicroseconds) / 1000;
            _ahead[from] = $"{from} is {ahead} ms ahead of this server's clock";
            JudgeClock();
            return false;
        }

        if (_ahead.Count > 0 && _ahead.Remove(from)) JudgeClock();
        switch (message)
        {
            case PeerMessage.OfRaft m:
                Replica? replica = _replicas.GetValueOrDefault(m.Range) ?? CreateUninitialized(m.Range);
                replica.Log.Step(m.Message);
                MarkDirty(replica);
                break;
            case PeerMessage.OfLiveness m:
                Liveness.Step(m.Message);
                break;
            case PeerMessage.OfRequest m:
                // A copy of a request must not be answered "not done" while the first one is under way.
                if (!IsFirst(from, m.Number)) break;
                ulong number = m.Number;
                Serve(m.Range, m.Body, reply => Send(from, new PeerMessage.OfReply(number, reply)));
                break;
            case PeerMessage.OfReply m:
                Router.OnReply(m.Number, from, m.Body);
                break;
            case PeerMessage.OfClosed m:
                Closing.Receive(from, m);
                break;
            case PeerMessage.OfClosedMissed m:
                Closing.OnMissed(from, m.Life);
                break;
            case PeerMessage.OfDirectory m:
                foreach (DirectoryEntry entry in m.Entries) Directory.Learn(entry);
                break;
            case PeerMessage.OfApplication m:
                OnApplicationMessage?.Invoke(from, m.Bytes);
                break;
            default:
                Invariant.Unreachable(message.GetType().Name);
                break;
        }

        return true;
    }

    private void JudgeClock() => ClockFault = _ahead.Count * 2 > Servers.Count - 1 ? string.Join("; ", _ahead.Values) : null;

    /// <summary>Does everything that can be done without waiting.</summary>
    public void Work()
    {
        if (Closing.HasNews) Feed.Advance();
        for (int rounds = 0; ; rounds++)
        {
            Invariant.Holds(rounds < 100_000, "work comes to an end");
            while (_localRequests.TryDequeue(out (ulong Number, RequestBody Body, RangeId Range) request))
            {
                ulong number = request.Number;
                Serve(request.Range, request.Body, reply => _localReplies.Enqueue((number, reply)));
            }

            while (_localReplies.TryDequeue(out (ulong Number, ReplyBody Body) reply))
                Router.OnReply(reply.Number, Self, reply.Body);

            if (!_dirty.TryDequeue(out Replica? replica))
            {
                if (_localRequests.Count > 0) continue;
                break;
            }

            replica.IsDirty = false;
            if (replica.IsGone) continue;
            replica.Retry();
            if (_localRequests.Count > 0)
            {
                // More for the same entry may be on its way.
                MarkDirty(replica);
                continue;
            }

            replica.FlushProposals();
            replica.Log.Work(this, replica);
        }

        if (Liveness.IsDirty) AppendLiveness();
        foreach (LivenessMessage message in Liveness.MessagesNow) Send(message.To, new PeerMessage.OfLiveness(message));
        Liveness.MessagesNow.Clear();
        if (Liveness.MessagesAfterFlush.Count > 0)
        {
            if (Wal.FlushedPosition >= Wal.EndPosition)
            {
                // What they promise was made durable before.
                foreach (LivenessMessage message in Liveness.MessagesAfterFlush) Send(message.To, new PeerMessage.OfLiveness(message));
            }
            else
            {
                _livenessAfterFlush.Enqueue((Wal.EndPosition, [.. Liveness.MessagesAfterFlush]));
            }

            Liveness.MessagesAfterFlush.Clear();
        }
    }

    /// <summary>The log is durable up to here: releases what waited for it. Call <see cref="Work"/> afterwards.</summary>
    public void OnFlushed(ulong position)
    {
        while (_livenessAfterFlush.TryPeek(out (ulong Position, List<LivenessMessage> Messages) waiting) && waiting.Position <= position)
        {
            _livenessAfterFlush.Dequeue();
            foreach (LivenessMessage message in waiting.Messages) Send(message.To, new PeerMessage.OfLiveness(message));
        }

        _flushList.AddRange(_awaitsFlush);
        _awaitsFlush.Clear();
        foreach (Replica replica in _flushList)
        {
            replica.AwaitsFlush = replica.Log.OnFlushed(this, position);
            if (replica.AwaitsFlush) _awaitsFlush.Add(replica);
            MarkDirty(replica);
        }

        _flushList.Clear();
    }

    internal void Send(ServerId to, PeerMessage message)
    {
        Invariant.Holds(to != Self);
        Outbox.Add((to, message));
    }

    internal void SendRequest(ServerId to, ulong number, RangeId range, RequestBody body)
    {
        if (to == Self) _localRequests.Enqueue((number, body, range));
        else Send(to, new PeerMessage.OfRequest(number, range, body));
    }

    private void Serve(RangeId range, RequestBody body, Action<ReplyBody> reply)
    {
        if (_replicas.TryGetValue(range, out Replica? replica) && replica.IsInitialized && ClockFault is null) replica.Handle(body, reply);
        else reply(new ReplyBody.NotLeaseholder(range, ServerId.None));
    }

    private bool IsFirst(ServerId from, ulong number)
    {
        if (!_requestsSeen.TryGetValue(from, out RequestsSeen? seen)) _requestsSeen.Add(from, seen = new());
        return seen.TryAdd(number);
    }

    internal void MarkDirty(Replica replica)
    {
        if (replica.IsGone) return;
        Wake(replica);
        if (replica.IsDirty) return;
        replica.IsDirty = true;
        _dirty.Enqueue(replica);
    }

    private void Wake(Replica replica)
    {
        if (replica.IsAwake) return;
        replica.IsAwake = true;
        _awake.Add(replica);
        Closing.OpenForNote(replica);
    }

    // All when support between servers changes; otherwise each in turn every few seconds, for its housekeeping.
    private void WakeSome()
    {
        Timestamp now = Clock.Reading;
        long round = IsCalm ? CalmRoundMicroseconds : RoundMicroseconds;
        long passed = _lastRound.IsZero ? 0 : Math.Min(now.Microseconds - _lastRound.Microseconds, round);
        _lastRound = now;
        if (_livenessSeen != Liveness.Changes)
        {
            _livenessSeen = Liveness.Changes;
            foreach (Replica replica in _all) Wake(replica);
            return;
        }

        for (_roundCredit += passed * _all.Count; _roundCredit >= round; _roundCredit -= round)
            Wake(_all[_roundAt++ % _all.Count]);
    }

    private const long RoundMicroseconds = 2_000_000;
    private const long CalmRoundMicroseconds = 5_000_000;

    internal void AwaitFlush(Replica replica)
    {
        if (replica.AwaitsFlush) return;
        replica.AwaitsFlush = true;
        _awaitsFlush.Add(replica);
    }

    internal void OnApplied(Replica replica)
    {
        _lastEntry = Clock.Reading;
        _directoryNews |= replica.Gossiped != (replica.State.Descriptor.Generation, replica.State.Lease.Sequence);
        Feed.Take(replica.State.Events);
        // Every replica sees a lease begin: requests that wait for the one before need not wait for their time to run out.
        if (!replica.State.Lease.Holder.IsNone)
            Directory.Learn(new(replica.State.Descriptor, replica.State.Lease.Holder, replica.State.Lease.Sequence));
        // Large entries count by their bytes: a few of them are as much as thousands of others.
        long bytesKept = Options.LogBytesKept / _replicas.Count;
        if (Probes.Buggify("trim the log to the bone")) Trim(replica, 0);
        if (replica.State.AppliedIndex.Value % 256 == 0 || replica.Log.Raft.LogBytes > bytesKept) Trim(replica, bytesKept / 2);
    }

    // Followers that lag by more than this get a snapshot instead of entries.
    private void Trim(Replica replica, long bytesKept) =>
        replica.Log.Trim(replica.Log.Raft.CompactableThrough(Options.LogEntriesKept, bytesKept));

    private void AppendLiveness()
    {
        _writer.Clear();
        Liveness.EncodeDurable(_writer);
        Wal.Append(new RangeId(0), StoreRecovery.LivenessKind, _writer.Written);
    }

    private void SendDirectory(Timestamp now)
    {
        bool whole = now >= _nextWholeDirectory;
        if (!whole && !_directoryNews) return;
        _directoryNews = false;
        if (whole) _nextWholeDirectory = now.Add(Options.WholeDirectoryIntervalMicroseconds);
        var entries = new List<DirectoryEntry>();
        foreach (Replica replica in _replicas.Values)
        {
            (ulong Generation, ulong Lease) news = (replica.State.Descriptor.Generation, replica.State.Lease.Sequence);
            if ((!whole && news == replica.Gossiped) || !replica.IsInitialized || !replica.HoldsLeaseAt(Timestamp.Zero)) continue;
            replica.Gossiped = news;
            entries.Add(new(replica.State.Descriptor, Self, replica.State.Lease.Sequence));
        }

        if (entries.Count == 0) return;
        foreach (ServerId server in Servers)
        {
            if (server != Self) Send(server, new PeerMessage.OfDirectory(entries));
        }
    }

    private Replica CreateUninitialized(RangeId range)
    {
        // Its members are not known yet: it may vote and take a snapshot, but it is never ticked and so never campaigns.
        var nobody = new RangeDescriptor(range, default, 0, [.. Servers], ServerId.None);
        return AddReplica(new RangeState(nobody), RaftLogState.Empty);
    }

    private Replica AddReplica(RangeState state, RaftLogState logState)
    {
        RangeDescriptor descriptor = state.Descriptor;
        var configuration = new Configuration(descriptor.Members, [], []);
        var raft = new RaftGroup(Options.Raft, Self, configuration, logState, Liveness, _random.Fork(), Options.Trace?.OfGroup(Self, descriptor.Id));
        var replica = new Replica(this, state, new RaftReplicatedLog(descriptor.Id, raft, Wal));
        if (_replicas.TryGetValue(descriptor.Id, out Replica? early))
        {
            early.IsGone = true;
            _all.Remove(early);
            _awake.Remove(early);
        }

        _replicas[descriptor.Id] = replica;
        _all.Add(replica);
        Wake(replica);
        if (replica.IsInitialized) Directory.Learn(new(descriptor, ServerId.None, 0));
        return replica;
    }
}
