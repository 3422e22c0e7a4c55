using System.Buffers.Binary;
using System.Numerics;

namespace Banyan.Primitives;

/// <summary>CRC-32C (Castagnoli), with the processor's instruction where it has one.</summary>
public static class Checksum
{
    /// <summary>The checksum of bytes; <paramref name="seed"/> chains several pieces.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        uint crc = ~seed;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
