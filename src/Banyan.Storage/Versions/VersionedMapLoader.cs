using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>Fills an empty map with versions in the order of <see cref="VersionedHistory"/>.</summary>
public sealed class VersionedMapLoader
{
    private readonly VersionedMap _map;
    private readonly List<VersionedValue> _versions = [];
    private Key _key;

    /// <summary>The map must be empty, and must not be written otherwise until <see cref="Finish"/>.</summary>
    public VersionedMapLoader(VersionedMap map)
    {
        Invariant.Holds(map.Count == 0);
        _map = map;
    }

    /// <summary>Takes a version. False, and nothing taken, if it is out of order: the source is bad.</summary>
    public bool TryAdd(Key key, Timestamp timestamp, byte[]? value)
    {
        if (_versions.Count > 0)
        {
            int order = key.CompareTo(_key);
            if (order < 0 || (order == 0 && timestamp >= _versions[^1].Timestamp)) return false;
            if (order > 0) Flush();
        }

        _key = key;
        _versions.Add(new(timestamp, value));
        return true;
    }

    /// <summary>Puts what is left. The map is whole then.</summary>
    public void Finish() => Flush();

    private void Flush()
    {
        for (int i = _versions.Count - 1; i >= 0; i--) _map.Put(_key, _versions[i].Timestamp, _versions[i].Value);
        _versions.Clear();
    }
}
