using Banyan.Kv.Commands;
using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>One attempt of a transaction, as its body sees it: reads at one timestamp, own writes included.</summary>
public sealed class Transaction
{
    private readonly SortedDictionary<Key, KeyWrite> _writes = [];
    private uint _sequence;

    internal Transaction(Timestamp readTimestamp) => ReadTimestamp = readTimestamp;

    /// <summary>All reads are at this timestamp.</summary>
    public Timestamp ReadTimestamp { get; internal set; }

    /// <summary>Why the body gave up; null as long as it wants to commit.</summary>
    public string? GivenUp { get; private set; }

    internal SortedDictionary<Key, KeyWrite> Writes => _writes;

    internal List<KeySpan> ReadSpans { get; } = [];

    /// <summary>A read of one key. Yield it, then look at its value.</summary>
    public GetStep Get(Key key) => Get([key]);

    /// <summary>A read of several keys, in one round.</summary>
    public GetStep Get(IReadOnlyList<Key> keys) => new(keys);

    /// <summary>A read of a span.</summary>
    public ScanStep Scan(KeySpan span, int keysMax = 100_000) => new(span, keysMax);

    /// <summary>Sets a key, if the transaction commits.</summary>
    public void Put(Key key, byte[] value)
    {
        Invariant.Holds(key.Length is > 0 and <= Key.LengthMax);
        _writes[key] = new(key, value, ++_sequence);
    }

    /// <summary>Deletes a key, if the transaction commits.</summary>
    public void Delete(Key key) => _writes[key] = new(key, null, ++_sequence);

    /// <summary>Ends the transaction without an effect. The body returns after that.</summary>
    public void GiveUp(string why) => GivenUp = why;

    // The buffered write of a key, if there is one: a read must see it.
    internal bool TryGetOwn(Key key, out byte[]? value)
    {
        bool own = _writes.TryGetValue(key, out KeyWrite write);
        value = write.Value;
        return own;
    }
}
