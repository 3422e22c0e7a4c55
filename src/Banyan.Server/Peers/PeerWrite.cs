using System.Buffers;

namespace Banyan.Server.Peers;

/// <summary>The bytes of one socket call. Whoever takes one from a <see cref="PeerQueue"/> disposes it.</summary>
internal readonly struct PeerWrite : IDisposable
{
    private readonly byte[] _rented;
    private readonly int _length;

    private PeerWrite(byte[] rented, int length, int messages)
    {
        _rented = rented;
        _length = length;
        Messages = messages;
    }

    /// <summary>Messages that end in these bytes.</summary>
    public int Messages { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _rented.AsMemory(0, _length);

    /// <summary>Whole frames in a rented array.</summary>
    public static PeerWrite OfChunk(byte[] rented, int length, int messages) => new(rented, length, messages);

    /// <summary>A piece of a long message.</summary>
    public static PeerWrite OfFragment(ReadOnlyMemory<byte> payload, bool last)
    {
        int length = PeerFrame.HeaderBytes + payload.Length;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        PeerFrame.Write(rented, last ? PeerFrameKind.LastFragment : PeerFrameKind.Fragment, payload.Span);
        return new(rented, length, last ? 1 : 0);
    }

    /// <summary>A sign of life.</summary>
    public static PeerWrite OfKeepAlive()
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(PeerFrame.HeaderBytes);
        PeerFrame.Write(rented, PeerFrameKind.KeepAlive, default);
        return new(rented, PeerFrame.HeaderBytes, 0);
    }

    /// <summary>Gives the array back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_rented);
}
