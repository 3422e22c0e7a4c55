using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>A map as it was when it was pinned. Never changes; any thread may read it while the owner goes on writing.</summary>
/// <remarks>The host hands it over the way it hands over any object. Nothing has to be released.</remarks>
public sealed class VersionedSnapshot
{
    private readonly MapNode? _root;

    internal VersionedSnapshot(MapNode? root) => _root = root;

    /// <summary>Keys that have a version, be it a tombstone.</summary>
    public long Count => _root?.Totals.Keys ?? 0;

    /// <summary>Versions of all keys.</summary>
    public long VersionCount => _root?.Totals.Versions ?? 0;

    /// <summary>Managed memory of keys and versions, about.</summary>
    public long ApproximateBytes => _root?.Totals.Bytes ?? 0;

    /// <summary>The value at a timestamp; false if there is none or a tombstone.</summary>
    public bool TryGet(Key key, Timestamp at, out VersionedValue value) =>
        VersionTree.TryFind(_root, key, at, out value) && !value.IsTombstone;

    /// <summary>The newest version at or below a timestamp, which may be a tombstone.</summary>
    public bool TryGetVersion(Key key, Timestamp at, out VersionedValue version) =>
        VersionTree.TryFind(_root, key, at, out version);

    /// <summary>What a reader at a timestamp sees on a span, in key order.</summary>
    public VersionedScan Scan(KeySpan span, Timestamp at) => new(null, _root, span, at, reverse: false);

    /// <summary>What a reader at a timestamp sees on a span, last key first.</summary>
    public VersionedScan ScanReverse(KeySpan span, Timestamp at) => new(null, _root, span, at, reverse: true);

    /// <summary>All versions on a span.</summary>
    public VersionedHistory History(KeySpan span) => new(null, _root, span);
}
