using System.Diagnostics.CodeAnalysis;

namespace Banyan.Godot.Game;

/// <summary>A map in the order in which Godot's HashMap is walked: that of insertion.</summary>
/// <remarks>Source: core/templates/hash_map.h.</remarks>
internal sealed class LinkedMap<TKey, TValue> where TKey : notnull
{
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _pairs = [];
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _places = [];

    public int Count => _pairs.Count;

    /// <summary>Pairs in order; the map must not change meanwhile.</summary>
    public IEnumerable<KeyValuePair<TKey, TValue>> Pairs => _pairs;

    public bool Contains(TKey key) => _places.ContainsKey(key);

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        bool found = _places.TryGetValue(key, out LinkedListNode<KeyValuePair<TKey, TValue>>? place);
        value = found ? place!.Value.Value : default;
        return found;
    }

    /// <summary>Sets a value; one that is there keeps its place.</summary>
    public void Set(TKey key, TValue value)
    {
        KeyValuePair<TKey, TValue> pair = new(key, value);
        if (_places.TryGetValue(key, out LinkedListNode<KeyValuePair<TKey, TValue>>? place)) place.Value = pair;
        else _places.Add(key, _pairs.AddLast(pair));
    }

    public bool Remove(TKey key)
    {
        if (!_places.Remove(key, out LinkedListNode<KeyValuePair<TKey, TValue>>? place)) return false;
        _pairs.Remove(place);
        return true;
    }

    public void Clear()
    {
        _pairs.Clear();
        _places.Clear();
    }
}
