using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Storage;

/// <summary>What checkpoint and log say of one range's Raft group: fed record by record, in the log's order.</summary>
public sealed class RecoveredRange
{
    private readonly List<LogEntry> _entries = [];
    private HardState _hardState;
    private LogIndex _compactedIndex;
    private Term _compactedTerm;

    /// <summary>A range of which nothing is known.</summary>
    public RecoveredRange()
    {
    }

    internal RecoveredRange(HardState hardState, LogIndex compactedIndex, Term compactedTerm, IReadOnlyList<LogEntry> entries)
    {
        _hardState = hardState;
        _compactedIndex = compactedIndex;
        _compactedTerm = compactedTerm;
        _entries.AddRange(entries);
    }

    /// <summary>The newest snapshot that was installed; null if none was.</summary>
    public RaftSnapshot? Snapshot { get; private set; }

    private LogIndex LastIndex => new(_compactedIndex.Value + (ulong)_entries.Count);

    /// <summary>Takes a record of the log. False if it is none of a Raft group's, or does not follow the ones before.</summary>
    public bool TryReplay(byte kind, ReadOnlySpan<byte> payload)
    {
        var reader = new ByteReader(payload);
        switch (kind)
        {
            case RaftRecords.HardStateKind:
                _hardState = RaftRecords.DecodeHardState(ref reader);
                return reader.IsAtEnd;
            case RaftRecords.EntriesKind:
                var previous = new LogIndex(reader.Number());
                IReadOnlyList<LogEntry> entries = RaftMessageCodec.DecodeEntries(ref reader, previous);
                return reader.IsAtEnd && TryAdd(previous, entries);
            case RaftRecords.SnapshotKind:
                Snapshot = RaftMessageCodec.DecodeSnapshot(ref reader);
                (_compactedIndex, _compactedTerm) = (Snapshot.Index, Snapshot.Term);
                _entries.Clear();
                return reader.IsAtEnd;
            default:
                return false;
        }
    }

    /// <summary>What the group starts from, over a state machine that has applied so much.</summary>
    public RaftLogState ToLogState(LogIndex appliedIndex, Term appliedTerm = default)
    {
        // An early vote may stand below the term that the state begins in.
        if (_hardState.Term < appliedTerm) _hardState = new(appliedTerm, default, _hardState.Commit, default, 0);
        if (LastIndex < appliedIndex || (_entries.Count == 0 && _compactedIndex <= appliedIndex))
        {
            // The state is ahead of the log: the log goes on from it.
            return new(WithCommit(appliedIndex), appliedIndex, appliedTerm, [], appliedIndex);
        }

        // A log that begins at a split does not know the term before its first entry; the split's state does.
        if (_compactedIndex == appliedIndex) _compactedTerm = appliedTerm;
        Invariant.Holds(_compactedIndex <= appliedIndex, "the log reaches back to the state");
        LogIndex commit = LogIndex.Min(LogIndex.Max(_hardState.Commit, appliedIndex), LastIndex);
        return new(WithCommit(commit), _compactedIndex, _compactedTerm, _entries, appliedIndex);
    }

    private HardState WithCommit(LogIndex commit) => _hardState with { Commit = commit };

    private bool TryAdd(LogIndex previous, IReadOnlyList<LogEntry> entries)
    {
        if (_entries.Count == 0 && _compactedIndex == LogIndex.Zero) _compactedIndex = previous;
        if (previous > LastIndex) return false;
        int skip = previous < _compactedIndex ? (int)(_compactedIndex.Value - previous.Value) : 0;
        if (skip >= entries.Count) return true;
        int keep = skip > 0 ? 0 : (int)(previous.Value - _compactedIndex.Value);
        _entries.RemoveRange(keep, _entries.Count - keep);
        for (int i = skip; i < entries.Count; i++) _entries.Add(entries[i]);
        return true;
    }
}
