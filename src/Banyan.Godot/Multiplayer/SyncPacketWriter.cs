using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Puts together one <see cref="SyncPacket"/>, entry by entry.</summary>
/// <remarks>
/// Godot's rule of size: an entry that would take the packet past the limit begins the next one, and a state that is
/// larger than the limit is not sent. So one state that is just below the limit makes a packet up to 11 bytes beyond
/// it. Packets of one round carry the same sequence number.
/// </remarks>
public struct SyncPacketWriter
{
    private readonly ByteWriter _writer;
    private readonly int _start;
    private readonly int _bytesMax;

    /// <summary>Begins a packet where the writer stands.</summary>
    public SyncPacketWriter(ByteWriter writer, ushort sequence, int bytesMax = Packet.SyncBytesMax)
    {
        _writer = writer;
        _start = writer.Length;
        _bytesMax = bytesMax;
        SyncPacket.WriteHead(writer, sequence);
    }

    /// <summary>Number of entries; a packet without any must not be sent.</summary>
    public int Count { get; private set; }

    /// <summary>Appends a synchronizer's state, as <see cref="State.Write"/> makes it; an empty one is left out.</summary>
    public AppendResult Append(uint netId, ReadOnlySpan<byte> state)
    {
        if (state.Length > _bytesMax) return AppendResult.TooLarge;
        if (state.IsEmpty) return AppendResult.Appended;
        int length = _writer.Length - _start;
        if (Count > 0 && length + SyncPacket.EntryHeadBytes + state.Length > _bytesMax) return AppendResult.PacketFull;
        _writer.UInt32(netId);
        _writer.UInt32((uint)state.Length);
        _writer.Raw(state);
        Count++;
        return AppendResult.Appended;
    }
}
