using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Scene.Records;

/// <summary>A property's value as it is stored: one byte that says how, then Godot's binary form of a Variant, objects in full.</summary>
public static class PropertyValue
{
    private const byte BinaryVariant = 0;

    /// <summary>The stored form of a value.</summary>
    public static byte[] Encode(Variant value)
    {
        var writer = new ByteWriter(32);
        writer.Byte(BinaryVariant);
        VariantBinary.Encode(writer, value, fullObjects: true);
        return writer.ToArray();
    }

    /// <summary>Reads the stored form; false if it is none.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out Variant value)
    {
        var reader = new ByteReader(bytes);
        value = default;
        return reader.Byte() == BinaryVariant && VariantBinary.TryDecode(ref reader, VariantLimits.Stored, out value) && reader.IsAtEnd;
    }

    /// <summary>A stored value in Godot's text form; what cannot be read is said to be so.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes) =>
        TryDecode(bytes, out Variant value) ? VariantText.Write(value) : $"<{bytes.Length} bytes that are no value>";
}
