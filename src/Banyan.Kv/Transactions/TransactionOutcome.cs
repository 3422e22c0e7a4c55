using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>What became of a transaction.</summary>
public abstract record TransactionOutcome
{
    /// <summary>All of it happened, at this timestamp; the reply is what the first successful attempt said.</summary>
    public sealed record Committed(Timestamp Timestamp, ReadOnlyMemory<byte> Reply) : TransactionOutcome;

    /// <summary>None of it happened: the body gave it up.</summary>
    public sealed record GivenUp(string Why) : TransactionOutcome;

    /// <summary>None of it happened: a condition of a one-shot transaction does not hold.</summary>
    public sealed record ConditionFailed(Key Key) : TransactionOutcome;

    /// <summary>None of it happened: no majority could be reached in time, or there was too much contention.</summary>
    public sealed record Unavailable(string Why) : TransactionOutcome;

    /// <summary>All of it happened, or none: the answer was lost. A retry with the same request id is safe.</summary>
    public sealed record Ambiguous(string Why) : TransactionOutcome;
}
