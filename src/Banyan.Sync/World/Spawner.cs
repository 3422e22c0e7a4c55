using System.Collections.Immutable;
using Banyan.Scene.Records;

namespace Banyan.Sync.World;

/// <summary>A MultiplayerSpawner of the tree.</summary>
/// <param name="Node">The spawner itself.</param>
/// <param name="Parent">Whose direct children it spawns.</param>
/// <param name="Scenes">By their index in packets, as "res://…".</param>
/// <param name="Limit">The most that may be there at a time; 0 for no limit.</param>
/// <param name="Authority">The peer in whose name it spawns; 1 is the cluster.</param>
public sealed record Spawner(NodeId Node, NodeId Parent, ImmutableArray<string> Scenes, long Limit, int Authority)
{
    /// <summary>Whether two are the same to a client.</summary>
    public bool Equals(Spawner? other) =>
        other is not null && Node == other.Node && Parent == other.Parent && Limit == other.Limit && Authority == other.Authority
        && Scenes.SequenceEqual(other.Scenes);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Node.Value;
}
