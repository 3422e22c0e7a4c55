using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>
/// The multi-version ordered map: key → versions, newest first. A copy-on-write B+tree: <see cref="Pin"/> costs O(1),
/// and what is written between two pins is changed in place.
/// </summary>
/// <remarks>
/// One thread owns a map. Values are taken over, not copied: nobody may change an array after it was put.
/// Intents do not live here: what is here is committed.
/// </remarks>
public sealed class VersionedMap
{
    private readonly List<VersionedValue> _scratch = [];
    private MapNode? _root;
    private EditToken _edit = new();

    /// <summary>Grows with every change; running scans compare it.</summary>
    internal long Changes { get; private set; }

    /// <summary>Keys that have a version, be it a tombstone.</summary>
    public long Count => _root?.Totals.Keys ?? 0;

    /// <summary>Versions of all keys.</summary>
    public long VersionCount => _root?.Totals.Versions ?? 0;

    /// <summary>Managed memory of keys and versions, about, in bytes. Equal contents give equal numbers.</summary>
    public long ApproximateBytes => _root?.Totals.Bytes ?? 0;

    /// <summary>No version, tombstones included, is newer than this.</summary>
    public Timestamp Newest => _root?.Totals.Newest ?? Timestamp.Zero;

    /// <summary>Adds a version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Above the key's newest version.</param>
    /// <param name="value">The value, taken over; null: a tombstone.</param>
    public void Put(Key key, Timestamp timestamp, byte[]? value)
    {
        Changes++;
        if (_root is null)
        {
            _root = new MapLeaf(_edit, new() { Key = key, Newest = timestamp, Held = value });
            return;
        }

        MapNode left = _root.Put(_edit, key, timestamp, value, out MapNode? right, out Key separator);
        _root = right is null ? left : new MapInner(_edit, left, separator, right);
    }

    /// <summary>The value at a timestamp; false if there is none or a tombstone.</summary>
    public bool TryGet(Key key, Timestamp at, out VersionedValue value) =>
        VersionTree.TryFind(_root, key, at, out value) && !value.IsTombstone;

    /// <summary>The newest version at or below a timestamp, which may be a tombstone.</summary>
    public bool TryGetVersion(Key key, Timestamp at, out VersionedValue version) =>
        VersionTree.TryFind(_root, key, at, out version);

    /// <summary>The timestamp of a key's newest version, tombstones included; Zero if there is none.</summary>
    public Timestamp NewestTimestamp(Key key) => VersionTree.NewestOf(_root, key);

    /// <summary>The newest timestamp of a version on a span, tombstones included; Zero if there is none.</summary>
    public Timestamp NewestTimestamp(KeySpan span) =>
        _root is null || span.IsEmpty ? Timestamp.Zero : VersionTree.NewestOf(_root, span, Timestamp.Zero);

    /// <summary>Whether a version in (after, upTo], be it a tombstone, lies on a span: what a refresh asks.</summary>
    /// <remarks>Exact only if <paramref name="after"/> is at or above the horizon of garbage collection.</remarks>
    public bool AnyNewer(KeySpan span, Timestamp after, Timestamp upTo) =>
        _root is not null && !span.IsEmpty && VersionTree.AnyIn(_root, span, after, upTo);

    /// <summary>What a reader at a timestamp sees on a span, in key order. Must end before the next write.</summary>
    public VersionedScan Scan(KeySpan span, Timestamp at) => new(this, _root, span, at, reverse: false);

    /// <summary>What a reader at a timestamp sees on a span, last key first. Must end before the next write.</summary>
    public VersionedScan ScanReverse(KeySpan span, Timestamp at) => new(this, _root, span, at, reverse: true);

    /// <summary>All versions on a span. Must end before the next write.</summary>
    public VersionedHistory History(KeySpan span) => new(this, _root, span);

    /// <summary>A key with about half of the bytes before it, to split at. False if there are fewer than two keys.</summary>
    public bool TryGetMiddleKey(out Key middle) => VersionTree.TryFindMiddle(_root, out middle);

    /// <summary>The map as it is now, for other threads and later times. O(1).</summary>
    public VersionedSnapshot Pin()
    {
        // From here on every node is shared: none carries the new token.
        _edit = new();
        return new(_root);
    }

    /// <summary>
    /// Drops versions that no read at or above the horizon sees; a tombstone at or below it goes entirely.
    /// </summary>
    /// <param name="horizon">The oldest timestamp that may still be read.</param>
    /// <param name="cursor">Where to go on; begins as <see cref="Key.Min"/> and becomes that again after the last key.</param>
    /// <param name="entriesMax">How many keys to look at; keys of one live version do not count and cost nothing.</param>
    /// <returns>Versions dropped.</returns>
    public long CollectGarbage(Timestamp horizon, ref Key cursor, int entriesMax)
    {
        Invariant.Holds(entriesMax >= 1);
        long before = VersionCount;
        Key from = cursor;
        bool inclusive = true;
        for (int i = 0; i < entriesMax; i++)
        {
            if (_root is null || !VersionTree.TryFindStale(_root, from, inclusive, out VersionSlot slot))
            {
                cursor = Key.Min;
                return before - VersionCount;
            }

            from = slot.Key;
            inclusive = false;
            if (!slot.CanTrim(horizon)) continue;
            Changes++;
            _root = Rooted(_root.Trim(_edit, from, horizon, _scratch));
        }

        cursor = from.Next;
        return before - VersionCount;
    }

    /// <summary>Takes the keys from <paramref name="at"/> on out of this map, as a map of their own. O(log n).</summary>
    public VersionedMap SplitOff(Key at)
    {
        Changes++;
        var right = new VersionedMap();
        if (_root is null) return right;
        (MapNode? lower, MapNode? upper) = _root.Split(_edit, at);
        _root = Rooted(lower);
        right._root = Rooted(upper);
        return right;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Changes++;
        _root = null;
    }

    private static MapNode? Rooted(MapNode? root)
    {
        while (root is MapInner { Count: 1 } inner) root = inner.Children[0];
        return root;
    }
}
