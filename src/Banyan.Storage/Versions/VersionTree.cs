using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>Walks over a tree, the same for the live map and for a pinned one. A null root is an empty tree.</summary>
internal static class VersionTree
{
    /// <summary>The newest version at or below a timestamp, tombstones included.</summary>
    public static bool TryFind(MapNode? root, Key key, Timestamp at, out VersionedValue version)
    {
        version = default;
        return LeafOf(root, key) is { } leaf && leaf.TryFind(key, out int position)
            && leaf.Slots[position].TryFind(at, out version);
    }

    /// <summary>The timestamp of a key's newest version; Zero if there is none.</summary>
    public static Timestamp NewestOf(MapNode? root, Key key) =>
        LeafOf(root, key) is { } leaf && leaf.TryFind(key, out int position) ? leaf.Slots[position].Newest : Timestamp.Zero;

    /// <summary>The newest timestamp on a span, or <paramref name="floor"/> if nothing there is newer.</summary>
    public static Timestamp NewestOf(MapNode node, in KeySpan span, Timestamp floor)
    {
        if (node.Totals.Newest <= floor) return floor;
        if (node is MapInner inner)
        {
            for (int i = inner.PositionOf(span.Start); i < inner.Count; i++)
            {
                if (i > 0 && inner.Separators[i - 1] >= span.End) break;
                floor = NewestOf(inner.Children[i], span, floor);
            }

            return floor;
        }

        var leaf = (MapLeaf)node;
        for (int i = leaf.PositionFrom(span.Start); i < leaf.Count && leaf.Slots[i].Key < span.End; i++)
            floor = Timestamp.Max(floor, leaf.Slots[i].Newest);
        return floor;
    }

    /// <summary>Whether a version in (after, upTo] lies on a span. Subtrees without one that is new enough are passed over.</summary>
    public static bool AnyIn(MapNode node, in KeySpan span, Timestamp after, Timestamp upTo)
    {
        if (node.Totals.Newest <= after) return false;
        if (node is MapInner inner)
        {
            for (int i = inner.PositionOf(span.Start); i < inner.Count; i++)
            {
                if (i > 0 && inner.Separators[i - 1] >= span.End) break;
                if (AnyIn(inner.Children[i], span, after, upTo)) return true;
            }

            return false;
        }

        var leaf = (MapLeaf)node;
        for (int i = leaf.PositionFrom(span.Start); i < leaf.Count && leaf.Slots[i].Key < span.End; i++)
        {
            if (leaf.Slots[i].AnyIn(after, upTo)) return true;
        }

        return false;
    }

    /// <summary>The first key at or after (or only after) a key that garbage collection has to look at.</summary>
    public static bool TryFindStale(MapNode node, Key from, bool inclusive, out VersionSlot slot)
    {
        slot = default;
        if (node.Totals.Stale == 0) return false;
        if (node is MapInner inner)
        {
            for (int i = inner.PositionOf(from); i < inner.Count; i++)
            {
                if (TryFindStale(inner.Children[i], from, inclusive, out slot)) return true;
            }

            return false;
        }

        var leaf = (MapLeaf)node;
        for (int i = leaf.PositionFrom(from); i < leaf.Count; i++)
        {
            if (!leaf.Slots[i].IsStale || (!inclusive && leaf.Slots[i].Key == from)) continue;
            slot = leaf.Slots[i];
            return true;
        }

        return false;
    }

    /// <summary>The place of the first slot at or after a key (or only after it). False if there is none.</summary>
    public static bool TrySeek(MapNode? root, Key from, bool inclusive, out MapLeaf leaf, out int position)
    {
        leaf = null!;
        position = 0;
        if (root is null) return false;
        MapNode node = root;
        MapNode? next = null;
        while (node is MapInner inner)
        {
            int child = inner.PositionOf(from);
            if (child + 1 < inner.Count) next = inner.Children[child + 1];
            node = inner.Children[child];
        }

        leaf = (MapLeaf)node;
        position = leaf.PositionFrom(from);
        if (!inclusive && position < leaf.Count && leaf.Slots[position].Key == from) position++;
        if (position < leaf.Count) return true;
        if (next is null) return false;
        while (next is MapInner inner) next = inner.Children[0];
        leaf = (MapLeaf)next;
        position = 0;
        return true;
    }

    /// <summary>The place of the last slot before a key. False if there is none.</summary>
    public static bool TrySeekBefore(MapNode? root, Key before, out MapLeaf leaf, out int position)
    {
        leaf = null!;
        position = 0;
        if (root is null) return false;
        MapNode node = root;
        MapNode? previous = null;
        while (node is MapInner inner)
        {
            int child = inner.PositionOf(before);
            if (child > 0) previous = inner.Children[child - 1];
            node = inner.Children[child];
        }

        leaf = (MapLeaf)node;
        position = leaf.PositionFrom(before) - 1;
        if (position >= 0) return true;
        if (previous is null) return false;
        while (previous is MapInner inner) previous = inner.Children[inner.Count - 1];
        leaf = (MapLeaf)previous;
        position = leaf.Count - 1;
        return true;
    }

    /// <summary>A key that has about half of the bytes before it, and at least one key. False if there are fewer than two.</summary>
    public static bool TryFindMiddle(MapNode? root, out Key middle)
    {
        middle = default;
        if (root is null || root.Totals.Keys < 2) return false;
        long before = root.Totals.Bytes / 2;
        MapNode node = root;
        while (node is MapInner inner)
        {
            int child = 0;
            while (child < inner.Count - 1 && before >= inner.Children[child].Totals.Bytes)
                before -= inner.Children[child++].Totals.Bytes;
            node = inner.Children[child];
        }

        var leaf = (MapLeaf)node;
        int position = 0;
        while (position < leaf.Count - 1 && before >= leaf.Slots[position].Totals.Bytes)
            before -= leaf.Slots[position++].Totals.Bytes;
        middle = leaf.Slots[position].Key;
        if (TrySeekBefore(root, middle, out _, out _)) return true;
        // Nothing is left of the very first key: take the second.
        Invariant.Holds(TrySeek(root, middle, inclusive: false, out leaf, out position));
        middle = leaf.Slots[position].Key;
        return true;
    }

    private static MapLeaf? LeafOf(MapNode? root, Key key)
    {
        MapNode? node = root;
        while (node is MapInner inner) node = inner.Children[inner.PositionOf(key)];
        return (MapLeaf?)node;
    }
}
