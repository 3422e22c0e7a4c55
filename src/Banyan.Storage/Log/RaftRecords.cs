using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Storage;

/// <summary>How a Raft group's durable state is written to the log, and read again.</summary>
public static class RaftRecords
{
    /// <summary>The kinds of records that this writes; others are the caller's to use.</summary>
    public const byte HardStateKind = 1;

    /// <inheritdoc cref="HardStateKind"/>
    public const byte EntriesKind = 2;

    /// <inheritdoc cref="HardStateKind"/>
    public const byte SnapshotKind = 3;

    /// <summary>Term, vote, commit index and promise.</summary>
    public static void AppendHardState(WriteAheadLog wal, RangeId range, HardState state, ByteWriter scratch)
    {
        scratch.Clear();
        Encode(state, scratch);
        wal.Append(range, HardStateKind, scratch.Written);
    }

    /// <summary>Entries, of which the first replaces whatever has its index or a later one.</summary>
    public static void AppendEntries(WriteAheadLog wal, RangeId range, IReadOnlyList<LogEntry> entries, ByteWriter scratch)
    {
        scratch.Clear();
        scratch.Number(entries[0].Index.Value - 1);
        RaftMessageCodec.EncodeEntries(entries, scratch);
        wal.Append(range, EntriesKind, scratch.Written);
    }

    /// <summary>A snapshot that took the place of state and log.</summary>
    public static void AppendSnapshotInstalled(WriteAheadLog wal, RangeId range, RaftSnapshot snapshot, ByteWriter scratch)
    {
        scratch.Clear();
        RaftMessageCodec.EncodeSnapshot(snapshot, scratch);
        wal.Append(range, SnapshotKind, scratch.Written);
    }

    /// <summary>The binary form of a hard state.</summary>
    public static void Encode(HardState state, ByteWriter writer)
    {
        writer.Number(state.Term.Value);
        writer.Number(state.Vote.Value);
        writer.Number(state.Commit.Value);
        writer.Number(state.Leader.Value);
        writer.Number(state.SupportEpoch);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    public static HardState DecodeHardState(ref ByteReader reader) => new(
        new(reader.Number()), new((uint)reader.Number()), new(reader.Number()), new((uint)reader.Number()), reader.Number());

    /// <summary>The binary form of a log, for a checkpoint.</summary>
    public static void Encode(RaftLogState log, ByteWriter writer)
    {
        Encode(log.HardState, writer);
        writer.Number(log.CompactedIndex.Value);
        writer.Number(log.CompactedTerm.Value);
        RaftMessageCodec.EncodeEntries(log.Entries, writer);
    }

    /// <summary>Reads what <see cref="Encode(RaftLogState, ByteWriter)"/> wrote.</summary>
    public static RecoveredRange DecodeLog(ref ByteReader reader)
    {
        HardState hardState = DecodeHardState(ref reader);
        var compactedIndex = new LogIndex(reader.Number());
        var compactedTerm = new Term(reader.Number());
        return new(hardState, compactedIndex, compactedTerm, RaftMessageCodec.DecodeEntries(ref reader, compactedIndex));
    }
}
