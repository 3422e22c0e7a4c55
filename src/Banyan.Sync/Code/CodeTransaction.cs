using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;

namespace Banyan.Sync.Code;

/// <summary>A server takes the game's code over.</summary>
public sealed class TakeOverTransaction(ServerId server, ulong life) : ITransactionBody
{
    /// <summary>What it has written, once it is committed.</summary>
    public CodeRecord Record { get; private set; } = new(server, life, 0);

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        GetStep get = transaction.Get(CodeRecord.Key);
        yield return get;
        ulong count = get.Value is not null && CodeRecord.TryDecode(get.Value, out CodeRecord before) ? before.Count : 0;
        Record = Record with { Count = count + 1 };
        transaction.Put(CodeRecord.Key, Record.Encode());
    }
}

/// <summary>A change of the tree by the game's code; gives up if another server has taken the code over.</summary>
public sealed class CodeTransaction(CodeRecord record, IReadOnlyList<SceneOperation> operations) : ITransactionBody
{
    private readonly SceneTransaction _scene = new(operations);

    /// <summary>Whether it gave up because the code runs elsewhere.</summary>
    public bool IsOvertaken { get; private set; }

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        GetStep get = transaction.Get(CodeRecord.Key);
        yield return get;
        IsOvertaken = get.Value is null || !CodeRecord.TryDecode(get.Value, out CodeRecord now) || now != record;
        if (IsOvertaken)
        {
            transaction.GiveUp("another server runs the game's code");
            yield break;
        }

        foreach (TransactionStep step in _scene.Run(transaction)) yield return step;
    }
}
