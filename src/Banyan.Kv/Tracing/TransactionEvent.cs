using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Tracing;

/// <summary>What the coordinator of a commit over intents has just done, or who recovers it. Each is an action of specs/parallel-commits.</summary>
public enum TransactionStepKind : byte
{
    /// <summary>An attempt sends its writes and the staging record. <see cref="TransactionEvent.Ranges"/>: the anchor's first.</summary>
    Begin,

    /// <summary>The answer to the write on <see cref="TransactionEvent.Range"/> was taken.</summary>
    Reply,

    /// <summary>The record is staged again, alone.</summary>
    StageAgain,

    /// <summary>Something went wrong: whether it is committed has to be found out.</summary>
    GiveUp,

    /// <summary>The coordinator begins a recovery of its own.</summary>
    RecoverOwn,

    /// <summary>Whoever met it in the way begins a recovery.</summary>
    Recover,

    /// <summary>The coordinator has learned what the record is, or that it cannot learn it.</summary>
    Recovered,

    /// <summary>The client was answered.</summary>
    Answer,
}

/// <summary>What the answer to a write says.</summary>
public enum WriteReply : byte
{
    /// <summary>It stands, at <see cref="TransactionEvent.Timestamp"/>.</summary>
    Done,

    /// <summary>Nothing was staged: it needs <see cref="TransactionEvent.Timestamp"/>.</summary>
    Needs,

    /// <summary>Nothing was done, and no copy of it has done anything: a condition fails, or the request took effect before.</summary>
    Declined,

    /// <summary>Nothing was done; a copy may have been.</summary>
    Refused,

    /// <summary>It may have happened or not.</summary>
    Unknown,
}

/// <summary>One step of a commit, for a trace. What does not matter for a step is left as it is.</summary>
/// <param name="Step">What was done.</param>
/// <param name="Id">The attempt.</param>
public readonly record struct TransactionEvent(TransactionStepKind Step, TransactionId Id)
{
    /// <summary>Of the write, the record or the answer; zero for none.</summary>
    public Timestamp Timestamp { get; init; }

    /// <summary>Where the write went.</summary>
    public RangeId Range { get; init; }

    /// <summary>All ranges that are written to.</summary>
    public IReadOnlyList<RangeId> Ranges { get; init; } = [];

    /// <summary>Begin: whether the attempt has reads that must hold. StageAgain: whether writes come along.</summary>
    public bool Flag { get; init; }

    /// <summary>What a reply says.</summary>
    public WriteReply Reply { get; init; }

    /// <summary>What was learned of the record; null for none. For an answer: committed, or null if that is not known.</summary>
    public TransactionStatus? Status { get; init; }

    internal static TransactionEvent OfReply(TransactionId id, RangeId range, ReplyBody body)
    {
        (WriteReply reply, Timestamp timestamp) = body switch
        {
            ReplyBody.Applied { Outcome: CommandOutcome.Done done } => (WriteReply.Done, done.Timestamp),
            ReplyBody.NeedsTimestamp needed => (WriteReply.Needs, needed.Timestamp),
            ReplyBody.Applied { Outcome: CommandOutcome.ConditionFailed or CommandOutcome.AlreadyDone } => (WriteReply.Declined, default),
            ReplyBody.Unknown or ReplyBody.Unsure => (WriteReply.Unknown, default),
            _ => (WriteReply.Refused, default),
        };
        return new(TransactionStepKind.Reply, id) { Range = range, Reply = reply, Timestamp = timestamp };
    }

    internal static TransactionEvent OfAnswer(TransactionId id, TransactionOutcome outcome) =>
        new(TransactionStepKind.Answer, id)
        {
            Timestamp = outcome is TransactionOutcome.Committed committed ? committed.Timestamp : default,
            Status = outcome is TransactionOutcome.Committed ? TransactionStatus.Committed : null,
        };
}
