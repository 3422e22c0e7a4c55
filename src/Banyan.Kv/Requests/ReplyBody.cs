using Banyan.Kv.Commands;
using Banyan.Kv.Ranges;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Requests;

/// <summary>What a request came to.</summary>
public abstract record ReplyBody
{
    /// <summary>The values in the order of the keys; null where there is none. The entries of each span in key order.</summary>
    public sealed record Read(
        Timestamp Timestamp, IReadOnlyList<byte[]?> Values, IReadOnlyList<ScanResult> Spans) : ReplyBody;

    /// <summary>A version lies in the reader's uncertainty interval: read again at or above it.</summary>
    public sealed record Uncertain(Timestamp Timestamp) : ReplyBody;

    /// <summary>The timestamp is older than the history that is kept.</summary>
    public sealed record HistoryGone(Timestamp KeptFrom) : ReplyBody;

    /// <summary>A command was applied, with this outcome.</summary>
    public sealed record Applied(CommandOutcome Outcome) : ReplyBody;

    /// <summary>The write needs at least this timestamp, and may not be moved without asking.</summary>
    public sealed record NeedsTimestamp(Timestamp Timestamp) : ReplyBody;

    /// <summary>Whether nothing that was read has changed.</summary>
    public sealed record Refreshed(bool Unchanged) : ReplyBody;

    /// <summary>The pushee is final.</summary>
    public sealed record Pushed(bool Committed, Timestamp Timestamp) : ReplyBody;

    /// <summary>Who waits for a transaction.</summary>
    public sealed record Dependents(IReadOnlyList<TransactionId> Ids) : ReplyBody;

    /// <summary>Nothing done: this server does not hold the lease; perhaps that one does.</summary>
    public sealed record NotLeaseholder(RangeId Range, ServerId Hint) : ReplyBody;

    /// <summary>Nothing done: the range does not hold all these keys (any more).</summary>
    public sealed record WrongRange(RangeDescriptor? Descriptor) : ReplyBody;

    /// <summary>It may or may not have been done: leadership was lost while it was in flight.</summary>
    public sealed record Unknown : ReplyBody;

    /// <summary>This write was not done now, but an earlier transmission of it may have been. Made by the router, never sent.</summary>
    public sealed record Unsure(ReplyBody Reply) : ReplyBody;

    /// <summary>Nothing done: too much is waiting.</summary>
    public sealed record Overloaded : ReplyBody;
}

/// <summary>What a scan found.</summary>
/// <param name="Entries">Keys and values, ascending.</param>
/// <param name="ResumeAt">Where to go on, if the limit was reached; null at the end.</param>
public sealed record ScanResult(IReadOnlyList<KeyValuePair<Key, byte[]>> Entries, Key? ResumeAt);
