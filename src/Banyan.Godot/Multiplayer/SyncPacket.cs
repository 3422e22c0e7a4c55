using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>States of synchronizers: the properties that are sent <i>always</i>.</summary>
/// <remarks>
/// <code>u8 6 | u16 sequence | {u32 net id, u32 size, size bytes}*</code>
/// At least 11 bytes, as Godot wants. What stands behind the last entry and is no longer than an entry's head is passed
/// over, as Godot does. Where Godot takes the entries before a bad one, the whole packet is refused: a size beyond the
/// end, and a size of 0, which Godot never sends and fails on.
/// </remarks>
public readonly ref struct SyncPacket
{
    internal const int HeadBytes = 3;
    internal const int EntryHeadBytes = 8;
    private const int BytesMin = HeadBytes + EntryHeadBytes;

    private readonly ReadOnlySpan<byte> _entries;

    private SyncPacket(ushort sequence, ReadOnlySpan<byte> entries)
    {
        Sequence = sequence;
        _entries = entries;
    }

    /// <summary>Grows by one a packet round; see <see cref="SyncSequence"/>.</summary>
    public ushort Sequence { get; }

    /// <summary>One after the other, without allocating; nothing in them can fail.</summary>
    public Enumerator GetEnumerator() => new(_entries);

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out SyncPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.Sync || packet.Length < BytesMin) return false;
        int at = HeadBytes;
        while (packet.Length - at > EntryHeadBytes)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(packet[(at + 4)..]);
            at += EntryHeadBytes;
            if (size == 0 || size > (uint)(packet.Length - at)) return false;
            at += (int)size;
        }

        read = new(BinaryPrimitives.ReadUInt16LittleEndian(packet[1..]), packet[HeadBytes..at]);
        return true;
    }

    /// <summary>Appends a packet with no entries yet; <see cref="SyncPacketWriter"/> adds them.</summary>
    internal static void WriteHead(ByteWriter writer, ushort sequence)
    {
        writer.Byte((byte)PacketCommand.Sync);
        writer.UInt16(sequence);
    }

    /// <summary>One synchronizer's state.</summary>
    public readonly ref struct Entry
    {
        internal Entry(uint netId, ReadOnlySpan<byte> state)
        {
            NetId = netId;
            State = state;
        }

        /// <summary>From the spawn, or with <see cref="Packet.PathFlag"/> a path cache id.</summary>
        public uint NetId { get; }

        /// <summary>Values of the synchronizer's sync properties, for <see cref="Multiplayer.State"/>; not empty.</summary>
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
            int end = EntryHeadBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]);
            Current = new(BinaryPrimitives.ReadUInt32LittleEndian(_rest), _rest[EntryHeadBytes..end]);
            _rest = _rest[end..];
            return true;
        }
    }
}
