using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>A call of a method of a node.</summary>
/// <remarks>
/// <code>
/// u8 0, bits 4–5: size of the node (u8, u16, u32) | bit 6: method u16, not u8 | bit 7: raw bytes or no arguments
///    | node | method | unless raw: u8 count | arguments | path and zero, if the node has bit 31
/// </code>
/// The node is a path cache id of the sender's numbering; with bit 31 (only a u32 has it) the rest is the offset of the
/// path in the packet, counted from the packet's first byte, and ends the arguments.
/// </remarks>
public readonly ref struct RpcPacket
{
    private const int NodeSizeShift = 4;
    private const int WideMethodFlag = 1 << 6;
    private const int RawFlag = 1 << 7;

    private RpcPacket(uint node, ReadOnlySpan<byte> path, ushort method, bool isRaw, byte argumentCount, ReadOnlySpan<byte> arguments)
    {
        Node = node;
        Path = path;
        Method = method;
        IsRaw = isRaw;
        ArgumentCount = argumentCount;
        Arguments = arguments;
    }

    /// <summary>The node's path cache id, below 2³¹; 0 if the packet has its <see cref="Path"/>.</summary>
    public uint Node { get; }

    /// <summary>The node's path, UTF-8, relative to the multiplayer root; empty if there is a cache id.</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>Whether the node is given by its path.</summary>
    public bool HasPath => !Path.IsEmpty;

    /// <summary>The number of the method, from <see cref="RpcMethods"/>.</summary>
    public ushort Method { get; }

    /// <summary>Whether the arguments are the bytes of one PackedByteArray, or none at all.</summary>
    public bool IsRaw { get; }

    /// <summary>How many there are.</summary>
    public byte ArgumentCount { get; }

    /// <summary>Not decoded yet: <see cref="Multiplayer.Arguments.TryRead"/>.</summary>
    public ReadOnlySpan<byte> Arguments { get; }

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out RpcPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.Rpc) return false;
        byte first = packet[0];
        ByteReader reader = new(packet[1..]);
        uint node;
        switch ((first >> NodeSizeShift) & 3)
        {
            case 0: node = reader.Byte(); break;
            case 1: node = reader.UInt16(); break;
            case 2: node = reader.UInt32(); break;
            default: return false;
        }

        ushort method = (first & WideMethodFlag) != 0 ? reader.UInt16() : reader.Byte();
        bool isRaw = (first & RawFlag) != 0;
        byte count = isRaw ? (byte)0 : reader.Byte();
        if (reader.Failed) return false;

        ReadOnlySpan<byte> path = default;
        ReadOnlySpan<byte> arguments = reader.Raw(reader.Remaining);
        if ((node & Packet.PathFlag) != 0)
        {
            uint offset = node & ~Packet.PathFlag;
            int argumentsAt = packet.Length - arguments.Length;
            if (offset < (uint)argumentsAt || offset >= (uint)packet.Length) return false;
            if (!PacketText.TryTerminated(packet[(int)offset..], Packet.PathBytesMax, out path)) return false;
            arguments = packet[argumentsAt..(int)offset];
            node = 0;
        }

        if (isRaw && !arguments.IsEmpty) count = 1;
        // A value takes at least a byte.
        if (count > arguments.Length || (count == 0 && !arguments.IsEmpty)) return false;
        read = new(node, path, method, isRaw, count, arguments);
        return true;
    }

    /// <summary>Appends a call of a node by its cache id.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="node">The path cache id, below 2³¹.</param>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">At most <see cref="Multiplayer.Arguments.CountMax"/>.</param>
    /// <param name="wideNode">
    /// Whether the id takes four bytes even if it fits fewer, as Godot has it as long as one of the targets has not
    /// confirmed it.
    /// </param>
    public static void Write(ByteWriter writer, uint node, ushort method, ReadOnlySpan<Variant> arguments, bool wideNode = false)
    {
        bool isRaw = Multiplayer.Arguments.AreRaw(arguments);
        WriteHead(writer, node, method, isRaw, arguments.Length, wideNode);
        Multiplayer.Arguments.Write(writer, arguments);
    }

    /// <summary>Appends a call of a node by its path.</summary>
    public static void WriteWithPath(ByteWriter writer, ReadOnlySpan<byte> path, ushort method, ReadOnlySpan<Variant> arguments)
    {
        int start = writer.Length;
        WriteHead(writer, 0, method, Multiplayer.Arguments.AreRaw(arguments), arguments.Length, wideNode: true);
        Multiplayer.Arguments.Write(writer, arguments);
        WritePath(writer, start, path);
    }

    /// <summary>Appends this call again, of the same node by another cache id, with the arguments as they are.</summary>
    public void WriteTo(ByteWriter writer, uint node, bool wideNode = false)
    {
        WriteHead(writer, node, Method, IsRaw, ArgumentCount, wideNode);
        writer.Raw(Arguments);
    }

    /// <summary>Appends this call again, of a node by its path, with the arguments as they are.</summary>
    public void WriteWithPathTo(ByteWriter writer, ReadOnlySpan<byte> path)
    {
        int start = writer.Length;
        WriteHead(writer, 0, Method, IsRaw, ArgumentCount, wideNode: true);
        writer.Raw(Arguments);
        WritePath(writer, start, path);
    }

    private static void WriteHead(ByteWriter writer, uint node, ushort method, bool isRaw, int argumentCount, bool wideNode)
    {
        Invariant.Holds((node & Packet.PathFlag) == 0);
        Invariant.Holds(argumentCount <= Multiplayer.Arguments.CountMax);
        int nodeSize = wideNode || node > ushort.MaxValue ? 2 : node > byte.MaxValue ? 1 : 0;
        bool wideMethod = method > byte.MaxValue;
        writer.Byte((byte)((nodeSize << NodeSizeShift) | (wideMethod ? WideMethodFlag : 0) | (isRaw ? RawFlag : 0)));
        switch (nodeSize)
        {
            case 0: writer.Byte((byte)node); break;
            case 1: writer.UInt16((ushort)node); break;
            default: writer.UInt32(node); break;
        }

        if (wideMethod) writer.UInt16(method);
        else writer.Byte((byte)method);
        if (!isRaw) writer.Byte((byte)argumentCount);
    }

    /// <summary>Ends a packet with its path, and points to it from where the node's number would be.</summary>
    private static void WritePath(ByteWriter writer, int start, ReadOnlySpan<byte> path)
    {
        writer.PatchUInt32(start + 1, Packet.PathFlag | (uint)(writer.Length - start));
        PacketText.WriteTerminated(writer, path, Packet.PathBytesMax);
    }
}
