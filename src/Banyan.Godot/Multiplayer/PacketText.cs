using System.Text.Unicode;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Texts as they stand in packets: UTF-8 with a zero behind it.</summary>
internal static class PacketText
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Takes the zero off; false if there is none, one stands earlier, or the text is not a valid one.</summary>
    public static bool TryTerminated(ReadOnlySpan<byte> bytes, int lengthMax, out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (bytes.IsEmpty || bytes[^1] != 0 || !IsValid(bytes[..^1], lengthMax)) return false;
        utf8 = bytes[..^1];
        return true;
    }

    /// <summary>Whether Godot would read the text as we do, and it is neither empty nor too long.</summary>
    /// <remarks>Godot ends a text at a zero and drops a byte order mark in front: such ones are refused.</remarks>
    public static bool IsValid(ReadOnlySpan<byte> utf8, int lengthMax) =>
        !utf8.IsEmpty && utf8.Length <= lengthMax && !utf8.Contains((byte)0) && !utf8.StartsWith(ByteOrderMark) && Utf8.IsValid(utf8);

    /// <summary>Appends a text and its zero.</summary>
    public static void WriteTerminated(ByteWriter writer, ReadOnlySpan<byte> utf8, int lengthMax)
    {
        Invariant.Holds(IsValid(utf8, lengthMax));
        writer.Raw(utf8);
        writer.Byte(0);
    }
}
