using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Puts together one <see cref="DeltaPacket"/>, entry by entry.</summary>
/// <remarks>
/// The rule of size is that of <see cref="SyncPacketWriter"/>, with Godot's other limit: deltas are reliable, so they
/// may be far larger than one datagram.
/// </remarks>
public struct DeltaPacketWriter
{
    private readonly ByteWriter _writer;
    private readonly int _start;
    private readonly int _bytesMax;

    /// <summary>Begins a packet where the writer stands.</summary>
    public DeltaPacketWriter(ByteWriter writer, int bytesMax = Packet.DeltaBytesMax)
    {
        _writer = writer;
        _start = writer.Length;
        _bytesMax = bytesMax;
        DeltaPacket.WriteHead(writer);
    }

    /// <summary>Number of entries; a packet without any must not be sent.</summary>
    public int Count { get; private set; }

    /// <summary>Appends a synchronizer's changes, as <see cref="State.Write"/> makes them of as many values as the mask has bits.</summary>
    public AppendResult Append(uint netId, ulong mask, ReadOnlySpan<byte> state)
    {
        Invariant.Holds(mask != 0 && !state.IsEmpty);
        if (state.Length > _bytesMax) return AppendResult.TooLarge;
        int length = _writer.Length - _start;
        if (Count > 0 && length + DeltaPacket.EntryHeadBytes + state.Length > _bytesMax) return AppendResult.PacketFull;
        _writer.UInt32(netId);
        _writer.UInt64(mask);
        _writer.UInt32((uint)state.Length);
        _writer.Raw(state);
        Count++;
        return AppendResult.Appended;
    }
}
