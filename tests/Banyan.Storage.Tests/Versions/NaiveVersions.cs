using Banyan.Primitives;

namespace Banyan.Storage.Tests.Versions;

/// <summary>What <see cref="VersionedMap"/> should do, done the simplest way. Versions are newest first.</summary>
internal sealed class NaiveVersions
{
    private readonly SortedDictionary<Key, List<VersionedValue>> _keys = [];

    public IEnumerable<Key> Keys => _keys.Keys;

    public NaiveVersions Copy()
    {
        var copy = new NaiveVersions();
        foreach ((Key key, List<VersionedValue> versions) in _keys) copy._keys.Add(key, [.. versions]);
        return copy;
    }

    public void Put(Key key, Timestamp timestamp, byte[]? value)
    {
        if (!_keys.TryGetValue(key, out List<VersionedValue>? versions)) _keys.Add(key, versions = []);
        versions.Insert(0, new(timestamp, value));
    }

    public VersionedValue? Find(Key key, Timestamp at)
    {
        if (!_keys.TryGetValue(key, out List<VersionedValue>? versions)) return null;
        foreach (VersionedValue version in versions)
        {
            if (version.Timestamp <= at) return version;
        }

        return null;
    }

    public Timestamp Newest(KeySpan span) => In(span).Select(k => k.Value[0].Timestamp).DefaultIfEmpty().Max();

    public bool AnyNewer(KeySpan span, Timestamp after, Timestamp upTo) =>
        In(span).Any(k => k.Value.Any(v => v.Timestamp > after && v.Timestamp <= upTo));

    public List<VersionedEntry> Scan(KeySpan span, Timestamp at)
    {
        var entries = new List<VersionedEntry>();
        foreach ((Key key, _) in In(span))
        {
            if (Find(key, at) is { Value: { } value } version) entries.Add(new(key, version.Timestamp, value));
        }

        return entries;
    }

    public List<VersionRecord> History(KeySpan span) =>
        [.. In(span).SelectMany(k => k.Value.Select(v => new VersionRecord(k.Key, v.Timestamp, v.Value)))];

    /// <summary>Drops by asking the question itself: does any read at or above the horizon see this version?</summary>
    public long CollectGarbage(Timestamp horizon)
    {
        long dropped = 0;
        foreach (Key key in _keys.Keys.ToList())
        {
            List<VersionedValue> versions = _keys[key];
            List<VersionedValue> kept = [];
            for (int i = 0; i < versions.Count; i++)
            {
                // Seen by reads from its timestamp to just before the next one's.
                bool seen = i == 0 || versions[i - 1].Timestamp > horizon;
                bool atHorizon = versions[i].Timestamp <= horizon;
                if (seen && !(atHorizon && versions[i].IsTombstone)) kept.Add(versions[i]);
            }

            dropped += versions.Count - kept.Count;
            if (kept.Count == 0) _keys.Remove(key);
            else _keys[key] = kept;
        }

        return dropped;
    }

    public NaiveVersions SplitOff(Key at)
    {
        var right = new NaiveVersions();
        foreach (Key key in _keys.Keys.Where(k => k >= at).ToList())
        {
            right._keys.Add(key, _keys[key]);
            _keys.Remove(key);
        }

        return right;
    }

    private IEnumerable<KeyValuePair<Key, List<VersionedValue>>> In(KeySpan span) => _keys.Where(k => span.Contains(k.Key));
}
