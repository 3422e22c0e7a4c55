using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <content>What a client sends. Nothing of it is trusted, and nothing is passed on as it came.</content>
public sealed partial class PeerSession
{
    private const int PathBytesMax = 8_192;
    private const int OutOfSightMax = 64;
    private readonly Dictionary<(int To, uint Id), HeardPath> _heard = [];
    private readonly Dictionary<NodeId, SyncSequence> _received = [];
    private readonly Queue<int> _outOfSight = [];
    private int _refusals;
    private uint _number;
    private int _index; // of changes in the packet

    // A path that the client has numbered; its node is looked for until it is found, and is the same from then on.
    private sealed class HeardPath(NodePath path)
    {
        public NodePath Path { get; } = path;

        public NodeId Node { get; set; }
    }

    /// <summary>Takes a packet of the client; null if it was taken, else why not.</summary>
    /// <param name="packet">As SceneMultiplayer made it.</param>
    /// <param name="number">Among its reliable ones; 0 for others.</param>
    public Refusal? OnPacket(ReadOnlySpan<byte> packet, uint number = 0)
    {
        _number = number;
        _index = 0;
        if (packet.Length > _limits.PacketBytesMax) return new("a packet that is too large", EndsSession: true);
        Refusal? refusal = Packet.CommandOf(packet) == PacketCommand.System ? OnSystem(packet) : OnPacketFor(Cluster, packet);
        // Of what a client's own script has made, its game goes on to send; so it does of what was just taken from it.
        // A game that is watched with does not know that it may only watch; how often it tries is bounded by its packets' rate.
        if (refusal is { EndsSession: false } && refusal != OnlyWatches && refusal != NotThere && refusal != NobodyThere && ++_refusals > _limits.RefusalsMax) return new("too many packets that were refused", EndsSession: true);
        return refusal;
    }

    private Refusal? OnSystem(ReadOnlySpan<byte> packet)
    {
        if (!SystemPacket.TryRead(packet, out SystemPacket system)) return Unreadable;
        switch (system.Command)
        {
            case SystemCommand.Auth:
                // Who it is was settled before there was a session; a client with auth_callback says all the same what it has to say.
                return null;
            case SystemCommand.Relay:
                if (system.Peer > 0)
                    return system.Peer == Peer || system.Peer == Cluster ? new("a packet to be relayed to nobody", EndsSession: true) : OnPacketFor(system.Peer, system.Payload);
                foreach (int peer in _peers.ToList())
                {
                    if (peer != -system.Peer && OnPacketFor(peer, system.Payload) is { } refusal) return refusal;
                }

                return system.Peer == -Cluster ? null : OnPacketFor(Cluster, system.Payload);
            default:
                return new("peers are for the cluster to announce", EndsSession: true);
        }
    }

    private static Refusal Unreadable => new("a packet that cannot be read", EndsSession: true);

    private static Refusal NotThere => new("a state or a call of a node that is not there", EndsSession: false);

    private static Refusal NobodyThere => new("a packet for a peer that is not there", EndsSession: false);

    private static Refusal OnlyWatches => new("a write or a call of a client that may only watch", EndsSession: false);

    private Refusal? OnPacketFor(int to, ReadOnlySpan<byte> packet)
    {
        // It may have gone, or have come out of sight, while the packet was under way.
        if (to != Cluster && !_peers.Contains(to) && !_interest.IsThere(to)) return NobodyThere;
        PacketCommand? command = Packet.CommandOf(packet);
        if (_isWatcher && command is not (PacketCommand.SimplifyPath or PacketCommand.ConfirmPath or null)) return OnlyWatches;
        switch (command)
        {
            case PacketCommand.SimplifyPath:
                return SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket path) ? OnSimplifyPath(to, path) : Unreadable;
            case PacketCommand.ConfirmPath:
                return ConfirmPathPacket.TryRead(packet, out ConfirmPathPacket confirmed) ? OnConfirmPath(to, confirmed) : Unreadable;
            case PacketCommand.Rpc:
                return RpcPacket.TryRead(packet, out RpcPacket rpc) ? OnRpc(to, rpc) : Unreadable;
            case PacketCommand.Sync:
                return !SyncPacket.TryRead(packet, out SyncPacket sync) ? Unreadable : to == Cluster ? OnSync(sync) : null;
            case PacketCommand.Delta:
                return !DeltaPacket.TryRead(packet, out DeltaPacket delta) ? Unreadable : to == Cluster ? OnDelta(delta) : null;
            case PacketCommand.Raw:
                if (!RawPacket.TryRead(packet, out RawPacket raw)) return Unreadable;
                _outbox.Call(new(Peer, to, NodeId.None, raw.Bytes.ToArray(), _number));
                return null;
            case PacketCommand.Spawn:
                return !SpawnPacket.TryRead(packet, out SpawnPacket spawn) ? Unreadable : to == Cluster ? OnSpawn(spawn) : null;
            case PacketCommand.Despawn:
                return !DespawnPacket.TryRead(packet, out DespawnPacket despawn) ? Unreadable : to == Cluster ? OnDespawn(despawn) : null;
            default:
                return Unreadable;
        }
    }

    private Refusal? OnSimplifyPath(int to, SimplifyPathPacket packet)
    {
        if (_heard.Count >= _limits.PathsMax) return new("too many paths", EndsSession: true);
        if (packet.Path.Length > PathBytesMax) return new("a path that is too long", EndsSession: true);
        string path = Encoding.UTF8.GetString(packet.Path);
        var heard = new HeardPath(NodePath.Parse(path));
        // What a client sends again after it has resumed may have come to the last gateway, too.
        if (!_heard.TryAdd((to, packet.Id), heard) && !_heard[(to, packet.Id)].Path.Equals(heard.Path)) return new("a path's number twice", EndsSession: true);
        // A node of the client's own making is not here yet; what it calls there is looked up when it does.
        bool agrees = Find(heard) is not { } node || packet.MethodsMd5.SequenceEqual(Encoding.UTF8.GetBytes(_world.MethodsOf(node).Md5));
        if (_outbox.CanResume) SessionMemory.HeardPath(to, packet.Id, _heard[(to, packet.Id)].Node, path, _outbox);
        if (IsKnownSource(to))
        {
            _outer.Clear();
            ConfirmPathPacket.Write(_outer, agrees, packet.Id);
            SendInName(to, _outer.Written);
        }

        return agrees ? null : new("methods that differ from the server's files", EndsSession: false);
    }

    private Refusal? OnConfirmPath(int source, ConfirmPathPacket packet)
    {
        if (_ids.TryGetNode(packet.Id, out NodeId node) && _paths.TryGet(source, node, out bool confirmed))
        {
            if (!confirmed) OnConfirmed(source, node);
            // One that comes twice was sent again after a resume.
            if (!confirmed || _outbox.CanResume) return packet.MethodsAgree ? null : new("methods that differ from the client's files", EndsSession: false);
        }

        // It may have lost the node while the confirmation was under way.
        return _ids.WasGivenOut(packet.Id) ? null : new("a confirmation of nothing", EndsSession: false);
    }

    private NodeId? Find(HeardPath heard)
    {
        if (!heard.Node.IsNone) return _world.PathOf(heard.Node) is null || IsHidden(heard.Node) ? null : heard.Node;
        if (FindByPath(heard.Path) is not { } node) return null;
        heard.Node = node;
        return node;
    }

    // What is hidden from the client is as what is not there: it must not find out by trying.
    private NodeId? FindByPath(NodePath path) =>
        _world.TryResolve(NodeId.Root, path, out MirrorNode? node) && !IsHidden(node.Id) ? node.Id : null;

    private NodeId? FindByNumber(int to, uint id) => _heard.TryGetValue((to, id), out HeardPath? heard) ? Find(heard) : null;

    private Refusal? OnRpc(int to, RpcPacket packet)
    {
        NodeId? found = packet.HasPath
            ? FindByPath(NodePath.Parse(Encoding.UTF8.GetString(packet.Path)))
            : FindByNumber(to, packet.Node);
        if (found is not { } id || !_world.Tree.TryFind(id, out MirrorNode? target)) return NotThere;
        if (!_world.MethodsOf(id).TryGetMethod(packet.Method, out RpcMethod? method)) return new("a call of a method that is not there", EndsSession: false);
        bool may = method.Mode == RpcMode.AnyPeer || (method.Mode == RpcMode.Authority && target.Header!.Authority == Peer);
        if (!may) return new("a call that only the authority may make", EndsSession: false);
        if (!Arguments.TryRead(packet, _limits.Values, out _)) return new("arguments that cannot be read", EndsSession: true);
        var copy = new ByteWriter(packet.Arguments.Length + 8);
        packet.WriteTo(copy, 0);
        _outbox.Call(new(Peer, to, id, copy.ToArray(), _number));
        return null;
    }

    private Refusal? OnSync(SyncPacket packet)
    {
        Refusal? refusal = null;
        foreach (SyncPacket.Entry entry in packet)
        {
            if (Own(entry.NetId) is not { } synchronizer)
            {
                if (!IsUnderWay(entry.NetId)) refusal = IsUnknown(entry.NetId) ? NotThere : NotTheAuthority;
                continue;
            }

            _received.TryGetValue(synchronizer.Node, out SyncSequence sequence);
            bool isNewer = sequence.TryAdvance(packet.Sequence);
            _received[synchronizer.Node] = sequence;
            if (!isNewer) continue;
            bool fits = synchronizer.IsStandIn
                ? State.TryReadAll(entry.State, StandIn.ValuesMax, _limits.Values, out _)
                : State.TryRead(entry.State, synchronizer.Always.Length, _limits.Values, out _);
            if (!fits) return new("a state that does not fit its synchronizer", EndsSession: true);
            _outbox.Publish(synchronizer.Node, synchronizer.AuthorityEpoch, entry.State);
        }

        return refusal;
    }

    private Refusal? OnDelta(DeltaPacket packet)
    {
        Refusal? refusal = null;
        foreach (DeltaPacket.Entry entry in packet)
        {
            if (Own(entry.NetId) is { } synchronizer)
            {
                if (TakeDelta(synchronizer, entry.Mask, entry.State, ++_index) is { } wrong) return wrong;
            }
            else if (!IsUnderWay(entry.NetId)) refusal = IsUnknown(entry.NetId) ? NotThere : NotTheAuthority;
            else if (Wait(entry.NetId, entry.Mask, entry.State) is { } tooMany) return tooMany;
        }

        return refusal;
    }

    private Refusal? TakeDelta(Synchronizer synchronizer, ulong mask, ReadOnlySpan<byte> state, int index)
    {
        ImmutableArray<SyncProperty> watched = synchronizer.Watched;
        if (watched.Length < 64 && mask >> watched.Length != 0) return new("a delta of properties that are not watched", EndsSession: true);
        int count = System.Numerics.BitOperations.PopCount(mask);
        if (!State.TryRead(state, count, _limits.Values, out ImmutableArray<Variant> values)) return new("a state that does not fit its synchronizer", EndsSession: true);
        _outbox.Transact(_number, index, Writes(watched, mask, values));
        return null;
    }

    private bool IsUnderWay(uint number) => _ownSynchronizers.TryGetValue(number, out (OwnSpawn Spawn, int Index) own) && Find(own.Spawn) is null;

    // A path that the client has numbered, of a node that is in nobody's tree but its own.
    private bool IsUnknown(uint number) =>
        (number & Packet.PathFlag) != 0 && _heard.TryGetValue((Cluster, number & ~Packet.PathFlag), out HeardPath? heard) && Find(heard) is null;

    private static Refusal NotTheAuthority => new("a state of a synchronizer that is another's", EndsSession: false);

    // In the order of the packet, one operation a node.
    private static List<SceneOperation> Writes(ImmutableArray<SyncProperty> watched, ulong mask, ImmutableArray<Variant> values)
    {
        var writes = new SortedDictionary<NodeId, List<PropertyWrite>>();
        int next = 0;
        for (int bit = 0; bit < watched.Length; bit++)
        {
            if ((mask >> bit & 1) == 0) continue;
            Variant value = values[next++];
            if (watched[bit].Node.IsNone) continue;
            if (!writes.TryGetValue(watched[bit].Node, out List<PropertyWrite>? ofNode)) writes.Add(watched[bit].Node, ofNode = []);
            ofNode.Add(new(watched[bit].Name, PropertyValue.Encode(value)));
        }

        return [.. writes.Select(w => new SetPropertiesOperation(NodeRef.Of(w.Key), w.Value))];
    }

    // A synchronizer that this client may write, by the number that it has for it.
    private Synchronizer? Own(uint number)
    {
        if ((number & Packet.PathFlag) == 0) return OwnSpawned(number);
        if (FindByNumber(Cluster, number & ~Packet.PathFlag) is not { } id) return null;
        return _world.Synchronizers.TryGetValue(id, out Synchronizer? synchronizer) && (synchronizer.Authority == Peer || Mutation.Is("take-a-state-of-anyone")) && !synchronizer.IsStandIn ? synchronizer : null;
    }

    // What the client calls by numbers may be under way: it hears only now that the peer is out of sight. It gives the same
    // path the same number when the peer comes again.
    private void ForgetHeardLater(int peer)
    {
        _outOfSight.Enqueue(peer);
        if (_outOfSight.Count > OutOfSightMax && _outOfSight.Dequeue() is var longest && !_peers.Contains(longest)) ForgetHeardFor(longest);
    }

    private void ForgetHeardFor(int peer)
    {
        foreach ((int To, uint Id) path in _heard.Keys.Where(p => p.To == peer).ToList()) ForgetHeard(path);
    }

    // A client that has lost a node will number it anew when it comes again.
    private void ForgetHeard(IReadOnlySet<NodeId> lost)
    {
        foreach (((int To, uint Id) number, HeardPath heard) in _heard.Where(h => lost.Contains(h.Value.Node)).ToList()) ForgetHeard(number);
        foreach (NodeId node in lost) _received.Remove(node);
    }

    private void ForgetHeard((int To, uint Id) path)
    {
        _heard.Remove(path);
        if (_outbox.CanResume) SessionMemory.ForgetHeardPath(path.To, path.Id, _outbox);
    }

    private bool WriteCall(ByteWriter writer, RpcCall call, bool confirmed)
    {
        if (!RpcPacket.TryRead(call.Packet.Span, out RpcPacket packet)) return false;
        if (confirmed) packet.WriteTo(writer, NumberOf(call.Node));
        else packet.WriteWithPathTo(writer, Encoding.UTF8.GetBytes(_world.PathOf(call.Node)!));
        return true;
    }
}
