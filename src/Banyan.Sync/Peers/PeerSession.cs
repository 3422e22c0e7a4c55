using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <summary>
/// One connected Godot client, to which the cluster is peer 1. This half says what the client is told; the other,
/// what becomes of what it sends.
/// </summary>
/// <remarks>
/// HAZARD: a stock client that is told of a node that it does not have prints an error, never confirms the path, and is
/// told no more. Everything goes through <see cref="Has"/>.
/// </remarks>
public sealed partial class PeerSession
{
    /// <summary>The cluster.</summary>
    public const int Cluster = 1;

    private readonly GameWorld _world;
    private readonly NetIds _ids;
    private readonly LiveTable _live;
    private readonly IPeerOutbox _outbox;
    private readonly PeerLimits _limits;
    private readonly ByteWriter _inner = new(2048);
    private readonly ByteWriter _outer = new(2048);
    private readonly ByteWriter _state = new(256);
    private readonly SortedSet<int> _peers = [];
    private readonly SortedDictionary<NodeId, SpawnedNode> _told = [];
    private readonly Dictionary<(int Source, NodeId Node), bool> _paths = []; // whether it was confirmed
    private readonly Dictionary<NodeId, View> _views = [];
    private readonly SortedSet<NodeId> _due = []; // views with something to tell
    private readonly SortedDictionary<int, ushort> _sequences = [];

    // A synchronizer that the client follows, by the number that it has there.
    private sealed class View(Synchronizer synchronizer, uint number, bool isReady)
    {
        public Synchronizer Synchronizer { get; } = synchronizer;

        public uint Number { get; } = number;

        // Its spawn has given it a net id, or its path is confirmed.
        public bool IsReady { get; set; } = isReady;

        public ulong DueMask { get; set; }

        public bool IsLiveDue { get; set; }
    }

    /// <summary>A session that has not begun.</summary>
    public PeerSession(int peer, GameWorld world, NetIds ids, LiveTable live, IPeerOutbox outbox, PeerLimits limits)
    {
        Peer = peer;
        _world = world;
        _ids = ids;
        _live = live;
        _outbox = outbox;
        _limits = limits;
    }

    /// <summary>The client's peer id.</summary>
    public int Peer { get; }

    /// <summary>Tells of the peers and of the whole tree as it is.</summary>
    public void Begin(IEnumerable<int> peers)
    {
        foreach (int peer in peers) AddPeer(peer);
        foreach (SpawnedNode node in _world.SpawnedInOrder()) Spawn(node);
        foreach (Synchronizer synchronizer in _world.Synchronizers.Values) Follow(synchronizer);
        Flush();
    }

    /// <summary>Another peer has come.</summary>
    public void AddPeer(int peer)
    {
        if (peer is Cluster || peer == Peer || !_peers.Add(peer)) return;
        _inner.Clear();
        SystemPacket.WriteAddPeer(_inner, peer);
        _outbox.Send(_inner.Written);
        if (_world.Spawned.Values.Any(n => n.Spawner.Authority == peer))
        {
            foreach (SpawnedNode node in _world.SpawnedInOrder().Where(n => n.Spawner.Authority == peer && !_told.ContainsKey(n.Node))) Spawn(node);
        }

        foreach (Synchronizer synchronizer in _world.Synchronizers.Values)
        {
            if (synchronizer.Authority == peer) Follow(synchronizer);
        }

        Flush();
    }

    /// <summary>Another peer has gone; nothing comes in its name any more.</summary>
    public void RemovePeer(int peer)
    {
        if (!_peers.Remove(peer)) return;
        foreach ((int Source, NodeId Node) path in _paths.Keys.Where(p => p.Source == peer).ToList()) _paths.Remove(path);
        foreach (View view in _views.Values.Where(v => v.Synchronizer.Authority == peer).ToList()) Unfollow(view.Synchronizer.Node);
        // A client frees what a peer has spawned when the peer goes.
        foreach (SpawnedNode node in _told.Values.Where(n => n.Spawner.Authority == peer).ToList()) _told.Remove(node.Node);
        ForgetHeardFor(peer);
        _sequences.Remove(peer);
        _inner.Clear();
        SystemPacket.WriteDelPeer(_inner, peer);
        _outbox.Send(_inner.Written);
    }

    /// <summary>A transaction has changed the tree: first, what is gone or must be told anew.</summary>
    /// <param name="change">What clients have to hear of.</param>
    /// <param name="lost">Nodes that clients who had them have lost with it, though they may come again.</param>
    public void OnLost(WorldChange change, IReadOnlySet<NodeId> lost)
    {
        foreach (SpawnedNode node in change.Despawned) Despawn(node);
        foreach (Synchronizer synchronizer in change.Withdrawn) Unfollow(synchronizer.Node);
        if (lost.Count == 0) return;
        foreach (NodeId node in lost) Unfollow(node);
        foreach ((int Source, NodeId Node) path in _paths.Keys.Where(p => lost.Contains(p.Node)).ToList()) _paths.Remove(path);
        ForgetHeard(lost);
    }

    /// <summary>Then, what has come: nodes that were lost have new numbers now.</summary>
    public void OnGained(WorldChange change, IReadOnlySet<NodeId> lost)
    {
        foreach (SpawnedNode node in change.Spawned) Spawn(node);
        foreach (NodeId id in lost)
        {
            if (_world.Synchronizers.TryGetValue(id, out Synchronizer? still)) Follow(still);
        }

        foreach (Synchronizer synchronizer in change.Enrolled) Follow(synchronizer);
        foreach ((Synchronizer synchronizer, ulong mask) in change.Watched)
        {
            if (_views.TryGetValue(synchronizer.Node, out View? view)) Owe(view, mask, live: false);
        }

        TakeWaiting();
        Flush();
    }

    /// <summary>Tells of states that have come since the last time.</summary>
    /// <param name="source">In whose name.</param>
    /// <param name="fresh">Their states.</param>
    public void OnLive(int source, List<LiveState> fresh)
    {
        if (source == Peer || !IsKnownSource(source)) return;
        // Every client, every entity, every tick: this loop is what a gateway spends its time on.
        ushort sequence = _sequences.GetValueOrDefault(source);
        bool any = false;
        _outer.Clear();
        var packet = new SyncPacketWriter(_outer, (ushort)(sequence + 1));
        foreach (LiveState state in fresh)
        {
            if (!_views.TryGetValue(state.Synchronizer, out View? view) || view.Synchronizer.AuthorityEpoch != state.AuthorityEpoch) continue;
            if (!view.IsReady)
            {
                Owe(view, 0, live: true);
                continue;
            }

            any = true;
            if (packet.Append(view.Number, state.Bytes) != AppendResult.PacketFull) continue;
            SendInName(source, _outer.Written);
            _outer.Clear();
            packet = new(_outer, (ushort)(sequence + 1));
            packet.Append(view.Number, state.Bytes);
        }

        if (packet.Count > 0) SendInName(source, _outer.Written);
        if (any) _sequences[source] = (ushort)(sequence + 1);
    }

    /// <summary>Brings a call to this client; false if it cannot be: the client does not have the node, or does not know the caller.</summary>
    public bool Deliver(RpcCall call)
    {
        if ((call.From != Cluster && !_peers.Contains(call.From)) || !Has(call.Node)) return false;
        bool confirmed = Announce(call.From, call.Node);
        // The call as it came, with the node as this client knows it.
        _outer.Clear();
        if (!WriteCall(_outer, call, confirmed)) return false;
        SendInName(call.From, _outer.Written);
        return true;
    }

    /// <summary>Brings bytes of another peer.</summary>
    public bool DeliverRaw(int from, ReadOnlySpan<byte> bytes)
    {
        if (from != Cluster && !_peers.Contains(from)) return false;
        _outer.Clear();
        RawPacket.Write(_outer, bytes);
        SendInName(from, _outer.Written);
        return true;
    }

    // Whether the client has a node, as far as it was told.
    private bool Has(NodeId node)
    {
        NodeId anchor = _world.AnchorOf(node);
        return anchor == NodeId.Root || (!anchor.IsNone && _told.ContainsKey(anchor));
    }

    private bool IsKnownSource(int source) => source == Cluster || _peers.Contains(source);

    private void Spawn(SpawnedNode node)
    {
        int source = node.Spawner.Authority;
        if (source == Peer)
        {
            // It has put the node there itself.
            _told[node.Node] = node;
            return;
        }

        if (!IsKnownSource(source) || !Has(node.Spawner.Node)) return;
        Announce(source, node.Spawner.Node);
        (ImmutableArray<uint> numbers, byte[] state) = SpawnState(node);
        _outer.Clear();
        byte[] name = Encoding.UTF8.GetBytes(node.Name);
        if (node.Scene == SpawnPacket.CustomScene)
            SpawnPacket.WriteCustom(_outer, _ids.Of(node.Spawner.Node), _ids.Of(node.Node), numbers.AsSpan(), name, node.Argument.Span, state);
        else
            SpawnPacket.Write(_outer, node.Scene, _ids.Of(node.Spawner.Node), _ids.Of(node.Node), numbers.AsSpan(), name, state);
        SendInName(source, _outer.Written);
        _told[node.Node] = node;
    }

    // The numbers of those synchronizers that the spawner's authority writes, and the values that come with the spawn.
    // Without all values none are sent: then the scene's own stay, and what is known follows.
    private (ImmutableArray<uint> Numbers, byte[] State) SpawnState(SpawnedNode node)
    {
        var numbers = ImmutableArray.CreateBuilder<uint>();
        bool complete = true;
        _state.Clear();
        foreach (NodeId id in node.Synchronizers)
        {
            Synchronizer synchronizer = _world.Synchronizers[id];
            if (synchronizer.Authority != node.Spawner.Authority) continue;
            numbers.Add(_ids.Of(id));
            complete &= TryWriteValues(synchronizer, synchronizer.Spawn);
        }

        return (numbers.ToImmutable(), complete ? _state.Written.ToArray() : []);
    }

    private void Despawn(SpawnedNode node)
    {
        if (_told.Remove(node.Node) && node.Spawner.Authority != Peer && IsKnownSource(node.Spawner.Authority))
        {
            _outer.Clear();
            DespawnPacket.Write(_outer, _ids.Of(node.Node));
            SendInName(node.Spawner.Authority, _outer.Written);
        }
    }

    private void Follow(Synchronizer synchronizer)
    {
        if (synchronizer.Authority == Peer || !IsKnownSource(synchronizer.Authority) || !Has(synchronizer.Node)) return;
        if (_views.ContainsKey(synchronizer.Node)) return;
        bool isNumbered = _told.TryGetValue(synchronizer.Root, out SpawnedNode? root)
            && root.Spawner.Authority == synchronizer.Authority && root.Synchronizers.Contains(synchronizer.Node);
        bool isReady = isNumbered || Announce(synchronizer.Authority, synchronizer.Node);
        var view = new View(synchronizer, isNumbered ? _ids.Of(synchronizer.Node) : _ids.Of(synchronizer.Node) | Packet.PathFlag, isReady);
        _views.Add(synchronizer.Node, view);
        Owe(view, synchronizer.Watched.Length == 64 ? ulong.MaxValue : (1UL << synchronizer.Watched.Length) - 1, live: true);
    }

    private void Unfollow(NodeId synchronizer)
    {
        _views.Remove(synchronizer);
        _due.Remove(synchronizer);
    }

    private void Owe(View view, ulong mask, bool live)
    {
        view.DueMask |= mask;
        view.IsLiveDue |= live;
        _due.Add(view.Synchronizer.Node);
    }

    // Numbers a node for the client, once; whether it has said that it knows it.
    private bool Announce(int source, NodeId node)
    {
        if (_paths.TryGetValue((source, node), out bool confirmed)) return confirmed;
        _paths.Add((source, node), false);
        _outer.Clear();
        SimplifyPathPacket.Write(_outer, Encoding.UTF8.GetBytes(_world.MethodsOf(node).Md5), _ids.Of(node), Encoding.UTF8.GetBytes(_world.PathOf(node)!));
        SendInName(source, _outer.Written);
        return false;
    }

    private void OnConfirmed(int source, NodeId node)
    {
        if (!_paths.ContainsKey((source, node))) return;
        _paths[(source, node)] = true;
        if (_views.TryGetValue(node, out View? view) && view.Synchronizer.Authority == source) view.IsReady = true;
        Flush();
    }

    // Everything that is due and can be told. Those that wait for a confirmation stay due.
    private void Flush()
    {
        if (_due.Count == 0) return;
        List<View> ready = [.. _due.Select(id => _views[id]).Where(v => v.IsReady)];
        foreach (IGrouping<int, View> group in ready.GroupBy(v => v.Synchronizer.Authority))
        {
            SendStates(group.Key, [.. group.Where(v => v.IsLiveDue)]);
            SendDeltas(group.Key, [.. group.Where(v => v.DueMask != 0)]);
        }

        foreach (View view in ready)
        {
            view.DueMask = 0;
            view.IsLiveDue = false;
            _due.Remove(view.Synchronizer.Node);
        }
    }

    private void SendStates(int source, List<View> views)
    {
        if (views.Count == 0) return;
        ushort sequence = _sequences[source] = (ushort)(_sequences.GetValueOrDefault(source) + 1);
        _outer.Clear();
        var packet = new SyncPacketWriter(_outer, sequence);
        foreach (View view in views)
        {
            if (_live[view.Synchronizer.Node] is not { } state || state.AuthorityEpoch != view.Synchronizer.AuthorityEpoch) continue;
            if (packet.Append(view.Number, state.Bytes) != AppendResult.PacketFull) continue;
            SendInName(source, _outer.Written);
            _outer.Clear();
            packet = new(_outer, sequence);
            packet.Append(view.Number, state.Bytes);
        }

        if (packet.Count > 0) SendInName(source, _outer.Written);
    }

    private void SendDeltas(int source, List<View> views)
    {
        _outer.Clear();
        var packet = new DeltaPacketWriter(_outer);
        foreach (View view in views)
        {
            ulong known = WriteKnown(view.Synchronizer, view.DueMask);
            if (known == 0) continue;
            if (packet.Append(view.Number, known, _state.Written) != AppendResult.PacketFull) continue;
            SendInName(source, _outer.Written);
            _outer.Clear();
            packet = new(_outer);
            packet.Append(view.Number, known, _state.Written);
        }

        if (packet.Count > 0) SendInName(source, _outer.Written);
    }

    // The watched properties of a mask that have a value; what has none is what the scene file says.
    private ulong WriteKnown(Synchronizer synchronizer, ulong mask)
    {
        ulong known = 0;
        _state.Clear();
        for (int bit = 0; bit < synchronizer.Watched.Length; bit++)
        {
            if ((mask >> bit & 1) == 0 || !TryGetValue(synchronizer, synchronizer.Watched[bit], out Variant value)) continue;
            CompressedVariant.Write(_state, value);
            known |= 1UL << bit;
        }

        return known;
    }

    private bool TryWriteValues(Synchronizer synchronizer, ImmutableArray<SyncProperty> properties)
    {
        foreach (SyncProperty property in properties)
        {
            if (!TryGetValue(synchronizer, property, out Variant value)) return false;
            CompressedVariant.Write(_state, value);
        }

        return true;
    }

    private bool TryGetValue(Synchronizer synchronizer, SyncProperty property, out Variant value)
    {
        value = default;
        int always = synchronizer.Always.IndexOf(property);
        if (always >= 0 && _live[synchronizer.Node] is { } state
            && State.TryRead(state.Bytes, synchronizer.Always.Length, _limits.Values, out ImmutableArray<Variant> values))
        {
            value = values[always];
            return true;
        }

        return _world.Tree.TryFind(property.Node, out MirrorNode? node) && node.Properties.TryGetValue(property.Name, out byte[]? stored)
            && PropertyValue.TryDecode(stored, out value);
    }

    // What does not come from the cluster itself is relayed, as a Godot server does for its clients.
    private void SendInName(int source, ReadOnlySpan<byte> packet)
    {
        if (source == Cluster)
        {
            _outbox.Send(packet);
            return;
        }

        _inner.Clear();
        SystemPacket.WriteRelay(_inner, source, packet);
        _outbox.Send(_inner.Written);
    }
}
