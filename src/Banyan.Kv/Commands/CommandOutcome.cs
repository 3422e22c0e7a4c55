using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Commands;

/// <summary>What applying a command came to; the same on every replica.</summary>
/// <param name="Code">Tells the kinds apart in the state hash.</param>
public abstract record CommandOutcome(byte Code)
{
    /// <summary>Done.</summary>
    public sealed record Done(Timestamp Timestamp) : CommandOutcome(1);

    /// <summary>Nothing done: a key carries another transaction's intent.</summary>
    public sealed record Conflict(Key Key, Intent Intent) : CommandOutcome(2);

    /// <summary>Nothing done: a key has a version at or above the timestamp; try again above it.</summary>
    public sealed record TooOld(Key Key, Timestamp Newest) : CommandOutcome(3);

    /// <summary>Nothing done: a condition does not hold.</summary>
    public sealed record ConditionFailed(int Number, Key Key) : CommandOutcome(4);

    /// <summary>Nothing done: what the transaction has read has changed since.</summary>
    public sealed record ReadChanged(Key Key) : CommandOutcome(5);

    /// <summary>Nothing done: this request took effect before.</summary>
    public sealed record AlreadyDone(Timestamp Timestamp, ReadOnlyMemory<byte> Reply) : CommandOutcome(6);

    /// <summary>Nothing done, and this attempt is over: aborted by another, prevented, fenced, or too old to be known.</summary>
    public sealed record Refused(string Why) : CommandOutcome(7);

    /// <summary>The record as it now is (heartbeat, push, end).</summary>
    public sealed record RecordState(TransactionRecord? Record) : CommandOutcome(8);

    /// <summary>Recovery: all promised writes stand, or the first one that does not was prevented.</summary>
    public sealed record Found(bool All) : CommandOutcome(9);

    /// <summary>A fence: the record that the request left here, if any; otherwise the request is fenced off.</summary>
    public sealed record Fenced(TransactionRecord? Record) : CommandOutcome(10);

    /// <summary>Nothing done: proposed under another lease or to another span; nobody may count on it.</summary>
    public sealed record Void() : CommandOutcome(11);

    /// <summary>Nothing done: too much waits in the log. Never applied, and so in no state hash.</summary>
    public sealed record NotProposed() : CommandOutcome(12);
}
