using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Images;

/// <summary>A range's whole state at one index, pinned: what a snapshot carries to a follower and a checkpoint to disk.</summary>
/// <remarks>
/// Taking one costs what the small tables cost; the versions are a pointer to an immutable tree, and may be written out
/// on any thread while the range goes on.
/// </remarks>
public sealed class RangeImage
{
    private RangeImage(byte[] tables, VersionedSnapshot versions)
    {
        Tables = tables;
        Versions = versions;
    }

    /// <summary>Everything but the versions, in its binary form.</summary>
    public byte[] Tables { get; }

    /// <summary>All versions.</summary>
    public VersionedSnapshot Versions { get; }

    /// <summary>Pins a state.</summary>
    public static RangeImage Capture(RangeState state)
    {
        var writer = new ByteWriter(1024);
        state.EncodeTables(writer);
        return new(writer.ToArray(), state.Versions.Pin());
    }

    /// <summary>The whole image as bytes, for a message.</summary>
    public byte[] ToArray()
    {
        var writer = new ByteWriter((int)Math.Min(int.MaxValue / 2, Versions.ApproximateBytes + Tables.Length + 1024));
        writer.Bytes(Tables);
        foreach (VersionRecord record in Versions.History(KeySpan.All)) EncodeVersion(record, writer);

        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="ToArray"/> wrote; false for anything else.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out RangeState state)
    {
        var reader = new ByteReader(bytes);
        state = null!;
        if (!TryDecodeTables(reader.Bytes(), out RangeState decoded)) return false;
        var loader = new VersionedMapLoader(decoded.Versions);
        if (!TryDecodeVersions(ref reader, decoded, loader)) return false;
        loader.Finish();
        state = decoded;
        return true;
    }

    /// <summary>A state without its versions, which the caller adds.</summary>
    public static bool TryDecodeTables(ReadOnlySpan<byte> bytes, out RangeState state)
    {
        var reader = new ByteReader(bytes);
        state = RangeState.DecodeTables(ref reader);
        return reader.IsAtEnd;
    }

    internal static void EncodeVersion(VersionRecord record, ByteWriter writer)
    {
        writer.Key(record.Key);
        writer.Timestamp(record.Timestamp);
        writer.Bool(record.Value is not null);
        if (record.Value is not null) writer.Bytes(record.Value);
    }

    internal static bool TryDecodeVersions(ref ByteReader reader, RangeState state, VersionedMapLoader loader)
    {
        while (!reader.IsAtEnd)
        {
            Key key = reader.Key();
            Timestamp timestamp = reader.Timestamp();
            byte[]? value = reader.Bool() ? reader.Bytes().ToArray() : null;
            if (reader.Failed || !state.Descriptor.Span.Contains(key) || !loader.TryAdd(key, timestamp, value)) return false;
        }

        return true;
    }
}
