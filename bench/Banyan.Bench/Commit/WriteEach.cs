using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Bench.Commit;

/// <summary>Writes one key of each of several ranges, if wanted after reading all of them at once.</summary>
internal sealed class WriteEach(IReadOnlyList<Key> keys, bool readsFirst) : ITransactionBody
{
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        GetStep? get = null;
        if (readsFirst) yield return get = transaction.Get(keys);
        for (int i = 0; i < keys.Count; i++)
        {
            byte[] value = get?.Values[i] ?? [0];
            transaction.Put(keys[i], [(byte)(value[0] + 1)]);
        }
    }
}
