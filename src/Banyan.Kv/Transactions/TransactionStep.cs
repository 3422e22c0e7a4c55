using Banyan.Kv.Requests;
using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>Something a transaction's body waits for: it yields the step and finds the result in it afterwards.</summary>
public abstract class TransactionStep
{
    /// <summary>Whether the result is there.</summary>
    public bool IsDone { get; internal set; }
}

/// <summary>Reads of single keys, all at once.</summary>
public sealed class GetStep(IReadOnlyList<Key> keys) : TransactionStep
{
    /// <summary>What is read.</summary>
    public IReadOnlyList<Key> Keys { get; } = keys;

    /// <summary>The values in the order of the keys; null where there is none.</summary>
    public byte[]?[] Values { get; } = new byte[]?[keys.Count];

    /// <summary>The value, of a read of one key.</summary>
    public byte[]? Value => Values[0];
}

/// <summary>A read of all keys in a span, over as many ranges as it takes.</summary>
public sealed class ScanStep(KeySpan span, int keysMax) : TransactionStep
{
    /// <summary>What is read.</summary>
    public KeySpan Span { get; } = span;

    /// <summary>At most so many keys.</summary>
    public int KeysMax { get; } = keysMax;

    /// <summary>What was found, ascending.</summary>
    public List<KeyValuePair<Key, byte[]>> Entries { get; } = [];

    /// <summary>Whether there is more than <see cref="KeysMax"/> allowed.</summary>
    public bool IsTruncated { get; internal set; }
}
