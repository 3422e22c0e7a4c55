using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>Sends a peer the states and changes of the synchronizers that it may see.</summary>
/// <remarks>
/// As the engine, it ends a packet before an entry that would take it past the limit even if the packet has no entry
/// yet: for one state that nearly fills a packet, a packet without entries goes ahead, of which the receiver complains.
/// Source: scene_replication_interface.cpp (_send_sync, _send_delta).
/// </remarks>
internal sealed class StateSender(SceneMultiplayer multiplayer, PathCache cache)
{
    private readonly ByteWriter _packet = new();
    private readonly ByteWriter _state = new();
    private readonly List<Variant> _values = [];

    public void SendStates(int peer, ReadOnlySpan<MultiplayerSynchronizer> synchronizers, ushort sequence, long now)
    {
        _packet.Clear();
        SyncPacket.WriteHead(_packet, sequence);
        foreach (MultiplayerSynchronizer synchronizer in synchronizers)
        {
            if (!CanSend(synchronizer) || !synchronizer.UpdateOutbound(now)) continue;
            if (synchronizer.RootNode is not { } node)
            {
                multiplayer.Error($"MultiplayerSynchronizer {synchronizer.Path} has no root node");
                continue;
            }

            if (!IsNumbered(peer, synchronizer)) continue;
            _values.Clear();
            if (!MultiplayerSynchronizer.TryGetState(node, synchronizer.ReplicationConfig!.Sync, _values))
            {
                multiplayer.Error("Unable to retrieve sync state.");
                continue;
            }

            if (!TryEncode(synchronizer)) continue;
            int size = _state.Length;
            if (size > multiplayer.SyncBytesMax)
            {
                multiplayer.Error($"Node states bigger than MTU will not be sent ({size} > {multiplayer.SyncBytesMax}): {node.Path}");
                continue;
            }

            if (_packet.Length + SyncPacket.EntryHeadBytes + size > multiplayer.SyncBytesMax)
            {
                multiplayer.Send(peer, _packet.Written, reliable: false);
                _packet.Clear();
                SyncPacket.WriteHead(_packet, sequence);
            }

            if (size == 0) continue;
            _packet.UInt32(synchronizer.NetId);
            _packet.UInt32((uint)size);
            _packet.Raw(_state.Written);
        }

        if (_packet.Length > SyncPacket.HeadBytes) multiplayer.Send(peer, _packet.Written, reliable: false);
    }

    public void SendChanges(int peer, ReadOnlySpan<MultiplayerSynchronizer> synchronizers, Dictionary<MultiplayerSynchronizer, long> lastMicroseconds, long now)
    {
        _packet.Clear();
        DeltaPacket.WriteHead(_packet);
        foreach (MultiplayerSynchronizer synchronizer in synchronizers)
        {
            if (!CanSend(synchronizer) || !IsNumbered(peer, synchronizer)) continue;
            List<Variant> changed = synchronizer.DeltaState(now, lastMicroseconds.GetValueOrDefault(synchronizer), out ulong mask);
            if (changed.Count == 0) continue;
            _values.Clear();
            _values.AddRange(changed);
            if (!TryEncode(synchronizer)) continue;
            int size = _state.Length;
            if (size > multiplayer.DeltaBytesMax)
            {
                multiplayer.Error($"Synchronizer delta bigger than MTU will not be sent ({size} > {multiplayer.DeltaBytesMax}): {synchronizer.Path}");
                continue;
            }

            if (_packet.Length + DeltaPacket.EntryHeadBytes + size > multiplayer.DeltaBytesMax)
            {
                multiplayer.Send(peer, _packet.Written, reliable: true);
                _packet.Clear();
                DeltaPacket.WriteHead(_packet);
            }

            _packet.UInt32(synchronizer.NetId);
            _packet.UInt64(mask);
            _packet.UInt32((uint)size);
            _packet.Raw(_state.Written);
            lastMicroseconds[synchronizer] = now;
        }

        if (_packet.Length > DeltaPacket.HeadBytes) multiplayer.Send(peer, _packet.Written, reliable: true);
    }

    private bool CanSend(MultiplayerSynchronizer synchronizer)
    {
        if (!synchronizer.IsFreed && synchronizer.ReplicationConfig is not null && multiplayer.HasAuthority(synchronizer)) return true;
        multiplayer.Error($"MultiplayerSynchronizer {synchronizer.Path} has no replication config, or its authority has changed");
        return false;
    }

    /// <summary>Whether a peer knows a number for it; one that no spawn gave is by path, and must be confirmed.</summary>
    private bool IsNumbered(int peer, MultiplayerSynchronizer synchronizer)
    {
        uint id = synchronizer.NetId;
        if (id != 0 && (id & Packet.PathFlag) == 0) return true;
        bool confirmed = cache.Announce(synchronizer, peer, out uint pathId);
        if (id == 0) synchronizer.NetId = pathId | Packet.PathFlag;
        return confirmed;
    }

    private bool TryEncode(MultiplayerSynchronizer synchronizer)
    {
        _state.Clear();
        foreach (Variant value in _values)
        {
            if (!IsEncodable(value))
            {
                multiplayer.Error($"Unable to encode the state of {synchronizer.Path}.");
                return false;
            }

            CompressedVariant.Write(_state, value);
        }

        return true;
    }

    // A resource would go as the number of an object of this process.
    private static bool IsEncodable(Variant value) => value.Type != VariantType.Object || value.AsObject() is null or EncodedObject;
}
