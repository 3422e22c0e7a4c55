using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <summary>The latest state of one synchronizer, in the form of packets; valid until the next comes.</summary>
public sealed class LiveState
{
    private byte[] _buffer = [];
    private int _length;

    internal LiveState(NodeId synchronizer) => Synchronizer = synchronizer;

    /// <summary>Whose.</summary>
    public NodeId Synchronizer { get; }

    /// <summary>The tree's, when it was taken.</summary>
    public uint AuthorityEpoch { get; private set; }

    /// <summary>As <see cref="State"/> writes it.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    internal bool IsFresh { get; set; }

    internal bool IsStray { get; set; }

    internal uint Repeats { get; set; }

    internal void Set(uint authorityEpoch, ReadOnlySpan<byte> bytes)
    {
        AuthorityEpoch = authorityEpoch;
        if (_buffer.Length < bytes.Length) _buffer = new byte[bytes.Length];
        bytes.CopyTo(_buffer);
        _length = bytes.Length;
    }
}

/// <summary>
/// The live plane, as simple as can be: the latest state of every synchronizer, as its authority has sent it to whichever
/// server. It is not durable: what must not be lost is sent on change.
/// </summary>
public sealed class LiveTable
{
    private const uint RepeatsOfNews = 32;
    private const long PruneMicroseconds = 5_000_000;
    private readonly Dictionary<NodeId, LiveState> _states = [];
    private readonly List<LiveState> _fresh = [];
    private Timestamp _nextRefresh;
    private Timestamp _nextPrune;

    /// <summary>Those that have changed since the last <see cref="Clear"/>, in the order in which they first did.</summary>
    public IReadOnlyList<LiveState> Fresh => _fresh;

    /// <summary>Those with a state, in order.</summary>
    public IEnumerable<NodeId> Synchronizers => _states.Keys.Order();

    /// <summary>The latest state; null if none has come.</summary>
    public LiveState? this[NodeId synchronizer] => _states.GetValueOrDefault(synchronizer);

    /// <summary>The latest value of a property that a synchronizer always sends; false if none has come.</summary>
    public bool TryGet(Synchronizer synchronizer, SyncProperty property, VariantLimits limits, out Variant value)
    {
        value = default;
        int place = synchronizer.Always.IndexOf(property);
        if (place < 0 || this[synchronizer.Node] is not { } state) return false;
        if (!State.TryRead(state.Bytes, synchronizer.Always.Length, limits, out ImmutableArray<Variant> values)) return false;
        value = values[place];
        return true;
    }

    /// <summary>
    /// Counts a state that was sent once more as it was. Every so often such a one is worth passing on, to servers that have
    /// started since.
    /// </summary>
    public bool IsDueAgain(NodeId synchronizer) => _states.TryGetValue(synchronizer, out LiveState? state) && ++state.Repeats % RepeatsOfNews == 0;

    /// <summary>Takes a state; false if it says nothing new, or comes from an authority that is no more.</summary>
    public bool Put(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> bytes)
    {
        if (!_states.TryGetValue(synchronizer, out LiveState? state)) _states.Add(synchronizer, state = new(synchronizer));
        else if (authorityEpoch < state.AuthorityEpoch || (authorityEpoch == state.AuthorityEpoch && bytes.SequenceEqual(state.Bytes))) return false;
        state.Set(authorityEpoch, bytes);
        if (state.IsFresh) return true;
        state.IsFresh = true;
        _fresh.Add(state);
        return true;
    }

    /// <summary>Makes those fresh again that nobody has heard of for long: see <see cref="StateClock"/>.</summary>
    public void Refresh(Timestamp now)
    {
        if (now < _nextRefresh) return;
        _nextRefresh = now.Add(StateClock.SilenceMax / 2);
        // The order is that of the node ids, not of the table.
        foreach (LiveState state in _states.Values.Where(s => !s.IsFresh).OrderBy(s => s.Synchronizer))
        {
            state.IsFresh = true;
            _fresh.Add(state);
        }
    }

    /// <summary>
    /// Forgets what is no synchronizer and was none the last time: states come by another way than the tree, and some come
    /// when theirs is no more.
    /// </summary>
    public void Prune(Timestamp now, Func<NodeId, bool> isThere)
    {
        if (now < _nextPrune) return;
        _nextPrune = now.Add(PruneMicroseconds);
        foreach (LiveState state in _states.Values.OrderBy(s => s.Synchronizer).ToList())
        {
            bool isStray = !isThere(state.Synchronizer);
            if (isStray && state.IsStray) Forget(state.Synchronizer);
            state.IsStray = isStray;
        }
    }

    /// <summary>Forgets a synchronizer that is no more, or no more as it was.</summary>
    public void Forget(NodeId synchronizer)
    {
        if (_states.Remove(synchronizer, out LiveState? state) && state.IsFresh) _fresh.Remove(state);
    }

    /// <summary>All sessions have been told of what was <see cref="Fresh"/>.</summary>
    public void Clear()
    {
        foreach (LiveState state in _fresh) state.IsFresh = false;
        _fresh.Clear();
    }
}
