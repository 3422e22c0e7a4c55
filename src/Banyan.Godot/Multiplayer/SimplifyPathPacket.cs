using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>A node's path, and the number by which its sender will name the node from now on.</summary>
/// <remarks><code>u8 1 | 32 hex digits, zero | u32 id | path, zero</code></remarks>
public readonly ref struct SimplifyPathPacket
{
    private const int DigitsCount = 32;

    private SimplifyPathPacket(ReadOnlySpan<byte> methodsMd5, uint id, ReadOnlySpan<byte> path)
    {
        MethodsMd5 = methodsMd5;
        Id = id;
        Path = path;
    }

    /// <summary>32 lower-case hex digits: <see cref="RpcMethods.Md5"/> as the sender has it.</summary>
    public ReadOnlySpan<byte> MethodsMd5 { get; }

    /// <summary>The path cache id, of the sender's numbering; below 2³¹.</summary>
    public uint Id { get; }

    /// <summary>UTF-8, relative to the multiplayer root; <c>.</c> is the root itself.</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out SimplifyPathPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.SimplifyPath) return false;
        ByteReader reader = new(packet[1..]);
        ReadOnlySpan<byte> md5 = reader.Raw(DigitsCount);
        bool terminated = reader.Byte() == 0;
        uint id = reader.UInt32();
        if (reader.Failed || !terminated || !AreDigits(md5) || (id & Packet.PathFlag) != 0) return false;
        if (!PacketText.TryTerminated(reader.Raw(reader.Remaining), Packet.PathBytesMax, out ReadOnlySpan<byte> path)) return false;
        read = new(md5, id, path);
        return true;
    }

    /// <summary>Appends a packet.</summary>
    public static void Write(ByteWriter writer, ReadOnlySpan<byte> methodsMd5, uint id, ReadOnlySpan<byte> path)
    {
        Invariant.Holds(methodsMd5.Length == DigitsCount && AreDigits(methodsMd5));
        Invariant.Holds((id & Packet.PathFlag) == 0);
        writer.Byte((byte)PacketCommand.SimplifyPath);
        writer.Raw(methodsMd5);
        writer.Byte(0);
        writer.UInt32(id);
        PacketText.WriteTerminated(writer, path, Packet.PathBytesMax);
    }

    private static bool AreDigits(ReadOnlySpan<byte> md5) => !md5.ContainsAnyExcept("0123456789abcdef"u8);
}
