using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>The answer to a <see cref="SimplifyPathPacket"/>: the number is known, and may be used alone from now on.</summary>
/// <remarks><code>u8 2 | u8 whether the methods agree | u32 id</code></remarks>
public readonly ref struct ConfirmPathPacket
{
    private ConfirmPathPacket(bool methodsAgree, uint id)
    {
        MethodsAgree = methodsAgree;
        Id = id;
    }

    /// <summary>Whether both ends have the same RPC methods; else ids of methods mean different ones.</summary>
    public bool MethodsAgree { get; }

    /// <summary>The path cache id, of the receiver's numbering.</summary>
    public uint Id { get; }

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out ConfirmPathPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.ConfirmPath) return false;
        ByteReader reader = new(packet[1..]);
        bool agree = reader.Bool();
        uint id = reader.UInt32();
        if (!reader.IsAtEnd || (id & Packet.PathFlag) != 0) return false;
        read = new(agree, id);
        return true;
    }

    /// <summary>Appends a packet.</summary>
    public static void Write(ByteWriter writer, bool methodsAgree, uint id)
    {
        Invariant.Holds((id & Packet.PathFlag) == 0);
        writer.Byte((byte)PacketCommand.ConfirmPath);
        writer.Bool(methodsAgree);
        writer.UInt32(id);
    }
}
