using System.Buffers.Binary;
using Banyan.Primitives;
using Banyan.Storage.Tests.Log;

namespace Banyan.Storage.Tests.Damage;

/// <summary>Reads the same files and looks at everything but the checksums: a control that the tests see what it misses.</summary>
internal static class UncheckedReader
{
    public static List<string> Segment(string file, byte[] bytes)
    {
        List<string> records = [];
        int at = 24;
        ulong position = 0;
        if (!bytes.AsSpan().StartsWith("BANYLOG1"u8)) throw new CorruptFileException(file, 0, "no segment");
        while (at + 28 <= bytes.Length && bytes.AsSpan(at).StartsWith("BYNR"u8))
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 16));
            if (length > bytes.Length - at - 28) throw new CorruptFileException(file, at, "a round's length");
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 8)) != position) throw new CorruptFileException(file, at, "a round's position");
            var reader = new ByteReader(bytes.AsSpan(at + 28, (int)length));
            for (uint i = 0; i < count && !reader.Failed; i++)
                records.Add(LogScript.Text(new(reader.Number()), reader.Byte(), reader.Bytes()));
            if (!reader.IsAtEnd) throw new CorruptFileException(file, at, "a round's records");
            position += count;
            at += 28 + (int)length;
        }

        return records;
    }

    public static List<string> Checkpoint(string file, byte[] bytes)
    {
        List<string> blocks = [];
        for (int at = 0; ;)
        {
            uint length = at + 8 <= bytes.Length ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) : uint.MaxValue;
            if (length > bytes.Length - at - 8) throw new CorruptFileException(file, at, "a block's length");
            if (length == 0) return blocks;
            blocks.Add(Convert.ToHexString(bytes.AsSpan(at + 8, (int)length)));
            at += 8 + (int)length;
        }
    }
}
