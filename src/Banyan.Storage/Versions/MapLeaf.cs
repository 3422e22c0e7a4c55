using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>Keys in order, each with its versions.</summary>
internal sealed class MapLeaf : MapNode
{
    public VersionSlot[] Slots;

    // A hash of each slot's key, beside the slots: a key is found without touching the others, which lie all over the heap.
    private int[] _marks;

    /// <summary>A leaf of one key.</summary>
    public MapLeaf(EditToken edit, in VersionSlot slot)
        : base(edit)
    {
        Slots = new VersionSlot[CapacityFor(1)];
        _marks = new int[Slots.Length];
        Insert(0, slot);
    }

    private MapLeaf(EditToken edit, ReadOnlySpan<VersionSlot> slots, ReadOnlySpan<int> marks, int room)
        : base(edit)
    {
        Slots = new VersionSlot[CapacityFor(Math.Min(slots.Length + room, CountMax))];
        slots.CopyTo(Slots);
        _marks = new int[Slots.Length];
        marks.CopyTo(_marks);
        Count = slots.Length;
    }

    /// <summary>The first slot whose key is at or after <paramref name="key"/>; <see cref="MapNode.Count"/> if none.</summary>
    public int PositionFrom(Key key)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (Slots[middle].Key < key) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>The slot of a key; false if there is none.</summary>
    public bool TryFind(Key key, out int position)
    {
        int mark = key.GetHashCode();
        ReadOnlySpan<int> marks = _marks.AsSpan(0, Count);
        for (position = 0; position < marks.Length; position++)
        {
            int next = marks[position..].IndexOf(mark);
            if (next < 0) return false;
            position += next;
            if (Slots[position].Key == key) return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override MapNode Put(
        EditToken edit, Key key, Timestamp timestamp, byte[]? value, out MapNode? right, out Key separator)
    {
        right = null;
        separator = default;
        if (TryFind(key, out int position))
        {
            Invariant.Holds(timestamp > Slots[position].Newest);
            MapLeaf changed = Editable(edit, room: 0);
            changed.Totals.Add(changed.Slots[position].Push(timestamp, value));
            return changed;
        }

        position = PositionFrom(key);
        var slot = new VersionSlot { Key = key, Newest = timestamp, Held = value };
        MapLeaf leaf = Editable(edit, room: 1);
        if (leaf.Count < CountMax)
        {
            leaf.Insert(position, slot);
            return leaf;
        }

        // Keys often come in ascending order: then the left part will not grow again and is left nearly full.
        int cut = position == CountMax ? CountMax * 7 / 8 : CountMax / 2;
        MapLeaf upper = leaf.CutOff(edit, cut, room: 1);
        if (position <= cut) leaf.Insert(position, slot);
        else upper.Insert(position - cut, slot);
        right = upper;
        separator = upper.Slots[0].Key;
        return leaf;
    }

    /// <inheritdoc/>
    public override MapNode? Trim(EditToken edit, Key key, Timestamp horizon, List<VersionedValue> scratch)
    {
        if (!TryFind(key, out int position) || !Slots[position].CanTrim(horizon)) return this;
        bool some = Slots[position].TryTrim(horizon, scratch, out VersionSlot trimmed);
        if (!some && Count == 1) return null;
        MapLeaf leaf = Editable(edit, room: 0);
        leaf.Totals.Subtract(leaf.Slots[position].Totals);
        if (some)
        {
            leaf.Slots[position] = trimmed;
            leaf.Totals.Add(trimmed.Totals);
        }
        else
        {
            leaf.Slots.AsSpan(position + 1, leaf.Count - position - 1).CopyTo(leaf.Slots.AsSpan(position));
            leaf._marks.AsSpan(position + 1, leaf.Count - position - 1).CopyTo(leaf._marks.AsSpan(position));
            leaf.Slots[--leaf.Count] = default;
        }

        return leaf;
    }

    /// <inheritdoc/>
    public override (MapNode? Left, MapNode? Right) Split(EditToken edit, Key at)
    {
        int cut = PositionFrom(at);
        if (cut == 0) return (null, this);
        if (cut == Count) return (this, null);
        MapLeaf left = Editable(edit, room: 0);
        MapLeaf right = left.CutOff(edit, cut, room: 0);
        return (left, right);
    }

    /// <inheritdoc/>
    public override MapNode JoinWith(EditToken edit, Key separator, MapNode right)
    {
        var other = (MapLeaf)right;
        MapLeaf leaf = Editable(edit, other.Count);
        other.Slots.AsSpan(0, other.Count).CopyTo(leaf.Slots.AsSpan(leaf.Count));
        other._marks.AsSpan(0, other.Count).CopyTo(leaf._marks.AsSpan(leaf.Count));
        leaf.Count += other.Count;
        leaf.Totals.Add(other.Totals);
        return leaf;
    }

    private MapLeaf Editable(EditToken edit, int room)
    {
        if (Edit != edit) return new(edit, Slots.AsSpan(0, Count), _marks.AsSpan(0, Count), room) { Totals = Totals };
        if (Slots.Length < Count + room && Slots.Length < CountMax)
        {
            Array.Resize(ref Slots, CapacityFor(Count + room));
            Array.Resize(ref _marks, Slots.Length);
        }

        return this;
    }

    private void Insert(int position, in VersionSlot slot)
    {
        Slots.AsSpan(position, Count - position).CopyTo(Slots.AsSpan(position + 1));
        Slots[position] = slot;
        _marks.AsSpan(position, Count - position).CopyTo(_marks.AsSpan(position + 1));
        _marks[position] = slot.Key.GetHashCode();
        Count++;
        Totals.Add(slot.Totals);
    }

    // The slots from a place on become a leaf of their own.
    private MapLeaf CutOff(EditToken edit, int cut, int room)
    {
        var upper = new MapLeaf(edit, Slots.AsSpan(cut, Count - cut), _marks.AsSpan(cut, Count - cut), room);
        for (int i = 0; i < upper.Count; i++) upper.Totals.Add(upper.Slots[i].Totals);
        Slots.AsSpan(cut, Count - cut).Clear();
        Count = cut;
        Totals.Subtract(upper.Totals);
        return upper;
    }
}
