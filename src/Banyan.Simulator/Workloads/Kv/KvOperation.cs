using System.Text;
using Banyan.Kv.Commands;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>One transaction of a <see cref="RecordedWorkload"/>, which writes down what it does and sees as it goes.</summary>
/// <remarks>What it has seen travels in the reply, so that it is known also when the answer comes from an earlier try.</remarks>
internal abstract class KvOperation(ulong number) : ITransactionBody
{
    private List<MicroOperation> _steps = [];

    /// <summary>Which one: workloads write it where they can, so that every version tells where it comes from.</summary>
    public ulong Number => number;

    /// <summary>A key of its own that it writes blindly beside the rest; null for none.</summary>
    public Key? Mark { get; init; }

    /// <summary>What it may write, known before it runs; a write of no value stands for any.</summary>
    public abstract IReadOnlyList<MicroOperation> Planned { get; }

    /// <summary>Whether it writes only one of what is planned, and which depends on what it reads.</summary>
    public virtual bool WritesOneOfPlanned => false;

    /// <summary>If all it does can be said at once, it goes to the store without a body.</summary>
    public virtual OneShot? AtOnce => null;

    /// <summary>What the last attempt did and saw, and when.</summary>
    public IReadOnlyList<MicroOperation> LastSteps => _steps;

    public Timestamp ReadAt { get; private set; }

    public ReadOnlyMemory<byte> Reply =>
        Encoding.UTF8.GetBytes(HistoryLines.ToLine(new(0, 0, null, OperationOutcome.Unknown, _steps)));

    /// <summary>A transaction without a body.</summary>
    public sealed record OneShot(IReadOnlyList<Condition> Conditions, IReadOnlyList<KeyWrite> Writes);

    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        List<MicroOperation> steps = _steps = [];
        foreach (TransactionStep step in Attempt(transaction, steps)) yield return step;
        ReadAt = transaction.ReadTimestamp;
        // Without a write it stays a read: it has not done what it was to do.
        if (Mark is { } mark && transaction.GivenUp is null && steps.Exists(s => s.IsWrite && s.Applied)) transaction.Put(mark, Numbers.Encode((long)number));
    }

    /// <summary>One attempt; every read and write on a key of the store becomes a step.</summary>
    protected abstract IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps);

    public static IReadOnlyList<MicroOperation> StepsOf(ReadOnlyMemory<byte> reply)
    {
        Invariant.Holds(HistoryLines.TryRead(reply.Span, out ClientOperation told), "a reply is what was sent");
        return told.Steps;
    }
}
