using System.Diagnostics.CodeAnalysis;
using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Interest;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <summary>All Godot clients of one server, and what they have in common: the world, the numbers of nodes, the live states.</summary>
public sealed class PeerHub
{
    private const long HeldMicroseconds = 5_000_000;
    private const int HeldMax = 10_000;

    private readonly SortedDictionary<int, PeerSession> _sessions = [];
    private readonly SortedSet<int> _peers = [];
    private readonly SortedDictionary<(int To, int From), Queue<Held>> _held = [];
    private readonly SortedDictionary<int, List<LiveState>> _fresh = []; // by authority, within a tick
    private readonly StateClock _clock = new();
    private readonly PeerLimits _limits;
    private readonly InterestMap _interest;
    private int _heldCount;
    private Timestamp _now;

    // What came before its receiver knew the node, or the sender: the tree comes by another way than calls do.
    private readonly record struct Held(RpcCall Call, Timestamp Deadline);

    /// <summary>Without clients.</summary>
    /// <param name="files">What the game ships.</param>
    /// <param name="limits">What a client may have.</param>
    /// <param name="interest">Who sees what by distance.</param>
    public PeerHub(GameFiles files, PeerLimits limits, InterestRules? interest = null)
    {
        _limits = limits;
        World = new(files);
        _interest = new(interest ?? InterestRules.None, World, Live, limits);
    }

    /// <summary>The world that they see.</summary>
    public GameWorld World { get; }

    /// <summary>The latest states.</summary>
    public LiveTable Live { get; } = new();

    /// <summary>The clients of this server, by their peer ids.</summary>
    public IReadOnlyDictionary<int, PeerSession> Sessions => _sessions;

    /// <summary>Calls that were not delivered because their receivers may not see the nodes.</summary>
    public long HiddenCallsCount { get; private set; }

    /// <summary>Calls that wait for their receiver to know the node or the caller.</summary>
    public int HeldCount => _heldCount;

    /// <summary>The peers of all servers.</summary>
    public IReadOnlySet<int> Peers => _peers;

    /// <summary>Takes a transaction, or the first snapshot as if it were one, and tells the clients.</summary>
    public void Apply(ReadOnlySpan<VersionEvent> changes)
    {
        WorldChange change = World.Apply(changes);
        if (change.IsEmpty) return;
        foreach (Synchronizer gone in change.Withdrawn)
        {
            // What a former authority said last is not told any more, but still is the latest that is known.
            if (!World.Synchronizers.ContainsKey(gone.Node)) Live.Forget(gone.Node);
        }

        _interest.Apply(change);
        SortedSet<NodeId> lost = World.LostWith(change);
        foreach (PeerSession session in _sessions.Values) session.OnLost(change, lost);
        foreach (PeerSession session in _sessions.Values)
        {
            AreaChange? moved = _interest.Take(session.Peer);
            if (moved is not null) session.OnNear(moved);
            session.OnGained(change, lost);
            if (moved is not null) session.OnMoved(moved);
        }

        RetryHeld();
    }

    /// <summary>A client of this server has come: it is told of everything that it does not know yet.</summary>
    /// <param name="peer">Its peer id.</param>
    /// <param name="outbox">What its session does.</param>
    /// <param name="memory">What it knows; null if it comes for the first time.</param>
    /// <param name="heard">Through which number it has each peer's messages.</param>
    /// <param name="rights">What it may do.</param>
    public PeerSession Add(
        int peer, IPeerOutbox outbox, SessionMemory? memory = null, IReadOnlyList<KeyValuePair<int, uint>>? heard = null,
        PeerRights rights = PeerRights.Play)
    {
        _interest.AddViewer(peer);
        var session = new PeerSession(peer, World, Live, _clock, _interest, outbox, _limits, rights);
        _sessions.Add(peer, session);
        foreach ((int source, uint number) in heard ?? [])
        {
            if (_peers.Contains(source)) session.Arrivals.TakeOver(source, number);
        }

        session.Begin(_interest.IsOn ? _interest.PeersOf(peer) : _peers, memory);
        AddPeer(peer);
        RetryHeld();
        return session;
    }

    /// <summary>A client of this server has gone.</summary>
    public void Remove(int peer)
    {
        if (!_sessions.Remove(peer)) return;
        _interest.RemoveViewer(peer);
        RemovePeer(peer);
    }

    /// <summary>A client has lost its connection, and may come again, here or elsewhere: to the others it is still there.</summary>
    public void Detach(int peer)
    {
        if (!_sessions.Remove(peer)) return;
        _interest.RemoveViewer(peer);
        foreach ((int To, int From) way in _held.Keys.Where(w => w.To == peer).ToList()) Drop(way);
    }

    /// <summary>A peer has come, here or on another server.</summary>
    public void AddPeer(int peer)
    {
        if (!_peers.Add(peer)) return;
        _interest.AddPeer(peer);
        // With distances, only once it is known where the peer is.
        if (_interest.IsOn) return;
        foreach (PeerSession session in _sessions.Values) session.AddPeer(peer);
        RetryHeld();
    }

    /// <summary>A peer has gone.</summary>
    public void RemovePeer(int peer)
    {
        foreach ((int To, int From) way in _held.Keys.Where(w => w.To == peer || w.From == peer).ToList()) Drop(way);
        _fresh.Remove(peer);
        if (!_peers.Remove(peer)) return;
        _interest.RemovePeer(peer);
        foreach (PeerSession session in _sessions.Values) session.RemovePeer(peer);
    }

    /// <summary>Takes a state, from a client of any server; false if the others need not hear of it.</summary>
    public bool Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) =>
        Live.Put(synchronizer, authorityEpoch, state) || Live.IsDueAgain(synchronizer);

    /// <summary>Tells the clients of the states that have come since the last tick, and gives up what was held too long.</summary>
    /// <returns>How many calls were given up.</returns>
    public int Tick(Timestamp now)
    {
        _now = now;
        _clock.Advance(now);
        Live.Prune(now, World.Synchronizers.ContainsKey);
        Live.Refresh(now);
        if (_interest.Update(now))
        {
            foreach (PeerSession session in _sessions.Values)
            {
                if (_interest.Take(session.Peer) is { } moved) session.OnMoved(moved);
            }

            RetryHeld();
        }

        if (Live.Fresh.Count > 0)
        {
            foreach (LiveState state in Live.Fresh)
            {
                // What is no synchronizer here is not one yet, or no more.
                if (!World.Synchronizers.TryGetValue(state.Synchronizer, out Synchronizer? synchronizer)) continue;
                if (!_fresh.TryGetValue(synchronizer.Authority, out List<LiveState>? ofOne)) _fresh.Add(synchronizer.Authority, ofOne = []);
                ofOne.Add(state);
            }

            foreach ((int source, List<LiveState> fresh) in _fresh)
            {
                foreach (PeerSession session in _sessions.Values) session.OnLive(source, fresh);
                fresh.Clear();
            }

            Live.Clear();
        }

        int lost = 0;
        foreach ((int To, int From) way in _held.Keys.ToList()) lost += DropLate(way, now);
        return lost;
    }

    /// <summary>
    /// Brings a call to a client of this server, now or when it is there and knows the node and the caller; in order for
    /// each caller. One about a node that the client may not see is dropped, and counted. False if too much is held already.
    /// </summary>
    public bool Deliver(RpcCall call, Timestamp now)
    {
        _now = now;
        (int To, int From) way = (call.To, call.From);
        bool isWaiting = _held.TryGetValue(way, out Queue<Held>? waiting);
        if (_heldCount >= HeldMax && isWaiting) return false;
        if (!TryGet(call.To, out PeerSession? session))
        {
            // Others may have heard of it before this server has. What is numbered comes again by itself.
            if (call.Number != 0 || _heldCount >= HeldMax) return false;
            Hold(way, call, now);
            return true;
        }

        switch (session.Arrivals.Take(call))
        {
            case Arrival.Early:
                return true;
            case Arrival.Again:
                session.TellArrived(call.From);
                return true;
        }

        if (!isWaiting && IsDone(session, call)) return true;
        if (_heldCount >= HeldMax)
        {
            session.GiveUp(call);
            return false;
        }

        Hold(way, call, now);
        return true;
    }

    private void Hold((int To, int From) way, RpcCall call, Timestamp now)
    {
        if (!_held.TryGetValue(way, out Queue<Held>? waiting)) _held.Add(way, waiting = []);
        waiting.Enqueue(new(call, now.Add(HeldMicroseconds)));
        _heldCount++;
    }

    private void RetryHeld()
    {
        foreach (((int To, int From) way, Queue<Held> waiting) in _held.ToList())
        {
            Retry(way, waiting);
            if (waiting.Count == 0) _held.Remove(way);
        }
    }

    private void Retry((int To, int From) way, Queue<Held> waiting)
    {
        while (waiting.Count > 0 && TryGet(way.To, out PeerSession? session) && IsDone(session, waiting.Peek().Call))
        {
            waiting.Dequeue();
            _heldCount--;
        }
    }

    private bool IsDone(PeerSession session, RpcCall call)
    {
        Delivery delivery = session.Deliver(call);
        if (_interest.IsOn && delivery != Delivery.Hidden) delivery = Acquaint(session, call, delivery);
        if (delivery != Delivery.Hidden) return delivery == Delivery.Delivered;
        HiddenCallsCount++;
        session.GiveUp(call);
        return true;
    }

    // Whoever calls is known, however far away.
    private Delivery Acquaint(PeerSession session, RpcCall call, Delivery delivery)
    {
        if (delivery == Delivery.Delivered)
        {
            _interest.OnCalled(session.Peer, call.From, _now);
            return delivery;
        }

        if (session.IsKnownSource(call.From) || !_interest.Meet(session.Peer, call.From, _now)) return delivery;
        session.AddPeer(call.From);
        return session.Deliver(call);
    }

    // In the order in which they came: the first is the oldest. What came behind it need not wait for the same.
    private int DropLate((int To, int From) way, Timestamp now)
    {
        Queue<Held> waiting = _held[way];
        int lost = 0;
        while (waiting.TryPeek(out Held first) && first.Deadline <= now)
        {
            bool isKnown = way.From == PeerSession.Cluster || _peers.Contains(way.From);
            if (!isKnown || !TryGet(way.To, out PeerSession? session))
            {
                lost += waiting.Count;
                Drop(way);
                return lost;
            }

            session.GiveUp(first.Call);
            waiting.Dequeue();
            _heldCount--;
            lost++;
            Retry(way, waiting);
        }

        if (waiting.Count == 0) _held.Remove(way);
        return lost;
    }

    private void Drop((int To, int From) way)
    {
        _heldCount -= _held[way].Count;
        if (TryGet(way.To, out PeerSession? session))
        {
            // Of one who has gone nobody waits for an answer; one who is not known yet sends it again.
            bool isUnknown = way.From != PeerSession.Cluster && !_peers.Contains(way.From);
            if (isUnknown) session.Arrivals.Forget(way.From);
            else session.GiveUp(_held[way].Last().Call);
        }

        _held.Remove(way);
    }

    private bool TryGet(int peer, [NotNullWhen(true)] out PeerSession? session) => _sessions.TryGetValue(peer, out session);
}
