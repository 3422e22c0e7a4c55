namespace Banyan.Raft;

/// <summary>What a group starts from: what was durable when the server stopped.</summary>
/// <param name="HardState">Term, vote, commit index and promise.</param>
/// <param name="CompactedIndex">The last index that is no longer in the log; 0 if the log is whole.</param>
/// <param name="CompactedTerm">That entry's term.</param>
/// <param name="Entries">The log from the index after <paramref name="CompactedIndex"/> on, without gaps.</param>
/// <param name="AppliedIndex">
/// What the state machine has applied already; not below the compacted index, not above the last entry.
/// </param>
public sealed record RaftLogState(
    HardState HardState, LogIndex CompactedIndex, Term CompactedTerm, IReadOnlyList<LogEntry> Entries, LogIndex AppliedIndex)
{
    /// <summary>A member that knows nothing.</summary>
    public static readonly RaftLogState Empty = new(default, default, default, [], default);

    /// <summary>A log that starts after an index that every member begins with, such as a split's.</summary>
    public static RaftLogState Starting(LogIndex index, Term term) =>
        new(new(term, default, index, default, 0), index, term, [], index);
}
