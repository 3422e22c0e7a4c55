using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <content>What a client spawns itself, with spawners that are its own.</content>
public sealed partial class PeerSession
{
    private const int OwnSpawnsMax = 10_000;
    private const int WaitingDeltasMax = 100;
    private const int ArgumentBytesMax = 64 << 10;
    private readonly Dictionary<uint, OwnSpawn> _ownSpawns = []; // by the client's net id
    private readonly Dictionary<uint, (OwnSpawn Spawn, int Index)> _ownSynchronizers = [];

    // The node is in the tree a little later than at the client; until then it has only its name.
    private sealed record OwnSpawn(NodeId Spawner, string Name, ImmutableArray<uint> Synchronizers)
    {
        public NodeId Node { get; set; }

        // What has its name may be another one until then, which the client has despawned and named this one after.
        public bool IsMade { get; set; }

        // It never comes: what is said of it is about nothing.
        public bool IsRefused { get; set; }

        // Deltas that came before it was in the tree.
        public List<(uint Number, ulong Mask, byte[] State, uint Packet, int Index)> Waiting { get; } = [];
    }

    private Refusal? OnSpawn(SpawnPacket packet)
    {
        if (FindByNumber(Cluster, packet.Spawner) is not { } id || !_world.Spawners.TryGetValue(id, out Spawner? spawner)) return new("a spawn by no spawner", EndsSession: false);
        if (spawner.Authority != Peer) return new("a spawn by a spawner that is another's", EndsSession: false);
        if (_ownSpawns.Count >= OwnSpawnsMax) return new("too many spawns", EndsSession: true);
        if (spawner.Limit > 0 && _world.Spawned.Values.Count(s => s.Spawner.Node == id) >= spawner.Limit) return new("a spawn beyond the spawner's limit", EndsSession: false);
        var operations = new List<SceneOperation>();
        Refusal? refusal = packet.IsCustom ? PlanCustom(packet, spawner, operations) : PlanScene(packet, spawner, operations);
        if (refusal is not null) return refusal;
        var numbers = ImmutableArray.CreateBuilder<uint>();
        for (int i = 0; i < packet.SyncNetIdCount; i++) numbers.Add(packet.SyncNetId(i));
        var spawn = new OwnSpawn(id, Encoding.UTF8.GetString(packet.Name), numbers.ToImmutable());
        if (_ownSpawns.TryGetValue(packet.NetId, out OwnSpawn? before) && (before.Spawner != id || before.Name != spawn.Name)) return new("a net id twice", EndsSession: true);
        if (before is null) Add(packet.NetId, spawn);
        else spawn = before;
        (spawn.Node, spawn.IsMade) = (NodeId.None, false);
        _outbox.Transact(_number, ++_index, operations, (isMade, nodes) => OnMade(spawn, isMade, nodes));
        return null;
    }

    private void OnMade(OwnSpawn spawn, bool isMade, IReadOnlyList<NodeId> nodes)
    {
        spawn.IsMade = true;
        if (nodes.Count > 0) spawn.Node = nodes[0];
        // Refused, or made so long ago that nobody remembers: then it is there.
        spawn.IsRefused = !isMade && Find(spawn) is null;
        if (spawn.IsRefused) ForgetWaiting(spawn);
        else TakeWaiting();
    }

    private void ForgetWaiting(OwnSpawn spawn)
    {
        foreach ((_, _, _, uint packet, _) in spawn.Waiting) _outbox.Release(packet);
        spawn.Waiting.Clear();
    }

    private string PathBelow(Spawner spawner) => _world.PathOf(spawner.Parent) is var path and not "." ? ScenePath.Root + "/" + path : ScenePath.Root;

    private Refusal? PlanScene(SpawnPacket packet, Spawner spawner, List<SceneOperation> operations)
    {
        if (packet.Scene >= spawner.Scenes.Length || !_world.Files.TryGetScene(spawner.Scenes[packet.Scene], out GameScene? scene)) return new("a spawn of a scene that the spawner does not list", EndsSession: true);
        if (packet.SyncNetIdCount > scene.RootSynchronizers.Length) return new("a spawn with more synchronizers than its scene has", EndsSession: true);
        ImportPlan plan = ImportPlan.Of(scene.Expanded, PathBelow(spawner), Encoding.UTF8.GetString(packet.Name));
        if (plan.Batches.Count > 1) return new("a spawn of a scene that is too large", EndsSession: false);
        operations.AddRange(plan.Batches[0]);
        return TryReadSpawnState(packet.State, scene, packet.SyncNetIdCount, plan.RootPath, operations)
            ? null
            : new("a spawn whose state does not fit its scene", EndsSession: true);
    }

    // What the client's spawn_function makes of the argument nobody knows here: a plain node stands for it, and one for each
    // of its synchronizers that the client has numbered.
    private Refusal? PlanCustom(SpawnPacket packet, Spawner spawner, List<SceneOperation> operations)
    {
        if (packet.Argument.Length > ArgumentBytesMax) return new("a custom spawn with an argument that is too large", EndsSession: false);
        if (!CompressedVariant.TryRead(packet.Argument, _limits.Values, out _)) return new("a custom spawn whose argument cannot be read", EndsSession: true);
        if (packet.SyncNetIdCount > StandIn.CountMax) return new("a custom spawn with too many synchronizers", EndsSession: false);
        int valuesMax = packet.SyncNetIdCount == 0 ? 0 : StandIn.ValuesMax;
        if (!State.TryReadAll(packet.State, valuesMax, _limits.Values, out ImmutableArray<Variant> state)) return new("a custom spawn whose state cannot be read", EndsSession: true);
        string name = Encoding.UTF8.GetString(packet.Name);
        PropertyWrite[] attachments =
        [
            new(SpawnedNode.ArgumentAttachment, packet.Argument.ToArray()),
            new(SpawnedNode.SpawnerAttachment, SpawnedNode.EncodeSpawner(spawner.Node)),
        ];
        var nodes = new List<TemplateNode> { new(-1, name, "Node", "", [], 0, null, [], attachments) };
        for (int i = 0; i < packet.SyncNetIdCount; i++) nodes.Add(StandIn.Template(i, i == 0 ? [.. state.Select(PropertyValue.Encode)] : []));
        operations.Add(new SpawnOperation(NodeRef.At(PathBelow(spawner)), new(nodes)));
        string path = ScenePath.Join(PathBelow(spawner), name);
        for (int i = 0; i < packet.SyncNetIdCount; i++) operations.Add(new SetAuthorityOperation(NodeRef.At(ScenePath.Join(path, StandIn.NameOf(i))), Peer));
        return null;
    }

    private void Add(uint netId, OwnSpawn spawn)
    {
        _ownSpawns.Add(netId, spawn);
        for (int i = 0; i < spawn.Synchronizers.Length; i++) _ownSynchronizers[spawn.Synchronizers[i]] = (spawn, i);
        if (_outbox.CanResume) SessionMemory.OwnSpawn(netId, spawn.Spawner, spawn.Name, spawn.Synchronizers.AsSpan(), _outbox);
    }

    // The client writes those synchronizers that it has numbered: the first of the scene, as far as anybody can tell.
    private bool TryReadSpawnState(ReadOnlySpan<byte> state, GameScene scene, int synchronizers, string rootPath, List<SceneOperation> operations)
    {
        var properties = new List<NodePath>();
        for (int i = 0; i < synchronizers; i++)
        {
            operations.Add(new SetAuthorityOperation(NodeRef.At(ScenePath.Join(rootPath, scene.RootSynchronizers[i].Path)), Peer));
            properties.AddRange(scene.RootSynchronizers[i].Config.Replication.Spawn);
        }

        if (!State.TryRead(state, properties.Count, _limits.Values, out ImmutableArray<Variant> values)) return false;
        for (int i = 0; i < values.Length; i++)
        {
            if (GameScene.Follow(".", properties[i]) is not { } path || !scene.HasNode(path)) continue;
            NodeRef node = NodeRef.At(path == "." ? rootPath : ScenePath.Join(rootPath, path));
            operations.Add(new SetPropertiesOperation(node, [new(string.Join(':', properties[i].Subnames), PropertyValue.Encode(values[i]))]));
        }

        return true;
    }

    private Refusal? OnDespawn(DespawnPacket packet)
    {
        if (!_ownSpawns.Remove(packet.NetId, out OwnSpawn? spawn)) return new("a despawn of nothing", EndsSession: false);
        foreach (uint number in spawn.Synchronizers) _ownSynchronizers.Remove(number);
        ForgetWaiting(spawn);
        if (!_world.Spawners.TryGetValue(spawn.Spawner, out Spawner? spawner) || spawner.Authority != Peer) return new("a despawn by a spawner that is another's", EndsSession: false);
        // By its path: the spawn itself may still be under way, before this one.
        NodeRef node = Find(spawn) is { } there ? NodeRef.Of(there.Node) : NodeRef.At(ScenePath.Join(PathBelow(spawner), spawn.Name));
        uint netId = packet.NetId;
        // Until then the client may have to say it again, to a gateway that must know what it means.
        _outbox.Transact(_number, ++_index, [new DespawnOperation(node)], (_, _) =>
        {
            if (_outbox.CanResume) SessionMemory.ForgetOwnSpawn(netId, _outbox);
        });
        return null;
    }

    private Refusal? Wait(uint number, ulong mask, ReadOnlySpan<byte> state)
    {
        OwnSpawn spawn = _ownSynchronizers[number].Spawn;
        if (spawn.IsRefused) return null;
        List<(uint, ulong, byte[], uint, int)> waiting = spawn.Waiting;
        if (waiting.Count >= WaitingDeltasMax) return new("too many deltas of a node that is under way", EndsSession: true);
        waiting.Add((number, mask, state.ToArray(), _number, ++_index));
        _outbox.Hold(_number);
        return null;
    }

    private void TakeWaiting()
    {
        uint current = _number;
        foreach (OwnSpawn spawn in _ownSpawns.Values.Where(s => s.Waiting.Count > 0 && Find(s) is not null).ToList())
        {
            foreach ((uint number, ulong mask, byte[] state, uint packet, int index) in spawn.Waiting)
            {
                _number = packet;
                if (OwnSpawned(number) is { } synchronizer) TakeDelta(synchronizer, mask, state, index);
                _outbox.Release(packet);
            }

            spawn.Waiting.Clear();
        }

        _number = current;
    }

    private SpawnedNode? Find(OwnSpawn spawn)
    {
        if (spawn.Node.IsNone)
        {
            if (!spawn.IsMade || !_world.Spawners.TryGetValue(spawn.Spawner, out Spawner? spawner)) return null;
            if (!_world.TryResolve(spawner.Parent, new NodePath([spawn.Name], [], false), out MirrorNode? node)) return null;
            spawn.Node = node.Id;
        }

        return _world.Spawned.GetValueOrDefault(spawn.Node);
    }

    // By a net id that the client gave with a spawn of its own. Null while the node is not in the tree yet.
    private Synchronizer? OwnSpawned(uint number)
    {
        if (!_ownSynchronizers.TryGetValue(number, out (OwnSpawn Spawn, int Index) own) || Find(own.Spawn) is not { } node) return null;
        NodeId[] written = [.. node.Synchronizers.Where(s => _world.Synchronizers[s].Authority == Peer)];
        return own.Index < written.Length ? _world.Synchronizers[written[own.Index]] : null;
    }
}
