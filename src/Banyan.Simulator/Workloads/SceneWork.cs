using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Simulator.Workloads;

/// <summary>A transaction of the scene that also leaves a mark of its own, so that the history tells what each timestamp is due to.</summary>
/// <remarks>The mark lies in a zone, in a section that the scene does not know: it need not make one range into two.</remarks>
internal sealed class SceneWork(ITransactionBody body, ulong number, ZoneId markZone, long begun) : ITransactionBody
{
    private const byte MarkSection = 0xF0;

    public ITransactionBody Body => body;

    public ulong Number => number;

    /// <summary>When the client sent it, in virtual microseconds.</summary>
    public long Begun => begun;

    /// <summary>When the client got its outcome.</summary>
    public long Ended { get; private set; }

    public TransactionOutcome? Outcome { get; private set; }

    /// <summary>What the last attempt read at, and how it ended.</summary>
    public Timestamp ReadAt { get; private set; }

    public SceneErrorCode? Refused { get; private set; }

    public int FailedOperation { get; private set; }

    public ReadOnlyMemory<byte> Reply => body.Reply;

    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        foreach (TransactionStep step in body.Run(transaction)) yield return step;
        ReadAt = transaction.ReadTimestamp;
        if (body is SceneTransaction scene)
        {
            Refused = scene.Error?.Code;
            FailedOperation = scene.FailedOperation;
        }

        if (transaction.GivenUp is not null) yield break;
        var mark = new ByteWriter(24);
        mark.Raw(SceneKeys.Start(markZone).Span);
        mark.Byte(MarkSection);
        mark.UInt64(number);
        transaction.Put(new(mark.ToArray()), [1]);
    }

    public void End(TransactionOutcome outcome, long now)
    {
        Invariant.Holds(Outcome is null, "an operation has one outcome");
        Outcome = outcome;
        Ended = now;
    }

    /// <summary>Whose mark a key is; false if it is none.</summary>
    public static bool TryParseMark(Key key, out ulong number)
    {
        number = 0;
        Key start = SceneKeys.Start(ZoneId.World);
        if (key.Length != start.Length + 9 || key.Span[start.Length] != MarkSection) return false;
        var reader = new ByteReader(key.Span[(start.Length + 1)..]);
        number = reader.UInt64();
        return true;
    }
}
