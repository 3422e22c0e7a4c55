using Banyan.Kv.Images;
using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Raft;
using Banyan.Storage;

namespace Banyan.Kv.Store;

/// <summary>What checkpoint and log held when the server started.</summary>
public sealed class StoreRecovery
{
    internal const byte LivenessKind = 0;

    /// <summary>Whether there was a checkpoint; if not, the cluster's first ranges were there from the beginning.</summary>
    public bool HasCheckpoint { get; private set; }

    /// <summary>The durable part of store liveness; empty on a first start.</summary>
    public byte[] Liveness { get; private set; } = [];

    /// <summary>What the log says of each range.</summary>
    public SortedDictionary<RangeId, RecoveredRange> Logs { get; } = [];

    /// <summary>The states of the checkpoint, or newer ones that came as snapshots.</summary>
    public SortedDictionary<RangeId, RangeState> States { get; } = [];

    /// <summary>Records read from the log.</summary>
    public long Records { get; private set; }

    /// <summary>Reads a disk, which may be empty.</summary>
    /// <exception cref="CorruptFileException">Something that had been durable is gone or changed.</exception>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public static StoreRecovery Open(IDisk disk, WalOptions options, out WriteAheadLog wal)
    {
        var recovery = new StoreRecovery();
        ulong position = 0;
        using (CheckpointReader? checkpoint = CheckpointReader.OpenNewest(disk))
        {
            if (checkpoint is not null)
            {
                recovery.HasCheckpoint = true;
                position = checkpoint.Position;
                recovery.Read(checkpoint);
            }
        }

        wal = WriteAheadLog.Open(disk, options, position, recovery.Replay);
        foreach ((RangeId range, RecoveredRange log) in recovery.Logs)
        {
            if (log.Snapshot is not { } snapshot) continue;
            if (!RangeImage.TryDecode(snapshot.Data.Span, out RangeState state))
                throw new CorruptFileException("wal", 0, $"the snapshot of {range} at {snapshot.Index} cannot be read");
            recovery.States[range] = state;
        }

        return recovery;
    }

    private void Replay(RangeId range, byte kind, ReadOnlySpan<byte> payload)
    {
        Records++;
        if (kind == LivenessKind)
        {
            Liveness = payload.ToArray();
            return;
        }

        if (!Logs.TryGetValue(range, out RecoveredRange? log)) Logs.Add(range, log = new());
        if (!log.TryReplay(kind, payload))
            throw new CorruptFileException("wal", 0, $"record {Records} (kind {kind}, {range}) does not follow the ones before");
    }

    private void Read(CheckpointReader checkpoint)
    {
        var reader = new ByteReader(checkpoint.Next());
        if (reader.Byte() != (byte)StoreCheckpoint.BlockKind.Store) throw checkpoint.Corrupt("it does not begin as a checkpoint");
        Liveness = reader.Bytes().ToArray();
        ulong ranges = reader.Number();
        if (!reader.IsAtEnd) throw checkpoint.Corrupt("its first block cannot be read");
        for (ulong i = 0; i < ranges; i++) ReadRange(checkpoint);
        if (checkpoint.Next() is not null) throw checkpoint.Corrupt("it holds more than it should");
    }

    private void ReadRange(CheckpointReader checkpoint)
    {
        var reader = new ByteReader(checkpoint.Next());
        if (reader.Byte() != (byte)StoreCheckpoint.BlockKind.Range) throw checkpoint.Corrupt("a range is missing");
        var range = new RangeId(reader.Number());
        Logs[range] = RaftRecords.DecodeLog(ref reader);
        bool hasState = reader.Bool();
        ReadOnlySpan<byte> tables = hasState ? reader.Bytes() : default;
        if (!reader.IsAtEnd) throw checkpoint.Corrupt($"the log of {range} cannot be read");
        if (!hasState) return;
        if (!RangeImage.TryDecodeTables(tables, out RangeState state)) throw checkpoint.Corrupt($"the tables of {range} cannot be read");
        ReadVersions(checkpoint, state);
        States[range] = state;
    }

    private static void ReadVersions(CheckpointReader checkpoint, RangeState state)
    {
        var loader = new VersionedMapLoader(state.Versions);
        while (true)
        {
            var reader = new ByteReader(checkpoint.Next());
            var kind = (StoreCheckpoint.BlockKind)reader.Byte();
            if (kind == StoreCheckpoint.BlockKind.LastVersions) break;
            if (kind != StoreCheckpoint.BlockKind.Versions || !RangeImage.TryDecodeVersions(ref reader, state, loader))
                throw checkpoint.Corrupt($"the versions of {state.Descriptor.Id} cannot be read");
        }

        loader.Finish();
    }
}
