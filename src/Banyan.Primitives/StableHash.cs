using System.Buffers.Binary;

namespace Banyan.Primitives;

/// <summary>A 64-bit hash that is the same on every run and machine. Not for hostile input.</summary>
public static class StableHash
{
    /// <summary>Mixes one word into a hash.</summary>
    public static ulong Add(ulong hash, ulong word)
    {
        ulong x = (hash ^ word) * 0x9E3779B97F4A7C15;
        x ^= x >> 32;
        x *= 0xD6E8FEB86659FD93;
        return x ^ (x >> 29);
    }

    /// <summary>Mixes bytes, and their number, into a hash.</summary>
    public static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash = Add(hash, (ulong)bytes.Length);
        while (bytes.Length >= 8)
        {
            hash = Add(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        if (bytes.IsEmpty) return hash;
        ulong tail = 0;
        for (int i = bytes.Length - 1; i >= 0; i--) tail = (tail << 8) | bytes[i];
        return Add(hash, tail);
    }

    /// <summary>The next word of a splitmix64 sequence.</summary>
    public static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
