using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>Takes states and changes of peers' synchronizers.</summary>
/// <remarks>Source: scene_replication_interface.cpp (on_sync_receive, on_delta_receive).</remarks>
internal sealed class StateReceiver(SceneMultiplayer multiplayer, PathCache cache)
{
    public void OnSync(int from, ReplicationPeer? peer, ReadOnlySpan<byte> packet)
    {
        if (!SyncPacket.TryRead(packet, out SyncPacket sync))
        {
            multiplayer.Error("Invalid sync packet received");
            return;
        }

        foreach (SyncPacket.Entry entry in sync)
        {
            // Its spawn may be still under way: states are not reliable.
            if (Find(from, peer, entry.NetId) is not { } synchronizer) continue;
            if (synchronizer.MultiplayerAuthority != from || synchronizer.RootNode is not { } node)
            {
                multiplayer.Error($"Ignoring sync data from non-authority or for missing node. ({synchronizer.Path} from {from})");
                continue;
            }

            if (!synchronizer.UpdateInbound(sync.Sequence)) continue;
            if (synchronizer.ReplicationConfig is not { } config)
            {
                multiplayer.Error($"MultiplayerSynchronizer {synchronizer.Path} has no replication config");
                return;
            }

            if (!StateValues.TryRead(entry.State, config.Sync.Length, out Variant[] values, out _))
            {
                multiplayer.Error($"Invalid packet received. Unable to decode state variable. ({synchronizer.Path} from {from})");
                return;
            }

            if (!MultiplayerSynchronizer.TrySetState(node, config.Sync, values)) return;
            synchronizer.OnSynchronized();
        }
    }

    public void OnDelta(int from, ReplicationPeer? peer, ReadOnlySpan<byte> packet)
    {
        if (!DeltaPacket.TryRead(packet, out DeltaPacket delta))
        {
            multiplayer.Error("Invalid delta packet received");
            return;
        }

        foreach (DeltaPacket.Entry entry in delta)
        {
            MultiplayerSynchronizer? synchronizer = Find(from, peer, entry.NetId);
            if (synchronizer is null || synchronizer.MultiplayerAuthority != from || synchronizer.RootNode is not { } node)
            {
                multiplayer.Error($"Ignoring delta for non-authority or invalid synchronizer. ({synchronizer?.Path ?? "unknown"} from {from})");
                continue;
            }

            if (synchronizer.ReplicationConfig is not { } config || !config.TryGetWatched(entry.Mask, out ImmutableArray<NodePath> properties))
            {
                multiplayer.Error($"a delta of {synchronizer.Path} from {from} has properties that it does not watch");
                return;
            }

            if (!StateValues.TryRead(entry.State, properties.Length, out Variant[] values, out int consumed) || consumed != entry.State.Length)
            {
                multiplayer.Error($"Invalid packet received. Unable to decode state variable. ({synchronizer.Path} from {from})");
                return;
            }

            if (!MultiplayerSynchronizer.TrySetState(node, properties, values)) return;
            synchronizer.OnDeltaSynchronized();
        }
    }

    private MultiplayerSynchronizer? Find(int from, ReplicationPeer? peer, uint netId)
    {
        if ((netId & Packet.PathFlag) != 0) return cache.Find(from, netId & ~Packet.PathFlag) as MultiplayerSynchronizer;
        return peer is not null && peer.ReceivedSynchronizers.TryGetValue(netId, out MultiplayerSynchronizer? found) && !found.IsFreed ? found : null;
    }
}
