using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>What a reader at a timestamp sees on a span, in key order or against it. Allocates nothing.</summary>
/// <remarks>
/// Over the live map it must end before the next write (an invariant); over a snapshot it may take as long as it likes.
/// It keeps no path: at the end of a leaf it looks up the next key, which costs O(log n) every few dozen entries.
/// </remarks>
public struct VersionedScan
{
    private readonly VersionedMap? _live;
    private readonly long _changes;
    private readonly MapNode? _root;
    private readonly Key _start;
    private readonly Key _end;
    private readonly Timestamp _at;
    private readonly bool _reverse;
    private MapLeaf? _leaf;
    private int _position;

    internal VersionedScan(VersionedMap? live, MapNode? root, in KeySpan span, Timestamp at, bool reverse)
    {
        _live = live;
        _changes = live?.Changes ?? 0;
        _root = root;
        _start = span.Start;
        _end = span.End;
        _at = at;
        _reverse = reverse;
        if (span.IsEmpty) return;
        // MoveNext steps first: it starts one place outside.
        if (reverse)
        {
            if (VersionTree.TrySeekBefore(root, _end, out _leaf, out _position)) _position++;
            else _leaf = null;
        }
        else
        {
            if (VersionTree.TrySeek(root, _start, inclusive: true, out _leaf, out _position)) _position--;
            else _leaf = null;
        }
    }

    /// <summary>The entry that <see cref="MoveNext"/> found.</summary>
    public VersionedEntry Current { get; private set; }

    /// <summary>For <c>foreach</c>.</summary>
    public readonly VersionedScan GetEnumerator() => this;

    /// <summary>Goes to the next key that has a value at the timestamp.</summary>
    public bool MoveNext()
    {
        Invariant.Holds(_live is null || _live.Changes == _changes);
        while (_leaf is not null)
        {
            if (!Step()) break;
            ref VersionSlot slot = ref _leaf.Slots[_position];
            if (_reverse ? slot.Key < _start : slot.Key >= _end) break;
            if (!slot.TryFind(_at, out VersionedValue version) || version.Value is null) continue;
            Current = new(slot.Key, version.Timestamp, version.Value);
            return true;
        }

        _leaf = null;
        return false;
    }

    private bool Step()
    {
        if (_reverse)
        {
            return --_position >= 0
                || VersionTree.TrySeekBefore(_root, _leaf!.Slots[0].Key, out _leaf, out _position);
        }

        return ++_position < _leaf!.Count
            || VersionTree.TrySeek(_root, _leaf.Slots[_leaf.Count - 1].Key, inclusive: false, out _leaf, out _position);
    }
}
