using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;

namespace Banyan.Sync.Code;

/// <summary>A change of the tree by the game's code; gives up if another server has taken the code over.</summary>
/// <param name="record">Of the run.</param>
/// <param name="operations">What to do.</param>
/// <param name="moreNumbers">Whether to reserve more numbers for calls as well.</param>
public sealed class CodeTransaction(CodeRecord record, IReadOnlyList<SceneOperation> operations, bool moreNumbers = false) : ITransactionBody
{
    private readonly SceneTransaction _scene = new(operations);

    /// <summary>Whether it gave up because the code runs elsewhere.</summary>
    public bool IsOvertaken { get; private set; }

    /// <summary>Through which number calls may be numbered once it is committed.</summary>
    public ulong Numbers { get; private set; }

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        GetStep get = transaction.Get(CodeRecord.Key);
        yield return get;
        IsOvertaken = get.Value is null || !CodeRecord.TryDecode(get.Value, out CodeRecord now) || !now.IsSameRun(record);
        if (IsOvertaken && !Mutation.Is("change-beside-the-next-code"))
        {
            transaction.GiveUp("another server runs the game's code");
            yield break;
        }

        CodeRecord.TryDecode(get.Value!, out now);
        Numbers = now.Numbers + (moreNumbers ? CodeRecord.NumbersBlock : 0);
        if (moreNumbers) transaction.Put(CodeRecord.Key, (now with { Numbers = Numbers }).Encode());
        foreach (TransactionStep step in _scene.Run(transaction)) yield return step;
    }
}
