using System.Diagnostics.CodeAnalysis;
using Banyan.Kv.Ranges;
using Banyan.Scene.Records;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <summary>All Godot clients of one server, and what they have in common: the world, the numbers of nodes, the live states.</summary>
public sealed class PeerHub(GameFiles files, PeerLimits limits)
{
    private readonly SortedDictionary<int, PeerSession> _sessions = [];
    private readonly SortedSet<int> _peers = [];

    /// <summary>The world that they see.</summary>
    public GameWorld World { get; } = new(files);

    /// <summary>The latest states.</summary>
    public LiveTable Live { get; } = new();

    /// <summary>The numbers of nodes in packets.</summary>
    public NetIds Ids { get; } = new();

    /// <summary>The clients of this server, by their peer ids.</summary>
    public IReadOnlyDictionary<int, PeerSession> Sessions => _sessions;

    /// <summary>The peers of all servers.</summary>
    public IReadOnlySet<int> Peers => _peers;

    /// <summary>Takes a transaction, or the first snapshot as if it were one, and tells the clients.</summary>
    public void Apply(ReadOnlySpan<VersionEvent> changes)
    {
        WorldChange change = World.Apply(changes);
        if (change.IsEmpty) return;
        foreach (Synchronizer gone in change.Withdrawn)
        {
            bool stays = World.Synchronizers.TryGetValue(gone.Node, out Synchronizer? now) && now.AuthorityEpoch == gone.AuthorityEpoch;
            if (!stays) Live.Forget(gone.Node);
        }

        SortedSet<NodeId> lost = World.LostWith(change);
        foreach (PeerSession session in _sessions.Values) session.OnLost(change, lost);
        // Clients remember a number for what it was: what they have lost must come again under another.
        foreach (NodeId node in lost) Ids.Forget(node);
        foreach (PeerSession session in _sessions.Values) session.OnGained(change, lost);
    }

    /// <summary>A client of this server has come: it is told of everything.</summary>
    public PeerSession Add(int peer, IPeerOutbox outbox)
    {
        var session = new PeerSession(peer, World, Ids, Live, outbox, limits);
        _sessions.Add(peer, session);
        session.Begin(_peers);
        AddPeer(peer);
        return session;
    }

    /// <summary>A client of this server has gone.</summary>
    public void Remove(int peer)
    {
        if (_sessions.Remove(peer)) RemovePeer(peer);
    }

    /// <summary>A peer has come, here or on another server.</summary>
    public void AddPeer(int peer)
    {
        if (!_peers.Add(peer)) return;
        foreach (PeerSession session in _sessions.Values) session.AddPeer(peer);
    }

    /// <summary>A peer has gone.</summary>
    public void RemovePeer(int peer)
    {
        if (!_peers.Remove(peer)) return;
        foreach (PeerSession session in _sessions.Values) session.RemovePeer(peer);
    }

    /// <summary>Takes a state, from a client of any server.</summary>
    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => Live.Put(synchronizer, authorityEpoch, state);

    /// <summary>Tells the clients of the states that have come since the last tick.</summary>
    public void Tick()
    {
        if (Live.Fresh.Count == 0) return;
        foreach (PeerSession session in _sessions.Values) session.OnLive();
        Live.Clear();
    }

    /// <summary>Brings a call to a client of this server; false if it is none, or cannot be called there.</summary>
    public bool Deliver(RpcCall call) => TryGet(call.To, out PeerSession? session) && session.Deliver(call);

    private bool TryGet(int peer, [NotNullWhen(true)] out PeerSession? session) => _sessions.TryGetValue(peer, out session);
}
