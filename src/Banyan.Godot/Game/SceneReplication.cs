using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>Spawned nodes and synchronizers: who sees which, and what goes to them.</summary>
/// <remarks>Source: scene_replication_interface.cpp.</remarks>
internal sealed class SceneReplication(SceneMultiplayer multiplayer, PathCache cache)
{
    private readonly LinkedMap<int, ReplicationPeer> _peers = new();
    private readonly LinkedMap<GameNode, TrackedNode> _tracked = new();
    private readonly SortedDictionary<long, GameNode> _spawned = [];
    private readonly HashOrderSet<MultiplayerSynchronizer> _synchronizers = new();
    // Nodes that were added and are not ready: their spawn goes out when the first of them is.
    private readonly HashOrderSet<GameNode> _spawnQueue = new();
    private readonly ByteWriter _packet = new();
    private readonly StateSender _sender = new(multiplayer, cache);
    private readonly StateReceiver _receiver = new(multiplayer, cache);
    private PendingSpawn? _pending;
    private uint _lastNetId;

    /// <summary>Those whose root is in the tree.</summary>
    public HashOrderSet<MultiplayerSynchronizer> Synchronizers => _synchronizers;

    public void OnPeerConnected(int peer)
    {
        _peers.Set(peer, new());
        foreach (GameNode node in _spawned.Values.ToArray()) UpdateSpawnVisibility(peer, node);
        foreach (MultiplayerSynchronizer synchronizer in _synchronizers.ToArray()) UpdateSyncVisibility(peer, synchronizer);
    }

    public void OnPeerDisconnected(int peer)
    {
        if (!_peers.TryGet(peer, out ReplicationPeer? gone)) return;
        FreeRemotes(gone);
        _peers.Remove(peer);
    }

    public void OnReset()
    {
        foreach ((int _, ReplicationPeer peer) in _peers.Pairs) FreeRemotes(peer);
        _peers.Clear();
        foreach ((GameNode _, TrackedNode tracked) in _tracked.Pairs)
        {
            tracked.NetId = 0;
            tracked.RemotePeer = 0;
        }

        foreach (MultiplayerSynchronizer synchronizer in _synchronizers) synchronizer.Reset();
        _lastNetId = 0;
    }

    public void OnNetworkProcess(long now)
    {
        if (_spawnQueue.Count > 0)
        {
            multiplayer.Error("An error happened during last spawn, this usually means the 'ready' signal was not emitted by the spawned node.");
            foreach (GameNode node in _spawnQueue) node.Ready -= OnNodeReady;
            _spawnQueue.Clear();
        }

        foreach ((int id, ReplicationPeer peer) in _peers.Pairs)
        {
            if (peer.Synchronizers.Count == 0) continue;
            MultiplayerSynchronizer[] synchronizers = peer.Synchronizers.ToArray();
            ushort sequence = unchecked(++peer.LastSequence);
            _sender.SendStates(id, synchronizers, sequence, now);
            _sender.SendChanges(id, synchronizers, peer.LastDeltaMicroseconds, now);
        }
    }

    /// <summary>A spawner of ours has a new node.</summary>
    public void OnSpawn(GameNode node, MultiplayerSpawner spawner)
    {
        TrackedNode tracked = Track(node);
        if (tracked.Spawner is not null)
        {
            multiplayer.Error($"{node.Name} is spawned by {tracked.Spawner.Path} already");
            return;
        }

        tracked.Spawner = spawner;
        _spawnQueue.Add(node);
        node.Ready += OnNodeReady;
    }

    /// <summary>A node of a spawner of ours leaves the tree.</summary>
    public void OnDespawn(GameNode node, MultiplayerSpawner spawner)
    {
        if (!_tracked.TryGet(node, out TrackedNode? tracked))
        {
            multiplayer.Error($"{node.Name} is despawned, but it is not tracked");
            return;
        }

        foreach ((int id, ReplicationPeer peer) in _peers.Pairs)
        {
            if (!peer.Spawned.Contains(node)) continue;
            _packet.Clear();
            DespawnPacket.Write(_packet, tracked.NetId);
            multiplayer.Send(id, _packet.Written, reliable: true);
        }

        if (tracked.Spawner != spawner)
        {
            multiplayer.Error($"{node.Name} is despawned by {spawner.Path}, which has not spawned it");
            return;
        }

        tracked.Spawner = null;
        _spawned.Remove(node.InstanceId);
        foreach ((int _, ReplicationPeer peer) in _peers.Pairs) peer.Spawned.Remove(node);
    }

    /// <summary>A synchronizer has found its root in the tree.</summary>
    public void OnReplicationStart(GameNode node, MultiplayerSynchronizer synchronizer)
    {
        TrackedNode tracked = Track(node);
        tracked.Synchronizers.Add(synchronizer);
        _synchronizers.Add(synchronizer);
        synchronizer.VisibilityChanged += OnVisibilityChanged;
        UpdateSyncVisibility(0, synchronizer);
        if (_pending is not { } pending || pending.Node != node || synchronizer.MultiplayerAuthority != pending.From) return;
        if (!pending.SyncNetIds.TryDequeue(out uint netId))
        {
            multiplayer.Error($"The MultiplayerSynchronizer at path \"{synchronizer.Path}\" is unable to process the pending spawn since it has no network ID.");
            return;
        }

        if (!_peers.TryGet(pending.From, out ReplicationPeer? peer))
        {
            multiplayer.Error($"a spawn of peer {pending.From}, which is gone");
            return;
        }

        peer.ReceivedSynchronizers[netId] = synchronizer;
        synchronizer.NetId = netId;
        if (pending.State.IsEmpty) return;
        if (synchronizer.ReplicationConfig is not { } config)
        {
            multiplayer.Error($"MultiplayerSynchronizer {synchronizer.Path} has no replication config");
            return;
        }

        if (!StateValues.TryRead(pending.State.Span, config.Spawn.Length, out Variant[] values, out int consumed))
        {
            multiplayer.Error($"Invalid packet received. Unable to decode state variable. (spawn of {node.Path})");
            return;
        }

        if (consumed == 0) return;
        pending.State = pending.State[consumed..];
        MultiplayerSynchronizer.TrySetState(node, config.Spawn, values);
    }

    /// <summary>A synchronizer loses its root, or its authority changes.</summary>
    public void OnReplicationStop(GameNode node, MultiplayerSynchronizer synchronizer)
    {
        synchronizer.VisibilityChanged -= OnVisibilityChanged;
        if (!_tracked.TryGet(node, out TrackedNode? tracked))
        {
            multiplayer.Error($"{synchronizer.Path} stops, but its root is not tracked");
            return;
        }

        tracked.Synchronizers.Remove(synchronizer);
        _synchronizers.Remove(synchronizer);
        foreach ((int _, ReplicationPeer peer) in _peers.Pairs)
        {
            peer.Synchronizers.Remove(synchronizer);
            peer.LastDeltaMicroseconds.Remove(synchronizer);
            if (synchronizer.NetId != 0) peer.ReceivedSynchronizers.Remove(synchronizer.NetId);
        }
    }

    /// <summary>Whether calls of a node's methods may go to a peer, or to all (0).</summary>
    public bool IsRpcVisible(GameNode node, int peer)
    {
        if (!_tracked.TryGet(node, out TrackedNode? tracked) || tracked.Synchronizers.Count == 0) return true;
        if (tracked.RemotePeer != 0 && peer == tracked.RemotePeer) return true;
        if (!_spawned.ContainsKey(node.InstanceId)) return tracked.Synchronizers.Any(s => s.IsVisibleTo(peer));
        return peer != 0
            ? _peers.TryGet(peer, out ReplicationPeer? known) && known.Spawned.Contains(node)
            : _peers.Pairs.All(p => p.Value.Spawned.Contains(node));
    }

    public void OnSpawnPacket(int from, ReadOnlySpan<byte> packet)
    {
        if (!SpawnPacket.TryRead(packet, out SpawnPacket spawn))
        {
            multiplayer.Error("Invalid spawn packet received");
            return;
        }

        if (cache.Find(from, spawn.Spawner) is not MultiplayerSpawner spawner)
        {
            multiplayer.Error($"a spawn of peer {from} names a spawner {spawn.Spawner} that is none");
            return;
        }

        if (from != spawner.MultiplayerAuthority)
        {
            multiplayer.Error($"a spawn of peer {from} at {spawner.Path}, of which it is not the authority");
            return;
        }

        string name = Encoding.UTF8.GetString(spawn.Name);
        if (spawner.GetNodeOrNull(spawner.SpawnPath) is not { } parent)
        {
            multiplayer.Error($"{spawner.Path} has no node at its spawn path {spawner.SpawnPath}");
            return;
        }

        if (parent.GetNodeOrNull(NodePath.Parse(name)) is not null)
        {
            multiplayer.Error($"a spawn of peer {from}: {parent.Path} has a child {name} already");
            return;
        }

        if (Instantiate(from, spawner, spawn) is not { } node) return;
        node.SetName(name);
        if (!_peers.TryGet(from, out ReplicationPeer? peer) || peer.ReceivedNodes.Contains(spawn.NetId))
        {
            multiplayer.Error($"a spawn of peer {from}: the net id {spawn.NetId} is taken");
            return;
        }

        TrackedNode tracked = Track(node);
        (tracked.Spawner, tracked.NetId, tracked.RemotePeer) = (spawner, spawn.NetId, from);
        peer.ReceivedNodes.Set(spawn.NetId, node);
        Queue<uint> syncNetIds = new();
        for (int i = 0; i < spawn.SyncNetIdCount; i++) syncNetIds.Enqueue(spawn.SyncNetId(i));
        // The state is taken as the synchronizers enter the tree, so before anything is ready.
        _pending = new(node, from, syncNetIds, spawn.State.ToArray());
        parent.AddChild(node);
        spawner.OnSpawned(node);
        _pending = null;
        if (syncNetIds.Count > 0)
            multiplayer.Error($"a spawn of peer {from} has numbers for more synchronizers than {node.Path} has of its authority");
    }

    public void OnDespawnPacket(int from, ReadOnlySpan<byte> packet)
    {
        if (!DespawnPacket.TryRead(packet, out DespawnPacket despawn))
        {
            multiplayer.Error("Invalid despawn packet received");
            return;
        }

        if (!_peers.TryGet(from, out ReplicationPeer? peer) || !peer.ReceivedNodes.TryGet(despawn.NetId, out GameNode? node))
        {
            multiplayer.Error($"a despawn of peer {from}: it has spawned no node {despawn.NetId}");
            return;
        }

        peer.ReceivedNodes.Remove(despawn.NetId);
        if (!_tracked.TryGet(node, out TrackedNode? tracked) || tracked.Spawner is not { IsFreed: false } spawner)
        {
            multiplayer.Error($"a despawn of peer {from}: the spawner of {node.Path} is gone");
            return;
        }

        if (from != spawner.MultiplayerAuthority)
        {
            multiplayer.Error($"a despawn of peer {from} at {spawner.Path}, of which it is not the authority");
            return;
        }

        node.Parent?.RemoveChild(node);
        node.QueueFree();
        spawner.OnDespawned(node);
    }

    public void OnSyncPacket(int from, ReadOnlySpan<byte> packet) => _receiver.OnSync(from, Peer(from), packet);

    public void OnDeltaPacket(int from, ReadOnlySpan<byte> packet) => _receiver.OnDelta(from, Peer(from), packet);

    private ReplicationPeer? Peer(int id) => _peers.TryGet(id, out ReplicationPeer? peer) ? peer : null;

    private GameNode? Instantiate(int from, MultiplayerSpawner spawner, SpawnPacket spawn)
    {
        GameNode? node;
        if (!spawn.IsCustom)
        {
            node = spawner.InstantiateScene(spawn.Scene);
        }
        else if (CompressedVariant.TryRead(spawn.Argument, VariantLimits.Peer, out Variant argument))
        {
            node = spawner.InstantiateCustom(argument);
        }
        else
        {
            multiplayer.Error($"a spawn of peer {from}: its argument cannot be read");
            return null;
        }

        if (node is null) multiplayer.Error($"a spawn of peer {from} at {spawner.Path} made no node");
        return node;
    }

    private void OnNodeReady(GameNode node)
    {
        node.Ready -= OnNodeReady;
        if (!_spawnQueue.Contains(node))
        {
            multiplayer.Error($"{node.Path} is ready, but not queued for spawning");
            return;
        }

        // A nested spawn waits for what is around it.
        if (node != _spawnQueue.First) return;
        foreach (GameNode queued in _spawnQueue.ToArray())
        {
            if (!_tracked.TryGet(queued, out TrackedNode? tracked) || tracked.Spawner is not { IsFreed: false } spawner)
            {
                multiplayer.Error($"{queued.Path} is not tracked any more");
                continue;
            }

            _spawned[queued.InstanceId] = queued;
            if (multiplayer.HasAuthority(spawner)) UpdateSpawnVisibility(0, queued);
        }

        _spawnQueue.Clear();
    }

    private void OnVisibilityChanged(int peer, MultiplayerSynchronizer synchronizer)
    {
        if (synchronizer.RootNode is not { } node)
        {
            multiplayer.Error($"MultiplayerSynchronizer {synchronizer.Path} has no root node");
            return;
        }

        if (_spawned.ContainsKey(node.InstanceId) && peer != multiplayer.UniqueId) UpdateSpawnVisibility(peer, node);
        UpdateSyncVisibility(peer, synchronizer);
    }

    private void UpdateSyncVisibility(int id, MultiplayerSynchronizer synchronizer)
    {
        if (!multiplayer.HasAuthority(synchronizer) || id == multiplayer.UniqueId) return;
        bool visible = synchronizer.IsVisibleTo(id);
        if (id != 0)
        {
            if (_peers.TryGet(id, out ReplicationPeer? peer)) Show(peer, synchronizer, visible);
            else multiplayer.Error($"the visibility of {synchronizer.Path} for peer {id}, which is not connected");
            return;
        }

        foreach ((int other, ReplicationPeer peer) in _peers.Pairs) Show(peer, synchronizer, visible || synchronizer.IsVisibleTo(other));
    }

    private static void Show(ReplicationPeer peer, MultiplayerSynchronizer synchronizer, bool visible)
    {
        if (visible)
        {
            peer.Synchronizers.Add(synchronizer);
        }
        else if (peer.Synchronizers.Remove(synchronizer))
        {
            peer.LastDeltaMicroseconds.Remove(synchronizer);
        }
    }

    private void UpdateSpawnVisibility(int id, GameNode node)
    {
        if (!_tracked.TryGet(node, out TrackedNode? tracked) || tracked.Spawner is not { IsFreed: false } spawner || !multiplayer.HasAuthority(spawner))
        {
            multiplayer.Error($"the spawn of {node.Path}: its spawner is gone, or its authority is not ours");
            return;
        }

        bool visible = IsSpawnVisible(id, tracked);
        List<int> toSpawn = [];
        List<int> toDespawn = [];
        if (id == 0)
        {
            foreach ((int other, ReplicationPeer peer) in _peers.Pairs)
            {
                if (!visible) UpdateSpawnVisibility(other, node);
                else if (!peer.Spawned.Contains(node)) toSpawn.Add(other);
            }
        }
        else if (!_peers.TryGet(id, out ReplicationPeer? peer))
        {
            multiplayer.Error($"the visibility of {node.Path} for peer {id}, which is not connected");
        }
        else if (visible != peer.Spawned.Contains(node))
        {
            (visible ? toSpawn : toDespawn).Add(id);
        }

        if (toSpawn.Count > 0) Spawn(node, tracked, spawner, toSpawn);
        foreach (int target in toDespawn)
        {
            Peer(target)!.Spawned.Remove(node);
            _packet.Clear();
            DespawnPacket.Write(_packet, tracked.NetId);
            multiplayer.Send(target, _packet.Written, reliable: true);
        }
    }

    /// <summary>Whether one of the synchronizers that are ours is visible, or there is none.</summary>
    private bool IsSpawnVisible(int peer, TrackedNode tracked)
    {
        bool visible = true;
        foreach (MultiplayerSynchronizer synchronizer in tracked.Synchronizers)
        {
            if (!multiplayer.HasAuthority(synchronizer)) continue;
            visible = synchronizer.IsVisibleTo(peer);
            if (visible) break;
        }

        return visible;
    }

    private void Spawn(GameNode node, TrackedNode tracked, MultiplayerSpawner spawner, List<int> targets)
    {
        bool made = TryWriteSpawn(node, tracked, spawner);
        foreach (int target in targets)
        {
            // The packet stays as it is: the cache has a buffer of its own.
            cache.Announce(spawner, target, out _);
            if (made) multiplayer.Send(target, _packet.Written, reliable: true);
            Peer(target)!.Spawned.Add(node);
        }
    }

    private bool TryWriteSpawn(GameNode node, TrackedNode tracked, MultiplayerSpawner spawner)
    {
        if (tracked.NetId == 0) tracked.NetId = ++_lastNetId;
        byte scene = spawner.SceneIndexOf(node);
        List<uint> netIds = [];
        List<Variant> values = [];
        foreach (MultiplayerSynchronizer synchronizer in tracked.Synchronizers)
        {
            if (!multiplayer.HasAuthority(synchronizer)) continue;
            if (synchronizer.ReplicationConfig is not { } config || !MultiplayerSynchronizer.TryGetState(node, config.Spawn, values))
            {
                multiplayer.Error($"Unable to retrieve spawn state. ({node.Path})");
                return false;
            }

            if (synchronizer.NetId == 0) synchronizer.NetId = ++_lastNetId;
            netIds.Add(synchronizer.NetId);
        }

        byte[] name = Encoding.UTF8.GetBytes(node.Name);
        if (!NodeName.IsValid(name))
        {
            // The engine sends it, and the receiver refuses it.
            multiplayer.Error($"{node.Path} has a name that no peer takes");
            return false;
        }

        ByteWriter state = new();
        foreach (Variant value in values) CompressedVariant.Write(state, value);
        uint path = cache.IdOf(spawner);
        _packet.Clear();
        if (scene == SpawnPacket.CustomScene)
        {
            ByteWriter argument = new();
            CompressedVariant.Write(argument, spawner.ArgumentOf(node));
            SpawnPacket.WriteCustom(_packet, path, tracked.NetId, netIds.ToArray(), name, argument.Written, state.Written);
        }
        else
        {
            SpawnPacket.Write(_packet, scene, path, tracked.NetId, netIds.ToArray(), name, state.Written);
        }

        return true;
    }

    private static void FreeRemotes(ReplicationPeer peer)
    {
        foreach ((uint _, GameNode node) in peer.ReceivedNodes.Pairs) node.QueueFree();
    }

    private TrackedNode Track(GameNode node)
    {
        if (_tracked.TryGet(node, out TrackedNode? tracked)) return tracked;
        node.TreeExited += Untrack;
        _tracked.Set(node, tracked = new());
        return tracked;
    }

    private void Untrack(GameNode node)
    {
        node.TreeExited -= Untrack;
        if (!_tracked.TryGet(node, out TrackedNode? tracked)) return;
        _tracked.Remove(node);
        if (tracked.RemotePeer != 0) Peer(tracked.RemotePeer)?.ReceivedNodes.Remove(tracked.NetId);
        foreach ((int _, ReplicationPeer peer) in _peers.Pairs) peer.Spawned.Remove(node);
    }
}
