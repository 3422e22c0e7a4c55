using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>The latest state of one synchronizer, in the form of packets.</summary>
/// <param name="AuthorityEpoch">The tree's, when it was taken.</param>
/// <param name="Bytes">As <see cref="Godot.Multiplayer.State"/> writes it.</param>
public readonly record struct LiveState(uint AuthorityEpoch, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// The live plane, as simple as can be: the latest state of every synchronizer, as its authority has sent it to whichever
/// server. It is not durable: what must not be lost is sent on change.
/// </summary>
public sealed class LiveTable
{
    private readonly SortedDictionary<NodeId, LiveState> _states = [];
    private readonly SortedSet<NodeId> _fresh = [];

    /// <summary>Those that have changed since the last <see cref="Clear"/>.</summary>
    public IReadOnlyCollection<NodeId> Fresh => _fresh;

    /// <summary>The latest state, if any came under the present authority.</summary>
    public bool TryGet(NodeId synchronizer, out LiveState state) => _states.TryGetValue(synchronizer, out state);

    /// <summary>Takes a state; false if it says nothing new, or comes from an authority that is no more.</summary>
    public bool Put(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> bytes)
    {
        if (_states.TryGetValue(synchronizer, out LiveState known)
            && (authorityEpoch < known.AuthorityEpoch || (authorityEpoch == known.AuthorityEpoch && bytes.SequenceEqual(known.Bytes.Span)))) return false;
        _states[synchronizer] = new(authorityEpoch, bytes.ToArray());
        _fresh.Add(synchronizer);
        return true;
    }

    /// <summary>Forgets a synchronizer that is no more, or no more as it was.</summary>
    public void Forget(NodeId synchronizer)
    {
        _states.Remove(synchronizer);
        _fresh.Remove(synchronizer);
    }

    /// <summary>All sessions have been told of what was <see cref="Fresh"/>.</summary>
    public void Clear() => _fresh.Clear();
}
