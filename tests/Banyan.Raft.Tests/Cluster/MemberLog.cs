namespace Banyan.Raft.Tests.Cluster;

/// <summary>A log in the plainest form: what the members' logs are compared with.</summary>
internal sealed class MemberLog
{
    private readonly List<LogEntry> _entries = [];

    public LogIndex CompactedIndex { get; private set; }

    public Term CompactedTerm { get; private set; }

    public IReadOnlyList<LogEntry> Entries => _entries;

    public LogIndex LastIndex => new(CompactedIndex.Value + (ulong)_entries.Count);

    public Term LastTerm => _entries.Count > 0 ? _entries[^1].Term : CompactedTerm;

    public LogEntry At(LogIndex index) => _entries[(int)(index.Value - CompactedIndex.Value) - 1];

    public Term TermAt(LogIndex index) => index == CompactedIndex ? CompactedTerm : At(index).Term;

    public void Replace(IReadOnlyList<LogEntry> entries)
    {
        Assert.InRange(entries[0].Index.Value, CompactedIndex.Value + 1, LastIndex.Value + 1);
        int keep = (int)(entries[0].Index.Value - CompactedIndex.Value) - 1;
        _entries.RemoveRange(keep, _entries.Count - keep);
        _entries.AddRange(entries);
    }

    public void Compact(LogIndex through)
    {
        if (through <= CompactedIndex) return;
        Term term = TermAt(through);
        _entries.RemoveRange(0, (int)(through.Value - CompactedIndex.Value));
        (CompactedIndex, CompactedTerm) = (through, term);
    }

    public void Restart(LogIndex index, Term term)
    {
        _entries.Clear();
        (CompactedIndex, CompactedTerm) = (index, term);
    }

    public void CutLast() => _entries.RemoveAt(_entries.Count - 1);

    public void CopyFrom(MemberLog other)
    {
        Restart(other.CompactedIndex, other.CompactedTerm);
        _entries.AddRange(other._entries);
    }

    public override string ToString() =>
        (CompactedIndex == LogIndex.Zero ? "" : $"({CompactedIndex}{CompactedTerm}) ") + string.Join(' ', _entries.Select(e => $"{e.Index}{e.Term}"));
}
