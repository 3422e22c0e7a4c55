using Banyan.Kv.Images;
using Banyan.Primitives;
using Banyan.Raft;
using Banyan.Storage;

namespace Banyan.Kv.Store;

/// <summary>A store image on disk.</summary>
/// <remarks>
/// Blocks: first the store's own (liveness, number of ranges); then for each range one with its tables and its log, and
/// as many as it takes with its versions, the last of them marked.
/// </remarks>
public static class StoreCheckpoint
{
    // Below what the collector calls large: a checkpoint is no reason to go through all memory.
    private const int VersionsBlockBytes = 64 << 10;

    internal enum BlockKind : byte { Store = 1, Range, Versions, LastVersions }

    /// <summary>Writes an image; may run on any thread. Then tell the log: <see cref="WriteAheadLog.DropBefore"/>.</summary>
    /// <exception cref="IOException">The disk failed; the checkpoint before is still good.</exception>
    public static void Write(IDisk disk, StoreImage image)
    {
        var checkpoint = new CheckpointWriter(disk, image.Position);
        var writer = new ByteWriter(VersionsBlockBytes + 4096);
        writer.Byte((byte)BlockKind.Store);
        writer.Bytes(image.Liveness);
        writer.Number((ulong)image.Ranges.Count);
        checkpoint.Write(writer.Written);
        foreach ((RangeId range, RangeImage? state, RaftLogState log) in image.Ranges)
        {
            writer.Clear();
            writer.Byte((byte)BlockKind.Range);
            writer.Number(range.Value);
            RaftRecords.Encode(log, writer);
            writer.Bool(state is not null);
            if (state is not null) writer.Bytes(state.Tables);
            checkpoint.Write(writer.Written);
            if (state is not null) WriteVersions(checkpoint, writer, state.Versions);
        }

        checkpoint.Finish();
    }

    private static void WriteVersions(CheckpointWriter checkpoint, ByteWriter writer, VersionedSnapshot versions)
    {
        writer.Clear();
        writer.Byte((byte)BlockKind.Versions);
        foreach (VersionRecord record in versions.History(KeySpan.All))
        {
            RangeImage.EncodeVersion(record, writer);
            if (writer.Length < VersionsBlockBytes) continue;
            checkpoint.Write(writer.Written);
            writer.Clear();
            writer.Byte((byte)BlockKind.Versions);
        }

        checkpoint.Write(writer.Written);
        writer.Clear();
        writer.Byte((byte)BlockKind.LastVersions);
        checkpoint.Write(writer.Written);
    }
}
