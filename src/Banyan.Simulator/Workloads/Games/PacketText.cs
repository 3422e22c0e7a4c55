using System.Text;
using Banyan.Godot.Multiplayer;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>What a packet says, for people.</summary>
internal static class PacketText
{
    /// <summary>In a few words.</summary>
    public static string Of(byte[] packet)
    {
        if (!SystemPacket.TryRead(packet, out SystemPacket system)) return "1: " + Inner(packet);
        return system.Command == SystemCommand.Relay ? $"{system.Peer}: {Inner(system.Payload)}" : $"{system.Command} {system.Peer}";
    }

    private static string Inner(ReadOnlySpan<byte> packet)
    {
        if (SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket path)) return $"path {path.Id} {Encoding.UTF8.GetString(path.Path)}";
        if (ConfirmPathPacket.TryRead(packet, out ConfirmPathPacket confirmed)) return $"confirmed {confirmed.Id}";
        if (SpawnPacket.TryRead(packet, out SpawnPacket spawn)) return $"spawn {spawn.NetId} {Encoding.UTF8.GetString(spawn.Name)} by {spawn.Spawner}{Synchronizers(spawn)}";
        if (DespawnPacket.TryRead(packet, out DespawnPacket despawn)) return $"despawn {despawn.NetId}";
        var entries = new StringBuilder();
        if (SyncPacket.TryRead(packet, out SyncPacket sync))
        {
            foreach (SyncPacket.Entry entry in sync) entries.Append($" {NumberOf(entry.NetId)}");
            return $"sync {sync.Sequence}:{entries}";
        }

        if (DeltaPacket.TryRead(packet, out DeltaPacket delta))
        {
            foreach (DeltaPacket.Entry entry in delta) entries.Append($" {NumberOf(entry.NetId)}");
            return "delta" + entries;
        }

        return Packet.CommandOf(packet).ToString() ?? "nothing";
    }

    private static string NumberOf(uint netId) => (netId & Packet.PathFlag) != 0 ? $"path {netId & ~Packet.PathFlag}" : $"{netId}";

    private static string Synchronizers(SpawnPacket spawn)
    {
        var numbers = new StringBuilder();
        for (int i = 0; i < spawn.SyncNetIdCount; i++) numbers.Append(i == 0 ? " with " : " ").Append(spawn.SyncNetId(i));
        return numbers.ToString();
    }
}
