using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

/// <summary>Packets as hex; spaces are for the reader.</summary>
internal static class Bytes
{
    public static byte[] Of(string hex) => Convert.FromHexString(hex.Replace(" ", ""));

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>What a writer makes of an empty buffer, and behind other bytes: the same.</summary>
    public static void AssertWrites(string hex, Action<ByteWriter> write)
    {
        string expected = hex.Replace(" ", "");
        ByteWriter writer = new();
        write(writer);
        Assert.Equal(expected, Hex(writer.Written));
        write(writer);
        Assert.Equal(expected + expected, Hex(writer.Written));
    }
}
