using Banyan.Primitives;

namespace Banyan.Godot.Variants;

/// <summary>Godot's binary form of a value, as <c>var_to_bytes</c> writes it. Little-endian, in units of 4 bytes.</summary>
/// <remarks>
/// <code>
/// header u32 = type (bits 0–7) | flag 64 (bit 16: i64, f64, or for an object: id instead of content)
///                              | ARRAY: kind of the element type (bits 16–17)
///                              | DICTIONARY: kind of the key type (16–17) and of the value type (18–19)
/// kind       = 0 any | 1 builtin: u32 type | 2 class: string | 3 script: string (path)
/// string     = u32 length, UTF-8, zeros to a multiple of 4
/// </code>
/// Source: core/io/marshalls.cpp. Vectors are written as float32, as a Godot build of single precision does, and read
/// from both. Objects without their content are ids; what has none (we hold no objects) is written as nil.
/// With full objects, <c>Object(Class, …)</c> is written with its properties; a <see cref="ResourceRef"/> as a
/// <c>Resource</c> that has only a <c>resource_path</c>, and a <see cref="SectionRef"/> likewise with only an <c>id</c>.
/// </remarks>
public static class VariantBinary
{
    internal const uint Flag64 = 1 << 16;
    internal const int KeyKindShift = 16;
    internal const int ValueKindShift = 18;

    /// <summary>Appends a value.</summary>
    public static void Encode(ByteWriter writer, Variant value, bool fullObjects = false) =>
        new VariantEncoder(writer, fullObjects).Write(value);

    /// <summary>Reads one value, however hostile the bytes; false if they are not one within the limits.</summary>
    /// <remarks>On false the reader has failed, and nothing after this value can be read from it.</remarks>
    public static bool TryDecode(ref ByteReader reader, VariantLimits limits, out Variant value)
    {
        value = VariantDecoder.Read(ref reader, limits, depth: 0);
        if (!reader.Failed) return true;
        value = default;
        return false;
    }
}

/// <summary>What follows the header of a typed container.</summary>
internal enum ElementKind : uint
{
    Any = 0,
    Builtin = 1,
    Class = 2,
    Script = 3,
}
