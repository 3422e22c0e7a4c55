using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>A value as it stands in packets.</summary>
/// <remarks>
/// <code>
/// BOOL  u8 1, bit 7: the value
/// INT   u8 2, bits 6–7: 0 i8 | 1 i16 | 2 i32 | 3 i64 follows
/// else  the form of VariantBinary, whose first byte is the type already
/// </code>
/// Inside of containers the form is always that of <see cref="VariantBinary"/>. A null object has its type in byte 0 and
/// nothing else, which Godot sends and cannot read back; it is read here, and written as nil. An integer may come wider
/// than need be; a bool with bit 6 may not. Source: scene/main/multiplayer_api.cpp.
/// </remarks>
public static class CompressedVariant
{
    private const int TypeMask = 0x3F;
    private const int WidthShift = 6;
    private const byte TrueFlag = 0x80;

    /// <summary>Appends a value in the fewest bytes.</summary>
    public static void Write(ByteWriter writer, Variant value)
    {
        switch (value.Type)
        {
            case VariantType.Bool:
                writer.Byte((byte)((byte)VariantType.Bool | (value.AsBool() ? TrueFlag : 0)));
                break;
            case VariantType.Int:
                Int(writer, value.AsInt());
                break;
            default:
                VariantBinary.Encode(writer, value);
                break;
        }
    }

    /// <summary>Reads one value, however hostile the bytes; false if they are not one within the limits.</summary>
    /// <remarks>On false the reader has failed, and nothing after this value can be read from it.</remarks>
    public static bool TryRead(ref ByteReader reader, VariantLimits limits, out Variant value)
    {
        value = default;
        if (reader.Failed || reader.Remaining == 0)
        {
            reader.Fail();
            return false;
        }

        ByteReader ahead = reader;
        byte first = ahead.Byte();
        switch ((VariantType)(first & TypeMask))
        {
            case VariantType.Bool:
                value = (reader.Byte() & TrueFlag) != 0;
                if ((first & 1 << WidthShift) != 0) reader.Fail();
                break;
            case VariantType.Int:
                reader.Byte();
                value = (first >> WidthShift) switch
                {
                    0 => (sbyte)reader.Byte(),
                    1 => (short)reader.UInt16(),
                    2 => (int)reader.UInt32(),
                    _ => (long)reader.UInt64(),
                };
                break;
            case VariantType.Object when !limits.FullObjects && first == (byte)VariantType.Object && IsNullObject(ahead):
                reader.UInt32();
                value = Variant.FromObject(null);
                break;
            default:
                VariantBinary.TryDecode(ref reader, limits, out value);
                break;
        }

        if (!reader.Failed) return true;
        value = default;
        return false;
    }

    /// <summary>Reads bytes that are one value and nothing else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, VariantLimits limits, out Variant value)
    {
        ByteReader reader = new(bytes);
        if (TryRead(ref reader, limits, out value) && reader.IsAtEnd) return true;
        value = default;
        return false;
    }

    private static bool IsNullObject(ByteReader afterType) => afterType.Remaining >= 3 && !afterType.Raw(3).ContainsAnyExcept((byte)0);

    private static void Int(ByteWriter writer, long value)
    {
        int width = value switch
        {
            >= sbyte.MinValue and <= sbyte.MaxValue => 0,
            >= short.MinValue and <= short.MaxValue => 1,
            >= int.MinValue and <= int.MaxValue => 2,
            _ => 3,
        };
        writer.Byte((byte)((byte)VariantType.Int | (width << WidthShift)));
        switch (width)
        {
            case 0: writer.Byte((byte)value); break;
            case 1: writer.UInt16((ushort)value); break;
            case 2: writer.UInt32((uint)value); break;
            default: writer.UInt64((ulong)value); break;
        }
    }
}
