using System.Collections.Immutable;
using Banyan.Scene.Records;

namespace Banyan.Sync.World;

/// <summary>A node that clients do not find in their scene files: a spawner has put it there.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">Among the children of the spawner's parent.</param>
/// <param name="Spawner">Which one.</param>
/// <param name="Scene">Index among the spawner's scenes; <see cref="Godot.Multiplayer.SpawnPacket.CustomScene"/> if its function made it.</param>
/// <param name="Argument">Of a custom spawn, in the form of packets; else empty.</param>
/// <param name="Synchronizers">Those whose root it is, in tree order.</param>
public sealed record SpawnedNode(
    NodeId Node, string Name, Spawner Spawner, byte Scene, ReadOnlyMemory<byte> Argument, ImmutableArray<NodeId> Synchronizers)
{
    /// <summary>The attachment under which a node keeps the argument of its custom spawn.</summary>
    public const string ArgumentAttachment = "spawn_argument";

    /// <summary>Whether a client would notice no difference: then it need not be despawned and spawned again.</summary>
    public bool IsSameToClients(SpawnedNode other) =>
        Node == other.Node && Name == other.Name && Spawner.Node == other.Spawner.Node && Spawner.Parent == other.Spawner.Parent
        && Spawner.Authority == other.Spawner.Authority && Scene == other.Scene;
}
