using System.Buffers.Binary;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>Values as the workloads store them: numbers of eight bytes each; one number is a list of one.</summary>
internal static class Numbers
{
    public static byte[] Encode(params ReadOnlySpan<long> numbers)
    {
        var bytes = new byte[numbers.Length * 8];
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * 8), numbers[i]);
        return bytes;
    }

    public static long[] DecodeList(ReadOnlySpan<byte> bytes)
    {
        var numbers = new long[bytes.Length / 8];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * 8)..]);
        return numbers;
    }

    public static long? Decode(byte[]? bytes) => bytes is null ? null : BinaryPrimitives.ReadInt64LittleEndian(bytes);
}
