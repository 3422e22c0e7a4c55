using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Sync.Code;

/// <summary>A server takes the game's code over.</summary>
public sealed class TakeOverTransaction(ServerId server, ulong life) : ITransactionBody
{
    /// <summary>What it has written, once it is committed.</summary>
    public CodeRecord Record { get; private set; } = new(server, life, 0, 0);

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        GetStep get = transaction.Get(CodeRecord.Key);
        yield return get;
        (ulong count, ulong numbers) = get.Value is not null && CodeRecord.TryDecode(get.Value, out CodeRecord before) ? (before.Count, before.Numbers) : (0, 0);
        Record = Record with { Count = count + 1, Numbers = numbers + CodeRecord.NumbersBlock };
        transaction.Put(CodeRecord.Key, Record.Encode());
    }
}
