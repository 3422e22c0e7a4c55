using Banyan.Primitives;

namespace Banyan.Simulator.Checking;

/// <summary>All versions of all keys, as the cluster holds them in the end.</summary>
public sealed class CommittedHistory
{
    private readonly SortedDictionary<Key, SortedList<Timestamp, byte[]?>> _versions = [];

    /// <summary>Every key with its versions, oldest first.</summary>
    public IEnumerable<KeyValuePair<Key, SortedList<Timestamp, byte[]?>>> Keys => _versions;

    /// <summary>Adds a version.</summary>
    public void Add(Key key, Timestamp timestamp, byte[]? value)
    {
        if (!_versions.TryGetValue(key, out SortedList<Timestamp, byte[]?>? versions)) _versions.Add(key, versions = []);
        versions.Add(timestamp, value);
    }

    /// <summary>The versions of a key, oldest first.</summary>
    public SortedList<Timestamp, byte[]?> Of(Key key) => _versions.GetValueOrDefault(key) ?? [];

    /// <summary>The value of a key just before a timestamp.</summary>
    public byte[]? Before(Key key, Timestamp timestamp) => At(key, timestamp.Previous);

    /// <summary>The value of a key at a timestamp.</summary>
    public byte[]? At(Key key, Timestamp timestamp)
    {
        byte[]? found = null;
        foreach ((Timestamp at, byte[]? value) in Of(key))
        {
            if (at > timestamp) break;
            found = value;
        }

        return found;
    }
}
