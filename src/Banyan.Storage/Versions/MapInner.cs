using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>Children in key order, and between each two the smallest key that may lie in the right one.</summary>
internal sealed class MapInner : MapNode
{
    public MapNode[] Children;

    /// <summary>Separators[i] stands between child i and child i + 1.</summary>
    public Key[] Separators;

    // The eight bytes of each separator after what all of them begin with, beside each other: a child is mostly found
    // without touching the separators, which lie all over the heap.
    private ulong[] _heads;
    private int _common;

    /// <summary>A new root over the two halves of the old one.</summary>
    public MapInner(EditToken edit, MapNode left, Key separator, MapNode right)
        : this(edit, [left, right], [separator])
    {
        AddUp();
        FindHeads();
    }

    private MapInner(EditToken edit, ReadOnlySpan<MapNode> children, ReadOnlySpan<Key> separators)
        : base(edit)
    {
        Invariant.Holds(separators.Length == children.Length - 1);
        int capacity = CapacityFor(children.Length);
        Children = new MapNode[capacity];
        Separators = new Key[capacity];
        children.CopyTo(Children);
        separators.CopyTo(Separators);
        _heads = new ulong[capacity];
        Count = children.Length;
    }

    /// <summary>The child in which a key belongs.</summary>
    public int PositionOf(Key key)
    {
        if (Count == 1) return 0;
        ReadOnlySpan<byte> bytes = key.Span;
        ReadOnlySpan<byte> common = Separators[0].Span[.._common];
        if (!bytes.StartsWith(common)) return bytes.SequenceCompareTo(common) < 0 ? 0 : Count - 1;
        ulong head = HeadOf(bytes, _common);
        int low = 0;
        int high = Count - 1;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            ulong other = _heads[middle];
            if (other < head || (other == head && Separators[middle] <= key)) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    // Big-endian, so that numbers compare as the bytes do; a shorter key counts as if zeros followed, which may tie but
    // never turns the order around.
    private static ulong HeadOf(ReadOnlySpan<byte> key, int from)
    {
        ReadOnlySpan<byte> rest = key[from..];
        if (rest.Length >= 8) return BinaryPrimitives.ReadUInt64BigEndian(rest);
        ulong head = 0;
        for (int i = 0; i < 8; i++) head = (head << 8) | (i < rest.Length ? rest[i] : 0u);
        return head;
    }

    // The first and the last are in order, so what they share is shared by all between.
    private void FindHeads()
    {
        if (Count < 2) return;
        _common = Separators[0].Span.CommonPrefixLength(Separators[Count - 2].Span);
        for (int i = 0; i < Count - 1; i++) _heads[i] = HeadOf(Separators[i].Span, _common);
    }

    /// <inheritdoc/>
    public override MapNode Put(
        EditToken edit, Key key, Timestamp timestamp, byte[]? value, out MapNode? right, out Key separator)
    {
        int position = PositionOf(key);
        MapTotals before = Children[position].Totals;
        MapNode child = Children[position].Put(edit, key, timestamp, value, out MapNode? added, out Key addedAt);
        MapInner inner = Editable(edit);
        inner.Children[position] = child;
        inner.Totals.Subtract(before);
        inner.Totals.Add(child.Totals);
        right = null;
        separator = default;
        if (added is null) return inner;

        inner.Totals.Add(added.Totals);
        if (inner.Count < CountMax)
        {
            inner.Insert(position + 1, addedAt, added);
            return inner;
        }

        int cut = position == CountMax - 1 ? CountMax * 7 / 8 : CountMax / 2;
        MapInner upper = Of(edit, inner.Children.AsSpan(cut, CountMax - cut), inner.Separators.AsSpan(cut, CountMax - cut - 1));
        separator = inner.Separators[cut - 1];
        inner.Truncate(cut);
        inner.FindHeads();
        if (position < cut)
        {
            inner.Insert(position + 1, addedAt, added);
        }
        else
        {
            upper.Insert(position + 1 - cut, addedAt, added);
            upper.Totals.Add(added.Totals);
        }

        inner.Totals.Subtract(upper.Totals);
        right = upper;
        return inner;
    }

    /// <inheritdoc/>
    public override MapNode? Trim(EditToken edit, Key key, Timestamp horizon, List<VersionedValue> scratch)
    {
        int position = PositionOf(key);
        MapTotals before = Children[position].Totals;
        MapNode old = Children[position];
        MapNode? child = old.Trim(edit, key, horizon, scratch);
        if (child == old && child.Totals.Versions == before.Versions) return this;
        if (child is null && Count == 1) return null;
        MapInner inner = Editable(edit);
        inner.Totals.Subtract(before);
        if (child is null)
        {
            inner.RemoveAt(position);
            return inner;
        }

        inner.Totals.Add(child.Totals);
        inner.Children[position] = child;
        if (child.Count < SmallCount) inner.JoinSmall(edit, position);
        return inner;
    }

    /// <inheritdoc/>
    public override (MapNode? Left, MapNode? Right) Split(EditToken edit, Key at)
    {
        int position = PositionOf(at);
        (MapNode? lower, MapNode? upper) = Children[position].Split(edit, at);
        if (upper is null && position == Count - 1) return (this, null);
        if (lower is null && position == 0) return (null, this);

        ReadOnlySpan<MapNode> before = Children.AsSpan(0, position);
        ReadOnlySpan<MapNode> after = Children.AsSpan(position + 1, Count - position - 1);
        MapNode[] left = lower is null ? [.. before] : [.. before, lower];
        MapNode[] right = upper is null ? [.. after] : [upper, .. after];
        return (Of(edit, left, Separators.AsSpan(0, left.Length - 1)),
            Of(edit, right, Separators.AsSpan(Count - right.Length, right.Length - 1)));
    }

    /// <inheritdoc/>
    public override MapNode JoinWith(EditToken edit, Key separator, MapNode right)
    {
        var other = (MapInner)right;
        return Of(
            edit,
            [.. Children.AsSpan(0, Count), .. other.Children.AsSpan(0, other.Count)],
            [.. Separators.AsSpan(0, Count - 1), separator, .. other.Separators.AsSpan(0, other.Count - 1)]);
    }

    private static MapInner Of(EditToken edit, ReadOnlySpan<MapNode> children, ReadOnlySpan<Key> separators)
    {
        var inner = new MapInner(edit, children, separators);
        inner.AddUp();
        inner.FindHeads();
        return inner;
    }

    private void AddUp()
    {
        for (int i = 0; i < Count; i++) Totals.Add(Children[i].Totals);
    }

    private MapInner Editable(EditToken edit)
    {
        if (Edit == edit) return this;
        var copy = new MapInner(edit, Children.AsSpan(0, Count), Separators.AsSpan(0, Count - 1)) { Totals = Totals, _common = _common };
        _heads.AsSpan(0, Count - 1).CopyTo(copy._heads);
        return copy;
    }

    private void Insert(int position, Key separator, MapNode child)
    {
        if (Count == Children.Length)
        {
            Array.Resize(ref Children, CapacityFor(Count + 1));
            Array.Resize(ref Separators, CapacityFor(Count + 1));
            Array.Resize(ref _heads, CapacityFor(Count + 1));
        }

        Children.AsSpan(position, Count - position).CopyTo(Children.AsSpan(position + 1));
        Separators.AsSpan(position - 1, Count - position).CopyTo(Separators.AsSpan(position));
        Children[position] = child;
        Separators[position - 1] = separator;
        Count++;
        FindHeads();
    }

    private void RemoveAt(int position)
    {
        Children.AsSpan(position + 1, Count - position - 1).CopyTo(Children.AsSpan(position));
        int separator = Math.Max(position - 1, 0);
        if (separator < Count - 2) Separators.AsSpan(separator + 1, Count - 2 - separator).CopyTo(Separators.AsSpan(separator));
        Truncate(Count - 1);
        FindHeads();
    }

    private void Truncate(int count)
    {
        Children.AsSpan(count, Count - count).Clear();
        Separators.AsSpan(count - 1, Count - count).Clear();
        Count = count;
    }

    private void JoinSmall(EditToken edit, int position)
    {
        int left = position > 0 && Children[position - 1].Count + Children[position].Count <= JoinedCountMax ? position - 1
            : position < Count - 1 && Children[position].Count + Children[position + 1].Count <= JoinedCountMax ? position
            : -1;
        if (left < 0) return;
        MapNode joined = Children[left].JoinWith(edit, Separators[left], Children[left + 1]);
        RemoveAt(left + 1);
        Children[left] = joined;
    }
}
