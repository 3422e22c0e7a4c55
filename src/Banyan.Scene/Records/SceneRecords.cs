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

    public static ulong DecodeNumber(byte[] value)
    {
        var reader = new ByteReader(value);
        ulong number = reader.Number();
        Invariant.Holds(reader.IsAtEnd);
        return number;
    }
}
