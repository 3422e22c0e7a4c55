using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>What a frame's payload is.</summary>
internal enum PeerFrameKind
{
    /// <summary>A whole message.</summary>
    Whole = 0,

    /// <summary>A piece of a long message, more follow.</summary>
    Fragment = 1,

    /// <summary>The last piece of a long message.</summary>
    LastFragment = 2,

    /// <summary>No message, an empty payload: the sender lives and has nothing to say.</summary>
    KeepAlive = 3,
}

/// <summary>What <see cref="PeerFrame.TryRead"/> found.</summary>
internal enum PeerFrameRead
{
    /// <summary>A frame.</summary>
    Frame,

    /// <summary>The beginning of one.</summary>
    Incomplete,

    /// <summary>No frame: the stream is of no further use.</summary>
    Bad,
}

/// <summary>The unit of the stream after the handshake.</summary>
/// <remarks>
/// <code>
/// u32  bits 30-31: kind; bits 0-29: payload length
/// u32  CRC-32C of the word above and the payload
/// ...  payload
/// </code>
/// Pieces of long messages come in order, and whole messages may come between them.
/// </remarks>
internal static class PeerFrame
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderBytes = 8;

    /// <summary>Longest payload.</summary>
    public const int PayloadBytesMax = 16 << 20;

    private const int KindShift = 30;
    private const uint LengthMask = (1u << KindShift) - 1;

    /// <summary>Writes header and payload; <paramref name="to"/> has room for both.</summary>
    public static void Write(Span<byte> to, PeerFrameKind kind, ReadOnlySpan<byte> payload)
    {
        Invariant.Holds(payload.Length <= PayloadBytesMax);
        BinaryPrimitives.WriteUInt32LittleEndian(to, ((uint)kind << KindShift) | (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Checksum.Crc32C(payload, Checksum.Crc32C(to[..4])));
        payload.CopyTo(to[HeaderBytes..]);
    }

    /// <summary>Looks for a frame at the start of <paramref name="bytes"/>; takes <see cref="HeaderBytes"/> and the payload's length.</summary>
    public static PeerFrameRead TryRead(
        ReadOnlySpan<byte> bytes, out PeerFrameKind kind, out ReadOnlySpan<byte> payload, out string reason)
    {
        kind = default;
        payload = default;
        reason = "";
        if (bytes.Length < HeaderBytes) return PeerFrameRead.Incomplete;
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint length = word & LengthMask;
        kind = (PeerFrameKind)(word >> KindShift);
        if (length > PayloadBytesMax || (kind == PeerFrameKind.KeepAlive && length != 0))
        {
            reason = $"a frame is too long: {length} bytes";
            return PeerFrameRead.Bad;
        }

        if (bytes.Length - HeaderBytes < length) return PeerFrameRead.Incomplete;
        payload = bytes.Slice(HeaderBytes, (int)length);
        uint checksum = Checksum.Crc32C(payload, Checksum.Crc32C(bytes[..4]));
        if (checksum == BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])) return PeerFrameRead.Frame;
        reason = "a frame's checksum is wrong";
        return PeerFrameRead.Bad;
    }
}
