using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>
/// All versions on a span, tombstones included: keys in order, each key's versions newest first. What a checkpoint
/// writes and <see cref="VersionedMapLoader"/> takes. Allocates nothing.
/// </summary>
/// <remarks>As with <see cref="VersionedScan"/>, a walk over the live map must end before the next write.</remarks>
public struct VersionedHistory
{
    private readonly VersionedMap? _live;
    private readonly long _changes;
    private readonly MapNode? _root;
    private readonly Key _end;
    private MapLeaf? _leaf;
    private int _position;
    private VersionChain? _chain;

    internal VersionedHistory(VersionedMap? live, MapNode? root, in KeySpan span)
    {
        _live = live;
        _changes = live?.Changes ?? 0;
        _root = root;
        _end = span.End;
        if (!span.IsEmpty && VersionTree.TrySeek(root, span.Start, inclusive: true, out _leaf, out _position)) _position--;
        else _leaf = null;
    }

    /// <summary>The version that <see cref="MoveNext"/> found.</summary>
    public VersionRecord Current { get; private set; }

    /// <summary>For <c>foreach</c>.</summary>
    public readonly VersionedHistory GetEnumerator() => this;

    /// <summary>Goes to the next version.</summary>
    public bool MoveNext()
    {
        Invariant.Holds(_live is null || _live.Changes == _changes);
        if (_chain is { } chain)
        {
            Current = new(Current.Key, chain.OlderTimestamp, VersionChain.ValueOf(chain.Older));
            _chain = chain.Older as VersionChain;
            return true;
        }

        if (_leaf is null) return false;
        if (++_position >= _leaf.Count
            && !VersionTree.TrySeek(_root, _leaf.Slots[_leaf.Count - 1].Key, inclusive: false, out _leaf, out _position))
        {
            _leaf = null;
            return false;
        }

        ref VersionSlot slot = ref _leaf.Slots[_position];
        if (slot.Key >= _end)
        {
            _leaf = null;
            return false;
        }

        Current = new(slot.Key, slot.Newest, VersionChain.ValueOf(slot.Held));
        _chain = slot.Held as VersionChain;
        return true;
    }
}
