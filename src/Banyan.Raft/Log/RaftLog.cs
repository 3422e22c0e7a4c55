using System.Runtime.InteropServices;
using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>The entries in memory: those not compacted away, some of them not durable yet.</summary>
internal sealed class RaftLog
{
    private readonly List<LogEntry> _entries = [];
    private int _skipped; // entries at the front of the list that are compacted but not removed yet

    public RaftLog(RaftLogState state)
    {
        CompactedIndex = state.CompactedIndex;
        CompactedTerm = state.CompactedTerm;
        Committed = LogIndex.Max(state.HardState.Commit, state.AppliedIndex);
        Applied = state.AppliedIndex;
        foreach (LogEntry entry in state.Entries)
        {
            Invariant.Holds(entry.Index == LastIndex.Next);
            _entries.Add(entry);
            Bytes += entry.Payload.Length;
        }

        Unwritten = LastIndex.Next;
        Invariant.Holds(CompactedIndex <= Applied && Applied <= Committed && Committed <= LastIndex);
    }

    /// <summary>The last index that is gone.</summary>
    public LogIndex CompactedIndex { get; private set; }

    /// <summary>Its term.</summary>
    public Term CompactedTerm { get; private set; }

    /// <summary>Known to be committed.</summary>
    public LogIndex Committed { get; private set; }

    /// <summary>Handed over for applying.</summary>
    public LogIndex Applied { get; private set; }

    /// <summary>The first entry that was not handed over for writing.</summary>
    public LogIndex Unwritten { get; private set; }

    /// <summary>Payload bytes of all entries here.</summary>
    public long Bytes { get; private set; }

    public LogIndex LastIndex => new(CompactedIndex.Value + (ulong)(_entries.Count - _skipped));

    public Term LastTerm => _entries.Count > _skipped ? _entries[^1].Term : CompactedTerm;

    /// <summary>The term at an index; false if it is compacted away or not there.</summary>
    public bool TryGetTerm(LogIndex index, out Term term)
    {
        term = CompactedTerm;
        if (index == CompactedIndex) return true;
        if (index < CompactedIndex || index > LastIndex) return false;
        term = At(index).Term;
        return true;
    }

    public LogEntry At(LogIndex index) => _entries[Offset(index)];

    /// <summary>Appends a leader's own entry.</summary>
    public void Append(LogEntry entry)
    {
        Invariant.Holds(entry.Index == LastIndex.Next && entry.Term >= LastTerm);
        _entries.Add(entry);
        Bytes += entry.Payload.Length;
    }

    /// <summary>Takes what a leader sent after an entry that is here: cuts what conflicts, adds what is new.</summary>
    public void Merge(IReadOnlyList<LogEntry> entries)
    {
        for (int i = 0; i < entries.Count; i++)
        {
            LogEntry entry = entries[i];
            if (entry.Index <= CompactedIndex) continue;
            if (entry.Index <= LastIndex)
            {
                if (At(entry.Index).Term == entry.Term) continue;
                Invariant.Holds(entry.Index > Committed, "a committed entry is never cut");
                Truncate(entry.Index);
            }

            Append(entry);
        }
    }

    /// <summary>Entries from an index on, as many as fit; at least one if there is one.</summary>
    public IReadOnlyList<LogEntry> Slice(LogIndex from, LogIndex through, long bytesMax)
    {
        if (from > through) return [];
        int start = Offset(from);
        int end = Offset(through) + 1;
        long bytes = 0;
        int count = 0;
        for (int i = start; i < end; i++)
        {
            bytes += _entries[i].Payload.Length;
            if (count > 0 && bytes > bytesMax) break;
            count++;
        }

        return CollectionsMarshal.AsSpan(_entries).Slice(start, count).ToArray();
    }

    /// <summary>What is to be written now.</summary>
    public IReadOnlyList<LogEntry> TakeUnwritten()
    {
        IReadOnlyList<LogEntry> entries = Slice(Unwritten, LastIndex, long.MaxValue);
        Unwritten = LastIndex.Next;
        return entries;
    }

    public void CommitTo(LogIndex index)
    {
        Invariant.Holds(index >= Committed && index <= LastIndex);
        Committed = index;
    }

    /// <summary>What is to be applied now.</summary>
    public IReadOnlyList<LogEntry> TakeCommitted(int countMax)
    {
        LogIndex through = LogIndex.Min(Committed, new(Applied.Value + (ulong)countMax));
        IReadOnlyList<LogEntry> entries = Slice(Applied.Next, through, long.MaxValue);
        Applied = through;
        return entries;
    }

    /// <summary>The last place, at or before a given one, at which this log's term is not above the given one.</summary>
    public (LogIndex Index, Term Term) LastAtOrBelow(LogIndex index, Term term)
    {
        LogIndex at = LogIndex.Min(index, LastIndex);
        while (at > CompactedIndex && At(at).Term > term) at = at.Previous;
        return at >= CompactedIndex && TryGetTerm(at, out Term found) ? (at, found) : (at, Term.Zero);
    }

    /// <summary>The last applied entry without which at most so many entries and bytes are left.</summary>
    public LogIndex TrimPoint(ulong entriesKept, long bytesKept)
    {
        LogIndex through = CompactedIndex;
        long bytes = Bytes;
        while (through < Applied && (bytes > bytesKept || LastIndex.Value - through.Value > entriesKept))
        {
            through = through.Next;
            bytes -= At(through).Payload.Length;
        }

        return through;
    }

    public void Compact(LogIndex through)
    {
        Invariant.Holds(through <= Applied);
        if (through <= CompactedIndex) return;
        Term term = At(through).Term;
        for (LogIndex i = CompactedIndex.Next; i <= through; i = i.Next) Bytes -= At(i).Payload.Length;
        int gone = Offset(through) + 1;
        // Let the payloads go at once, and move the rest only now and then.
        CollectionsMarshal.AsSpan(_entries)[_skipped..gone].Clear();
        _skipped = gone;
        CompactedIndex = through;
        CompactedTerm = term;
        if (_skipped <= 1024 || _skipped * 2 <= _entries.Count) return;
        _entries.RemoveRange(0, _skipped);
        _skipped = 0;
    }

    /// <summary>Starts again after a snapshot.</summary>
    public void Reset(LogIndex index, Term term)
    {
        Invariant.Holds(index > Committed);
        _entries.Clear();
        _skipped = 0;
        Bytes = 0;
        CompactedIndex = Committed = Applied = index;
        CompactedTerm = term;
        Unwritten = index.Next;
    }

    private void Truncate(LogIndex from)
    {
        int start = Offset(from);
        for (int i = start; i < _entries.Count; i++) Bytes -= _entries[i].Payload.Length;
        _entries.RemoveRange(start, _entries.Count - start);
        Unwritten = LogIndex.Min(Unwritten, from);
    }

    private int Offset(LogIndex index) => _skipped + (int)(index.Value - CompactedIndex.Value - 1);
}
