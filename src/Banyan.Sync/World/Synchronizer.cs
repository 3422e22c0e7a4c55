using System.Collections.Immutable;
using Banyan.Godot.Replication;
using Banyan.Scene.Records;

namespace Banyan.Sync.World;

/// <summary>A property that a synchronizer sends: of which node, and its name there.</summary>
public readonly record struct SyncProperty(NodeId Node, string Name);

/// <summary>A MultiplayerSynchronizer of the tree.</summary>
/// <param name="Node">The synchronizer itself.</param>
/// <param name="Root">The node whose properties it sends.</param>
/// <param name="Config">As its scene says.</param>
/// <param name="Authority">The peer whose state counts; 1 is the cluster.</param>
/// <param name="AuthorityEpoch">Counts changes of authority.</param>
/// <param name="Spawn">Those that come with a spawn, in the order of packets.</param>
/// <param name="Always">Those of every SYNC, in the order of packets.</param>
/// <param name="Watched">Those of a DELTA, by their bit in the mask.</param>
/// <param name="Visibility">Who may be told of its state.</param>
public sealed record Synchronizer(
    NodeId Node, NodeId Root, SynchronizerConfig Config, int Authority, uint AuthorityEpoch,
    ImmutableArray<SyncProperty> Spawn, ImmutableArray<SyncProperty> Always, ImmutableArray<SyncProperty> Watched, SyncVisibility Visibility)
{
    /// <summary>Whether it stands for one that only clients know: it has no path, and how many values it always sends is not known.</summary>
    public bool IsStandIn { get; init; }

    /// <summary>All nodes that it is about: itself, its root, and those with properties that it sends.</summary>
    public ImmutableArray<NodeId> About { get; } =
        [.. new[] { Node, Root }.Concat(Spawn.Concat(Always).Concat(Watched).Select(p => p.Node)).Where(n => !n.IsNone).Distinct()];

    /// <summary>Whether a peer may be told of its state; its authority always sees it.</summary>
    public bool IsVisibleTo(int peer) => Authority == peer || Visibility.Includes(peer);

    /// <summary>Whether two are the same to a client that sees them; configs are compared by what they resolve to.</summary>
    public bool Equals(Synchronizer? other) =>
        other is not null && Node == other.Node && Root == other.Root && Authority == other.Authority
        && AuthorityEpoch == other.AuthorityEpoch && Spawn.SequenceEqual(other.Spawn)
        && Always.SequenceEqual(other.Always) && Watched.SequenceEqual(other.Watched);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Node.Value;
}
