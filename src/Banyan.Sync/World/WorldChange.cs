using Banyan.Scene.Records;

namespace Banyan.Sync.World;

/// <summary>What one transaction, or the first look at the world, has changed for clients. In the order in which they must hear of it.</summary>
public sealed class WorldChange
{
    /// <summary>Gone, the deepest first.</summary>
    public List<SpawnedNode> Despawned { get; } = [];

    /// <summary>New, in tree order. A node that has moved is in both lists.</summary>
    public List<SpawnedNode> Spawned { get; } = [];

    /// <summary>Synchronizers that are no more, or no more as they were.</summary>
    public List<Synchronizer> Withdrawn { get; } = [];

    /// <summary>Synchronizers that are new, or as they are now.</summary>
    public List<Synchronizer> Enrolled { get; } = [];

    /// <summary>Watched properties with a new value: which bits of which synchronizers.</summary>
    public List<(Synchronizer Synchronizer, ulong Mask)> Watched { get; } = [];

    /// <summary>Synchronizers that other peers may see than before, as they are now; apart from that they are the same.</summary>
    public List<Synchronizer> Reseen { get; } = [];

    /// <summary>
    /// Spawned nodes, parents first, that were there before and are there now, and that some peers may see from now on, or
    /// may not see any more.
    /// </summary>
    public List<SpawnedNode> Reconsidered { get; } = [];

    /// <summary>Nodes of scenes that are not where their scenes have them any more; of several, one below the other, the topmost.</summary>
    public List<TakenNode> Taken { get; } = [];

    /// <summary>Whether no client has to hear of anything.</summary>
    public bool IsEmpty => Despawned.Count + Spawned.Count + Withdrawn.Count + Enrolled.Count + Watched.Count + Reseen.Count + Taken.Count == 0;
}

/// <summary>A node that clients have from a scene file, and that is gone, or elsewhere.</summary>
/// <param name="Node">The node.</param>
/// <param name="Path">Where it was, from /root, as packets have it.</param>
/// <param name="Anchor">With what clients have got it: see <see cref="GameWorld.AnchorOf"/>.</param>
/// <param name="Below">Where it was below that.</param>
public sealed record TakenNode(NodeId Node, string Path, NodeId Anchor, string Below);
