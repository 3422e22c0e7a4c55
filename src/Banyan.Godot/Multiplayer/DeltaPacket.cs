using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Changes of synchronizers: the properties that are sent <i>on change</i>.</summary>
/// <remarks>
/// <code>u8 0x16 | {u32 net id, u64 mask, u32 size, size bytes}*</code>
/// At least 11 bytes, as Godot wants. What stands behind the last entry and is no longer than an entry's head is passed
/// over, as Godot does. Where Godot takes the entries before a bad one, the whole packet is refused: a size beyond the
/// end, and a size or a mask of 0, which Godot never sends and fails on.
/// </remarks>
public readonly ref struct DeltaPacket
{
    internal const int HeadBytes = 1;
    internal const int EntryHeadBytes = 16;
    private const int BytesMin = 11;

    private readonly ReadOnlySpan<byte> _entries;

    private DeltaPacket(ReadOnlySpan<byte> entries) => _entries = entries;

    /// <summary>One after the other, without allocating; nothing in them can fail.</summary>
    public Enumerator GetEnumerator() => new(_entries);

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out DeltaPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.Delta || packet.Length < BytesMin) return false;
        int at = HeadBytes;
        while (packet.Length - at > EntryHeadBytes)
        {
            ulong mask = BinaryPrimitives.ReadUInt64LittleEndian(packet[(at + 4)..]);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(packet[(at + 12)..]);
            at += EntryHeadBytes;
            if (mask == 0 || size == 0 || size > (uint)(packet.Length - at)) return false;
            at += (int)size;
        }

        read = new(packet[HeadBytes..at]);
        return true;
    }

    /// <summary>Appends a packet with no entries yet; <see cref="DeltaPacketWriter"/> adds them.</summary>
    internal static void WriteHead(ByteWriter writer) => writer.Byte((byte)PacketCommand.Delta);

    /// <summary>One synchronizer's changes.</summary>
    public readonly ref struct Entry
    {
        internal Entry(uint netId, ulong mask, ReadOnlySpan<byte> state)
        {
            NetId = netId;
            Mask = mask;
            State = state;
        }

        /// <summary>From the spawn, or with <see cref="Packet.PathFlag"/> a path cache id.</summary>
        public uint NetId { get; }

        /// <summary>Bit n: the synchronizer's watched property n is in the state. Not 0.</summary>
        public ulong Mask { get; }

        /// <summary>Values of the properties in the mask, for <see cref="Multiplayer.State"/>; not empty.</summary>
        public ReadOnlySpan<byte> State { get; }
    }

    /// <summary>Walks over the entries.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> entries) => _rest = entries;

        /// <summary>The entry at hand.</summary>
        public Entry Current { get; private set; }

        /// <summary>Goes to the next entry; false after the last.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            int end = EntryHeadBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(_rest[12..]);
            Current = new(
                BinaryPrimitives.ReadUInt32LittleEndian(_rest), BinaryPrimitives.ReadUInt64LittleEndian(_rest[4..]), _rest[EntryHeadBytes..end]);
            _rest = _rest[end..];
            return true;
        }
    }
}
