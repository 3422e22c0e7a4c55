using System.Buffers.Binary;
using System.Text;

namespace Banyan.Primitives;

/// <summary>Reads what <see cref="ByteWriter"/> writes, from bytes that may be hostile: it never throws.</summary>
/// <remarks>
/// The first bad read sets <see cref="Failed"/> for good; from then on every read gives a zero or an empty span. So a
/// decoder reads a whole structure straight through and looks at <see cref="Failed"/> once, at the end and before it
/// allocates by a count that it has read (see <see cref="Count"/>).
/// </remarks>
public ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether any read so far found too few bytes or a value out of its bounds.</summary>
    public bool Failed { get; private set; }

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>Whether all was read and nothing was wrong.</summary>
    public readonly bool IsAtEnd => !Failed && _rest.IsEmpty;

    /// <summary>Marks the input as bad; for a decoder's own checks.</summary>
    public void Fail()
    {
        Failed = true;
        _rest = default;
    }

    /// <summary>One byte.</summary>
    public byte Byte()
    {
        ReadOnlySpan<byte> b = Raw(1);
        return b.IsEmpty ? (byte)0 : b[0];
    }

    /// <summary>One byte that must be 0 or 1.</summary>
    public bool Bool()
    {
        byte b = Byte();
        if (b > 1) Fail();
        return b == 1;
    }

    /// <summary>Two bytes.</summary>
    public ushort UInt16()
    {
        ReadOnlySpan<byte> b = Raw(2);
        return b.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(b);
    }

    /// <summary>Four bytes.</summary>
    public uint UInt32()
    {
        ReadOnlySpan<byte> b = Raw(4);
        return b.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(b);
    }

    /// <summary>Eight bytes.</summary>
    public ulong UInt64()
    {
        ReadOnlySpan<byte> b = Raw(8);
        return b.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(b);
    }

    /// <summary>A number of 1 to 10 bytes that fits 64 bits.</summary>
    public ulong Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Byte();
            if (Failed) return 0;
            if (shift == 63 && b > 1) break;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }

        Fail();
        return 0;
    }

    /// <summary>
    /// A count of things of which each takes at least <paramref name="bytesEach"/> bytes: a count that the rest of the
    /// input cannot hold is bad, so a decoder may allocate by it.
    /// </summary>
    public int Count(int bytesEach = 1)
    {
        ulong count = Number();
        if (count <= (ulong)(_rest.Length / bytesEach)) return (int)count;
        Fail();
        return 0;
    }

    /// <summary>That many bytes as they are; empty if there are too few.</summary>
    public ReadOnlySpan<byte> Raw(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            Fail();
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <summary>Length-prefixed bytes, at most <paramref name="lengthMax"/>.</summary>
    public ReadOnlySpan<byte> Bytes(int lengthMax = int.MaxValue)
    {
        int length = Count();
        if (length <= lengthMax) return Raw(length);
        Fail();
        return default;
    }

    /// <summary>Length-prefixed UTF-8, strictly valid, at most <paramref name="lengthMax"/> bytes.</summary>
    public string Text(int lengthMax = int.MaxValue)
    {
        ReadOnlySpan<byte> utf8 = Bytes(lengthMax);
        if (System.Text.Unicode.Utf8.IsValid(utf8)) return Strict.GetString(utf8);
        Fail();
        return "";
    }

    /// <summary>A key of at most <see cref="Primitives.Key.LengthMax"/> bytes.</summary>
    public Key Key() => new(Bytes(Primitives.Key.LengthMax).ToArray());

    /// <summary>Eight bytes.</summary>
    public Timestamp Timestamp() => new(UInt64());
}
