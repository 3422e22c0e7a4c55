using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Ranges;

/// <summary>The intents of one range, in key order; at most one a key.</summary>
/// <remarks>Few at any time, since a one-range commit leaves none: two sorted arrays beat a tree.</remarks>
public sealed class IntentTable
{
    private readonly List<Key> _keys = [];
    private readonly List<Intent> _intents = [];

    /// <summary>Number of intents.</summary>
    public int Count => _keys.Count;

    /// <summary>The keys with an intent, ascending.</summary>
    public IReadOnlyList<Key> Keys => _keys;

    /// <summary>The intent at a position of <see cref="Keys"/>.</summary>
    public Intent At(int position) => _intents[position];

    /// <summary>The intent on a key.</summary>
    public bool TryGet(Key key, out Intent intent)
    {
        int at = _keys.BinarySearch(key);
        intent = at >= 0 ? _intents[at] : null!;
        return at >= 0;
    }

    /// <summary>Lays an intent, or replaces the one of the same transaction.</summary>
    public void Set(Key key, Intent intent)
    {
        int at = _keys.BinarySearch(key);
        if (at >= 0)
        {
            Invariant.Holds(_intents[at].Meta.Id == intent.Meta.Id);
            _intents[at] = intent;
            return;
        }

        _keys.Insert(~at, key);
        _intents.Insert(~at, intent);
    }

    /// <summary>Takes an intent away.</summary>
    public void Remove(Key key)
    {
        int at = _keys.BinarySearch(key);
        Invariant.Holds(at >= 0);
        _keys.RemoveAt(at);
        _intents.RemoveAt(at);
    }

    /// <summary>The position of the first key at or after one.</summary>
    public int PositionFrom(Key key)
    {
        int at = _keys.BinarySearch(key);
        return at >= 0 ? at : ~at;
    }

    /// <summary>The oldest timestamp of an intent; <see cref="Timestamp.MaxValue"/> if there is none.</summary>
    public Timestamp Oldest
    {
        get
        {
            Timestamp oldest = Timestamp.MaxValue;
            foreach (Intent intent in _intents) oldest = Timestamp.Min(oldest, intent.Timestamp);
            return oldest;
        }
    }
}
