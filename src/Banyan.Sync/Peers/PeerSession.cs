using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;
using Banyan.Sync.Interest;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <summary>
/// One connected Godot client, to which the cluster is peer 1. This file says what the client is told; PeerSession.Inbound
/// and .Spawns, what becomes of what it sends.
/// </summary>
/// <remarks>
/// HAZARD: a stock client that is told of a node that it does not have prints an error, never confirms the path, and is
/// told no more. Everything goes through <see cref="Has"/>; what it may not see it is never told of, see PeerSession.Visibility.
/// </remarks>
public sealed partial class PeerSession
{
    /// <summary>The cluster.</summary>
    public const int Cluster = 1;

    private readonly GameWorld _world;
    private readonly NetIds _ids = new();
    private readonly LiveTable _live;
    private readonly IPeerOutbox _outbox;
    private readonly PeerLimits _limits;
    private readonly bool _isWatcher;
    private readonly ByteWriter _inner = new(2048);
    private readonly ByteWriter _outer = new(2048);
    private readonly ByteWriter _state = new(256);
    private readonly SortedSet<int> _peers = [];
    private readonly SortedDictionary<NodeId, ToldNode> _told = [];
    private readonly HashSet<NodeId> _numbered = []; // synchronizers whose number came with a spawn
    private readonly AnnouncedPaths _paths = new();
    private readonly StateClock _clock;
    private readonly InterestMap _interest;
    private uint _spent; // the highest number that was forgotten

    // A spawned node that the client has, as it was told of it; whether the client has moved it there.
    private readonly record struct ToldNode(SpawnedNode Node, bool WasMoved);

    /// <summary>A session that has not begun.</summary>
    /// <param name="peer">The client's peer id.</param>
    /// <param name="world">What it sees.</param>
    /// <param name="live">The latest states.</param>
    /// <param name="clock">Numbers the states that it is told.</param>
    /// <param name="interest">What is near enough.</param>
    /// <param name="outbox">What it does.</param>
    /// <param name="limits">What it may have.</param>
    /// <param name="rights">What it may do.</param>
    public PeerSession(
        int peer, GameWorld world, LiveTable live, StateClock clock, InterestMap interest, IPeerOutbox outbox, PeerLimits limits, PeerRights rights = PeerRights.Play)
    {
        Peer = peer;
        _world = world;
        _live = live;
        _clock = clock;
        _interest = interest;
        _outbox = outbox;
        _limits = limits;
        _isWatcher = rights == PeerRights.Watch;
    }

    /// <summary>The client's peer id.</summary>
    public int Peer { get; }

    /// <summary>What has come to it from other peers.</summary>
    public Arrivals Arrivals { get; } = new();

    /// <summary>Tells of the peers and of the whole tree as it is.</summary>
    /// <param name="peers">Those that are there.</param>
    /// <param name="memory">What the client knows already; null if it has only just come.</param>
    public void Begin(IReadOnlySet<int> peers, SessionMemory? memory = null)
    {
        if (memory is not null) Recall(memory, peers);
        foreach (NodeId scene in _world.OpenScenes) FreeMissing(scene, NodeId.Root);
        foreach (int peer in peers) AddPeer(peer);
        foreach (SpawnedNode node in _world.SpawnedInOrder())
        {
            if (!_told.ContainsKey(node.Node)) Spawn(node);
        }

        DropLeftOver();
        // Of what it has known for longer, something may have been taken meanwhile.
        if (memory is not null) foreach (NodeId known in _told.Keys.ToList()) FreeMissing(known, known);
        foreach (Synchronizer synchronizer in _world.Synchronizers.Values) Follow(synchronizer);
        Flush();
    }

    /// <summary>Another peer has come.</summary>
    public void AddPeer(int peer)
    {
        if (peer is Cluster || peer == Peer || !_peers.Add(peer)) return;
        if (_outbox.CanResume) SessionMemory.Peer(peer, isThere: true, _outbox);
        _inner.Clear();
        SystemPacket.WriteAddPeer(_inner, peer);
        _outbox.Send(_inner.Written);
        if (_world.SpawnedBy(peer).Count > 0)
        {
            foreach (SpawnedNode node in _world.SpawnedInOrder().Where(n => n.Spawner.Authority == peer)) Show(node);
        }

        foreach (NodeId synchronizer in _world.SynchronizersOf(peer)) Follow(_world.Synchronizers[synchronizer]);
        Flush();
    }

    /// <summary>Another peer has gone; nothing comes in its name any more.</summary>
    public void RemovePeer(int peer)
    {
        LosePeer(peer);
        ForgetHeardFor(peer);
        Arrivals.Forget(peer);
    }

    private void LosePeer(int peer)
    {
        if (!_peers.Remove(peer)) return;
        foreach (NodeId node in _paths.Of(peer)) ForgetPath(peer, node);
        foreach (NodeId synchronizer in _world.SynchronizersOf(peer)) Unfollow(synchronizer);
        // A client frees what a peer has spawned when the peer goes; not so what others have spawned below it.
        foreach (NodeId spawned in _world.SpawnedBy(peer).ToList()) Hide(_world.Spawned[spawned]);
        if (_interest.IsThere(peer)) ForgetHeardLater(peer);
        else ForgetHeardFor(peer);
        if (_outbox.CanResume) SessionMemory.Peer(peer, isThere: false, _outbox);
        _inner.Clear();
        SystemPacket.WriteDelPeer(_inner, peer);
        _outbox.Send(_inner.Written);
    }

    /// <summary>A transaction has changed the tree: first, what is gone or must be told anew.</summary>
    /// <param name="change">What clients have to hear of.</param>
    /// <param name="lost">Nodes that clients who had them have lost with it, though they may come again.</param>
    public void OnLost(WorldChange change, IReadOnlySet<NodeId> lost)
    {
        TakeBack(change, lost);
        foreach (Synchronizer synchronizer in change.Withdrawn) Withdraw(synchronizer);
        foreach (Synchronizer synchronizer in change.Reseen.Where(s => !Sees(s))) Unfollow(synchronizer.Node);
        foreach (SpawnedNode node in change.Reconsidered.Where(n => !Sees(n))) Hide(node);
        if (lost.Count == 0) return;
        foreach (NodeId node in lost) Unfollow(node);
        ForgetPaths(lost);
        ForgetHeard(lost);
        foreach (NodeId node in lost) ForgetNumber(node);
    }

    /// <summary>Then, what has come: nodes that were lost have new numbers now.</summary>
    public void OnGained(WorldChange change, IReadOnlySet<NodeId> lost)
    {
        foreach (SpawnedNode node in change.Spawned) SpawnWithBelow(node);
        foreach (SpawnedNode node in change.Reconsidered) Show(node);
        DropLeftOver();
        foreach (NodeId id in lost)
        {
            if (_world.Synchronizers.TryGetValue(id, out Synchronizer? still)) Follow(still);
        }

        foreach (Synchronizer synchronizer in change.Enrolled) Follow(synchronizer);
        foreach (Synchronizer synchronizer in change.Reseen) Follow(synchronizer);
        foreach ((Synchronizer synchronizer, ulong mask) in change.Watched)
        {
            if (_views.TryGetValue(synchronizer.Node, out View? view)) Owe(view, mask, live: false);
        }

        TakeWaiting();
        Flush();
    }

    /// <summary>
    /// Brings a call to this client. It must wait while the client does not have the node, or does not know the caller; of
    /// what the client may not see it never hears.
    /// </summary>
    public Delivery Deliver(RpcCall call)
    {
        if (!call.Node.IsNone && !MayBeCalled(call.Node)) return Delivery.Hidden;
        if (!IsKnownSource(call.From)) return Delivery.TooEarly;
        _outer.Clear();
        if (call.Node.IsNone)
        {
            RawPacket.Write(_outer, call.Packet.Span);
        }
        else
        {
            if (!Has(call.Node)) return Delivery.TooEarly;
            bool confirmed = Announce(call.From, call.Node);
            // The call as it came, with the node as this client knows it.
            _outer.Clear();
            if (!WriteCall(_outer, call, confirmed)) return Delivery.TooEarly;
        }

        Arrivals.OnDelivered(call.From, call.Number);
        _outbox.Deliver(call.From, call.Number, InName(call.From, _outer.Written));
        return Delivery.Delivered;
    }

    /// <summary>The client says that it has all messages of a peer through a number.</summary>
    public void OnHeard(int source, uint through)
    {
        if (Arrivals.OnHeard(source, through)) TellArrived(source);
    }

    /// <summary>Says once more what has arrived of a peer.</summary>
    public void TellArrived(int source) => _outbox.Arrived(source, Arrivals.HeardFrom(source));

    /// <summary>Nothing through this call will be waited for any more.</summary>
    public void GiveUp(RpcCall call)
    {
        if (call.Number != 0 && Arrivals.OnGivenUp(call.From, call.Number)) TellArrived(call.From);
    }

    // Whether the client has a node, as far as it was told.
    private bool Has(NodeId node)
    {
        NodeId anchor = _world.AnchorOf(node);
        if (anchor.IsNone || (anchor != NodeId.Root && !_told.ContainsKey(anchor))) return false;
        return _freed.IsEmpty || !_freed.Contains(anchor, _world.PathBelow(anchor, node));
    }

    internal bool IsKnownSource(int source) => source == Cluster || _peers.Contains(source);

    private void Spawn(SpawnedNode node)
    {
        int source = node.Spawner.Authority;
        if (_told.ContainsKey(node.Node) || IsHidden(node.Node)) return;
        if (source == Peer)
        {
            // It has put the node there itself.
            Tell(node);
            return;
        }

        if (!IsKnownSource(source) || !Has(node.Spawner.Node) || !Has(node.Spawner.Parent) || Lacks(node.Spawner.Parent) || TryPut(node)) return;
        Announce(source, node.Spawner.Node);
        (ImmutableArray<uint> numbers, byte[] state) = SpawnState(node);
        (uint spawner, uint number) = (NumberOf(node.Spawner.Node), NumberOf(node.Node));
        _outer.Clear();
        byte[] name = Encoding.UTF8.GetBytes(node.Name);
        if (node.Scene == SpawnPacket.CustomScene)
            SpawnPacket.WriteCustom(_outer, spawner, number, numbers.AsSpan(), name, node.Argument.Span, state);
        else
            SpawnPacket.Write(_outer, node.Scene, spawner, number, numbers.AsSpan(), name, state);
        Tell(node);
        SendInName(source, _outer.Written);
        FreeMissing(node.Node, node.Node);
    }

    private void Tell(SpawnedNode node, bool wasMoved = false)
    {
        _told[node.Node] = new(node, wasMoved);
        Remember(_told[node.Node]);
    }

    private void Remember(ToldNode told)
    {
        if (!_outbox.CanResume) return;
        IEnumerable<Synchronizer> numbered = told.Node.Synchronizers.Where(_numbered.Contains).Select(id => _world.Synchronizers[id]);
        SessionMemory.Spawn(told.Node, told.WasMoved, [.. numbered.Select(s => (s.Node, s.AuthorityEpoch))], _outbox);
    }

    private bool ForgetSpawn(NodeId node)
    {
        if (!_told.Remove(node, out ToldNode told)) return false;
        _numbered.ExceptWith(told.Node.Synchronizers);
        if (_outbox.CanResume) SessionMemory.ForgetSpawn(node, _outbox);
        return true;
    }

    // What the client is about to hear of for the first time it must remember under this number.
    private uint NumberOf(NodeId node)
    {
        if (!_outbox.CanResume || _ids.TryGet(node, out uint number)) return _ids.Of(node);
        number = _ids.Of(node);
        SessionMemory.Number(node, number, SessionMemory.HashOf(_world.PathOf(node) ?? ""), _outbox);
        return number;
    }

    // The numbers of those synchronizers that the spawner's authority writes, and the values that come with the spawn. From
    // the first on whose values are not all known, or that the client may not see, none are sent: the client takes what it
    // gets for the first ones. Then the scene's own stay, and what is known follows.
    private (ImmutableArray<uint> Numbers, byte[] State) SpawnState(SpawnedNode node)
    {
        var numbers = ImmutableArray.CreateBuilder<uint>();
        bool complete = true;
        int length = 0;
        _state.Clear();
        foreach (NodeId id in node.Synchronizers)
        {
            Synchronizer synchronizer = _world.Synchronizers[id];
            if (synchronizer.Authority != node.Spawner.Authority) continue;
            numbers.Add(NumberOf(id));
            _numbered.Add(id);
            complete = complete && Sees(synchronizer) && !synchronizer.About.Any(about => Lacks(about, node.Node)) && TryWriteValues(synchronizer, synchronizer.Spawn);
            if (complete) length = _state.Length;
        }

        return (numbers.ToImmutable(), _state.Written[..length].ToArray());
    }

    private void Despawn(ToldNode told)
    {
        SpawnedNode node = told.Node;
        if (!ForgetSpawn(node.Node)) return;
        ForgetFreed(node.Node);
        if (told.WasMoved && !Mutation.Is("despawn-what-was-moved"))
        {
            _outbox.Move(new NodeMove.Free(node.Path, _world.PathOf(node.Spawner.Node) ?? ""));
        }
        else if (node.Spawner.Authority != Peer && IsKnownSource(node.Spawner.Authority))
        {
            _outer.Clear();
            DespawnPacket.Write(_outer, NumberOf(node.Node));
            SendInName(node.Spawner.Authority, _outer.Written);
        }
    }

    // Numbers a node for the client, once; whether it has said that it knows it.
    private bool Announce(int source, NodeId node)
    {
        if (_paths.TryGet(source, node, out bool isConfirmed)) return isConfirmed;
        _paths.Set(source, node, isConfirmed: false);
        uint number = NumberOf(node);
        if (_outbox.CanResume) SessionMemory.Announce(source, node, isConfirmed: false, _outbox);
        _outer.Clear();
        SimplifyPathPacket.Write(_outer, Encoding.UTF8.GetBytes(_world.MethodsOf(node).Md5), number, Encoding.UTF8.GetBytes(_world.PathOf(node)!));
        SendInName(source, _outer.Written);
        return false;
    }

    private void ForgetPaths(IReadOnlySet<NodeId> lost)
    {
        foreach (NodeId node in lost)
        {
            foreach (int source in _paths.SourcesOf(node)) ForgetPath(source, node);
        }
    }

    private void ForgetPath(int source, NodeId node)
    {
        if (!_paths.Remove(source, node)) return;
        if (_outbox.CanResume) SessionMemory.ForgetAnnounced(source, node, _outbox);
    }

    private void OnConfirmed(int source, NodeId node)
    {
        if (!_paths.TryGet(source, node, out _)) return;
        _paths.Set(source, node, isConfirmed: true);
        if (_outbox.CanResume) SessionMemory.Announce(source, node, isConfirmed: true, _outbox);
        if (!_views.TryGetValue(node, out View? view) || view.Synchronizer.Authority != source) return;
        view.IsReady = true;
        if (view.IsLiveDue || view.DueMask != 0) _due.Add(node);
        Flush();
    }

    private void SendInName(int source, ReadOnlySpan<byte> packet) => _outbox.Send(InName(source, packet));

    // What does not come from the cluster itself is relayed, as a Godot server does for its clients.
    private ReadOnlySpan<byte> InName(int source, ReadOnlySpan<byte> packet)
    {
        if (source == Cluster) return packet;
        _inner.Clear();
        SystemPacket.WriteRelay(_inner, source, packet);
        return _inner.Written;
    }
}
