using System.Buffers;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>Turns the bytes of one connection into messages. Not thread-safe; no sockets.</summary>
/// <remarks>
/// Memory follows what has come in, never what a header claims: the buffer doubles only when more than half of it is
/// taken by one frame that is not complete yet.
/// </remarks>
internal sealed class PeerStreamReader(ServerId from, IPeerInbox inbox, int messageBytesMax) : IDisposable
{
    /// <summary>Size of the buffer while frames are short, in bytes.</summary>
    public const int BufferBytes = 128 << 10;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;
    private ArrayBufferWriter<byte>? _fragments;

    /// <summary>Messages handed over.</summary>
    public long Messages { get; private set; }

    /// <summary>Where the next bytes are to be received; never empty.</summary>
    public Span<byte> Room => _buffer.AsSpan(_end);

    /// <summary>Hands over what is complete, now that so many bytes were written to <see cref="Room"/>.</summary>
    /// <returns>False and the reason if the stream is of no further use.</returns>
    public bool TryDeliver(int received, out string reason)
    {
        _end += received;
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
            switch (PeerFrame.TryRead(rest, out PeerFrameKind kind, out ReadOnlySpan<byte> payload, out reason))
            {
                case PeerFrameRead.Bad:
                    return false;
                case PeerFrameRead.Incomplete:
                    MakeRoom();
                    return true;
            }

            if (!TryDeliver(kind, payload, out reason)) return false;
            _start += PeerFrame.HeaderBytes + payload.Length;
        }
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private bool TryDeliver(PeerFrameKind kind, ReadOnlySpan<byte> payload, out string reason)
    {
        reason = "";
        if (kind == PeerFrameKind.KeepAlive) return true;
        if (kind == PeerFrameKind.Whole) return TryHandOver(payload, out reason);
        _fragments ??= new();
        if (payload.Length > messageBytesMax - _fragments.WrittenCount)
        {
            reason = $"a message is longer than {messageBytesMax} bytes";
            return false;
        }

        _fragments.Write(payload);
        if (kind == PeerFrameKind.Fragment) return true;
        bool understood = TryHandOver(_fragments.WrittenSpan, out reason);
        _fragments = null;
        return understood;
    }

    private bool TryHandOver(ReadOnlySpan<byte> message, out string reason)
    {
        Messages++;
        bool understood = inbox.OnMessage(from, message);
        reason = understood ? "" : "a message was not understood";
        return understood;
    }

    private void MakeRoom()
    {
        int length = _end - _start;
        if (length == 0)
        {
            (_start, _end) = (0, 0);
            if (_buffer.Length > 2 * BufferBytes) MoveTo(BufferBytes, 0);
        }
        else if (_buffer.Length - _end < BufferBytes / 4)
        {
            if (length > _buffer.Length / 2)
            {
                MoveTo(_buffer.Length * 2, length);
            }
            else
            {
                _buffer.AsSpan(_start, length).CopyTo(_buffer);
                (_start, _end) = (0, length);
            }
        }
    }

    private void MoveTo(int bytes, int length)
    {
        byte[] other = ArrayPool<byte>.Shared.Rent(bytes);
        _buffer.AsSpan(_start, length).CopyTo(other);
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (other, 0, length);
    }
}
