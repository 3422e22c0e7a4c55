using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Bytes of the game's own, from <c>send_bytes</c>.</summary>
/// <remarks><code>u8 3 | bytes, at least one</code></remarks>
public readonly ref struct RawPacket
{
    private RawPacket(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>At least one.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out RawPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.Raw || packet.Length < 2) return false;
        read = new(packet[1..]);
        return true;
    }

    /// <summary>Appends a packet.</summary>
    public static void Write(ByteWriter writer, ReadOnlySpan<byte> bytes)
    {
        Invariant.Holds(!bytes.IsEmpty);
        writer.Byte((byte)PacketCommand.Raw);
        writer.Raw(bytes);
    }
}
