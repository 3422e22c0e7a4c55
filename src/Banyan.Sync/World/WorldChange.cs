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

    /// <summary>Whether no client has to hear of anything.</summary>
    public bool IsEmpty => Despawned.Count + Spawned.Count + Withdrawn.Count + Enrolled.Count + Watched.Count + Reseen.Count == 0;
}
