using Banyan.Primitives;

namespace Banyan.Scene.Records;

/// <summary>Records that hold one number: serials given out, the zone of a locator.</summary>
internal static class SceneRecords
{
    public static byte[] EncodeNumber(ulong number)
    {
        var writer = new ByteWriter(10);
        writer.Number(number);
        return writer.ToArray();
    }

    public static bool TryDecodeNumber(ReadOnlySpan<byte> value, out ulong number)
    {
        var reader = new ByteReader(value);
        number = reader.Number();
        return reader.IsAtEnd;
    }

    // Of a value that a transaction of the scene has written itself.
    public static ulong DecodeNumber(byte[] value)
    {
        Invariant.Holds(TryDecodeNumber(value, out ulong number));
        return number;
    }
}
