using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Feeds;

/// <summary>
/// All ranges as they were at one timestamp. Taken on the store's loop in O(ranges), read by any thread for as long as
/// it likes; nothing has to be released.
/// </summary>
public sealed class StoreSnapshot
{
    private readonly List<(KeySpan Span, VersionedSnapshot Versions)> _pieces;

    private StoreSnapshot(Timestamp timestamp, List<(KeySpan, VersionedSnapshot)> pieces)
    {
        Timestamp = timestamp;
        _pieces = pieces;
    }

    /// <summary>Everything that was committed at or below it is here, and nothing later.</summary>
    public Timestamp Timestamp { get; }

    /// <summary>The value of a key; null if there is none.</summary>
    public byte[]? Get(Key key)
    {
        foreach ((KeySpan span, VersionedSnapshot versions) in _pieces)
        {
            if (span.Contains(key)) return versions.TryGet(key, Timestamp, out VersionedValue value) ? value.Value : null;
        }

        return null;
    }

    /// <summary>Keys with their values, in order.</summary>
    public IEnumerable<VersionedEntry> Scan(KeySpan span)
    {
        foreach ((KeySpan range, VersionedSnapshot versions) in _pieces)
        {
            KeySpan here = range.Intersect(span);
            if (here.IsEmpty) continue;
            foreach (VersionedEntry entry in versions.Scan(here, Timestamp)) yield return entry;
        }
    }

    /// <summary>What was committed after a timestamp, by timestamp and then by key: whole transactions.</summary>
    /// <remarks>Complete only if <paramref name="after"/> lies within the history that is kept.</remarks>
    public SortedDictionary<Timestamp, List<VersionEvent>> ChangesAfter(Timestamp after)
    {
        var changes = new SortedDictionary<Timestamp, List<VersionEvent>>();
        foreach ((KeySpan range, VersionedSnapshot versions) in _pieces)
        {
            foreach (VersionRecord version in versions.History(range))
            {
                if (version.Timestamp <= after || version.Timestamp > Timestamp) continue;
                if (!changes.TryGetValue(version.Timestamp, out List<VersionEvent>? at)) changes.Add(version.Timestamp, at = []);
                at.Add(new(version.Key, version.Timestamp, version.Value));
            }
        }

        return changes;
    }

    /// <summary>A hash over a span at the snapshot's timestamp, equal on every server that holds the same.</summary>
    public (ulong Hash, long Keys) Hash(KeySpan span)
    {
        ulong hash = 0;
        long keys = 0;
        foreach (VersionedEntry entry in Scan(span))
        {
            hash = StableHash.Add(StableHash.Add(hash, entry.Key.Span), entry.Value);
            keys++;
        }

        return (hash, keys);
    }

    /// <summary>Pins all ranges; null while keys are not here yet, or history does not reach back so far.</summary>
    internal static StoreSnapshot? TryTake(Store.Store store, Timestamp timestamp)
    {
        if (timestamp > store.Feed.Frontier || store.HasGap) return null;
        var replicas = new List<Store.Replica>();
        foreach (Store.Replica replica in store.Replicas.Values)
        {
            if (!replica.IsInitialized || timestamp < replica.HistoryFrom) return null;
            replicas.Add(replica);
        }

        replicas.Sort((a, b) => a.State.Descriptor.Span.Start.CompareTo(b.State.Descriptor.Span.Start));
        return new(timestamp, [.. replicas.Select(r => (r.State.Descriptor.Span, r.State.Versions.Pin()))]);
    }
}
