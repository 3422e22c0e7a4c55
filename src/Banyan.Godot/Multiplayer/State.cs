using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Values of properties, one <see cref="CompressedVariant"/> after the other; the receiver knows how many.</summary>
public static class State
{
    /// <summary>Appends the values.</summary>
    public static void Write(ByteWriter writer, ReadOnlySpan<Variant> values)
    {
        foreach (Variant value in values) CompressedVariant.Write(writer, value);
    }

    /// <summary>Reads bytes that are values and nothing else, of which the receiver does not know how many there are.</summary>
    public static bool TryReadAll(ReadOnlySpan<byte> bytes, int countMax, VariantLimits limits, out ImmutableArray<Variant> values)
    {
        values = [];
        ByteReader reader = new(bytes);
        var read = ImmutableArray.CreateBuilder<Variant>();
        while (!reader.IsAtEnd)
        {
            if (read.Count == countMax || !CompressedVariant.TryRead(ref reader, limits, out Variant value)) return false;
            read.Add(value);
        }

        values = read.ToImmutable();
        return true;
    }

    /// <summary>Reads bytes that are exactly so many values and nothing else.</summary>
    /// <remarks>Godot asks for the exact length of a delta only; what it sends always has it.</remarks>
    public static bool TryRead(ReadOnlySpan<byte> bytes, int count, VariantLimits limits, out ImmutableArray<Variant> values)
    {
        Invariant.Holds(count >= 0);
        values = [];
        // A value takes at least a byte.
        if (count > bytes.Length) return false;
        ByteReader reader = new(bytes);
        var read = new Variant[count];
        for (int i = 0; i < count; i++)
        {
            if (!CompressedVariant.TryRead(ref reader, limits, out read[i])) return false;
        }

        if (!reader.IsAtEnd) return false;
        values = ImmutableCollectionsMarshal.AsImmutableArray(read);
        return true;
    }
}
