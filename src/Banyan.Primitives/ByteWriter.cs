using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Banyan.Primitives;

/// <summary>Writes our binary forms: little-endian words, unsigned LEB128 numbers, length-prefixed bytes.</summary>
/// <remarks>
/// Its buffer grows and is kept by <see cref="Clear"/>, so that one writer serves a loop without allocating; one that has
/// grown very large is let go, for a single large message must not hold its memory for good.
/// </remarks>
public sealed class ByteWriter(int capacity = 256) : IBufferWriter<byte>
{
    private const int KeptBytesMax = 64 << 10;

    private byte[] _buffer = new byte[capacity];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, Length);

    /// <summary>Forgets what was written and keeps the buffer, unless it has grown very large.</summary>
    public void Clear()
    {
        Length = 0;
        if (_buffer.Length > Math.Max(KeptBytesMax, capacity)) _buffer = new byte[capacity];
    }

    /// <summary>A copy of what was written.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>One byte.</summary>
    public void Byte(byte value) => Reserve(1)[0] = value;

    /// <summary>One byte, 0 or 1.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Two bytes.</summary>
    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2), value);

    /// <summary>Four bytes.</summary>
    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    /// <summary>Eight bytes.</summary>
    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    /// <summary>1 to 10 bytes, seven bits each, low bits first.</summary>
    public void Number(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    /// <summary>Bytes as they are, without a length.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>The length as a number, then the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length);
        Raw(bytes);
    }

    /// <summary>The length of the UTF-8 bytes as a number, then these.</summary>
    public void Text(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Number((ulong)length);
        Encoding.UTF8.GetBytes(text, Reserve(length));
    }

    /// <summary>A key, as <see cref="Bytes"/>.</summary>
    public void Key(Key key) => Bytes(key.Span);

    /// <summary>Eight bytes.</summary>
    public void Timestamp(Timestamp timestamp) => UInt64(timestamp.Value);

    /// <summary>What was written, to be filled in where <see cref="Skip"/> left room; valid until the next write.</summary>
    public Memory<byte> Patchable => _buffer.AsMemory(0, Length);

    /// <summary>Leaves room, with whatever bytes.</summary>
    public void Skip(int count) => Reserve(count);

    /// <summary>Leaves room for a word that is known only later; see <see cref="PatchUInt32"/>.</summary>
    public int SkipUInt32()
    {
        int at = Length;
        UInt32(0);
        return at;
    }

    /// <summary>Fills a word that <see cref="SkipUInt32"/> left.</summary>
    public void PatchUInt32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(at, 4), value);

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private Span<byte> Reserve(int count)
    {
        Grow(count);
        Span<byte> room = _buffer.AsSpan(Length, count);
        Length += count;
        return room;
    }

    private void Grow(int count)
    {
        if (_buffer.Length - Length >= count) return;
        Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, checked(Length + count)));
    }
}
