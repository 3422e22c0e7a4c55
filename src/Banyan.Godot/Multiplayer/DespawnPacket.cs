using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>The end of a spawned node.</summary>
/// <remarks><code>u8 5 | u32 net id</code></remarks>
public readonly ref struct DespawnPacket
{
    private DespawnPacket(uint netId) => NetId = netId;

    /// <summary>The one that the <see cref="SpawnPacket"/> gave.</summary>
    public uint NetId { get; }

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out DespawnPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.Despawn) return false;
        ByteReader reader = new(packet[1..]);
        uint netId = reader.UInt32();
        if (!reader.IsAtEnd) return false;
        read = new(netId);
        return true;
    }

    /// <summary>Appends a packet.</summary>
    public static void Write(ByteWriter writer, uint netId)
    {
        writer.Byte((byte)PacketCommand.Despawn);
        writer.UInt32(netId);
    }
}
