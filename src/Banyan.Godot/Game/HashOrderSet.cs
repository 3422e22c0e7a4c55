using System.Collections;

namespace Banyan.Godot.Game;

/// <summary>A set in the order in which Godot's HashSet is walked: that of insertion, but the last one fills the place of one taken out.</summary>
/// <remarks>The order shows on the wire: entries of packets, synchronizers of a spawn. Source: core/templates/hash_set.h.</remarks>
internal sealed class HashOrderSet<T> : IEnumerable<T> where T : notnull
{
    private readonly List<T> _items = [];
    private readonly Dictionary<T, int> _places = [];

    public int Count => _items.Count;

    public T First => _items[0];

    public bool Contains(T item) => _places.ContainsKey(item);

    public bool Add(T item)
    {
        if (!_places.TryAdd(item, _items.Count)) return false;
        _items.Add(item);
        return true;
    }

    public bool Remove(T item)
    {
        if (!_places.Remove(item, out int place)) return false;
        T last = _items[^1];
        _items.RemoveAt(_items.Count - 1);
        if (place == _items.Count) return true;
        _items[place] = last;
        _places[last] = place;
        return true;
    }

    public void Clear()
    {
        _items.Clear();
        _places.Clear();
    }

    /// <summary>A copy that may be walked while the set changes.</summary>
    public T[] ToArray() => [.. _items];

    public IEnumerator<T> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
