using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Sync.World;

/// <summary>A node that clients do not find in their scene files: a spawner has put it there.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">Among the children of the spawner's parent.</param>
/// <param name="Spawner">Which one.</param>
/// <param name="Scene">Index among the spawner's scenes; <see cref="SpawnPacket.CustomScene"/> if its function made it.</param>
/// <param name="Argument">Of a custom spawn, in the form of packets; else empty.</param>
/// <param name="Synchronizers">Those whose root it is, in tree order.</param>
/// <param name="Path">From /root, as packets have it.</param>
public sealed record SpawnedNode(
    NodeId Node, string Name, Spawner Spawner, byte Scene, ReadOnlyMemory<byte> Argument, ImmutableArray<NodeId> Synchronizers, string Path)
{
    /// <summary>The attachment under which a node keeps the argument of its custom spawn.</summary>
    public const string ArgumentAttachment = "spawn_argument";

    /// <summary>The attachment that says which spawner has made it, by its id: several may spawn below one parent. Without it, the first.</summary>
    public const string SpawnerAttachment = "spawned_by";

    /// <summary>The stored form of <see cref="SpawnerAttachment"/>.</summary>
    public static byte[] EncodeSpawner(NodeId spawner)
    {
        var writer = new ByteWriter(10);
        writer.Number(spawner.Value);
        return writer.ToArray();
    }

    internal static NodeId SpawnerNamedBy(MirrorNode node)
    {
        if (!node.Attachments.TryGetValue(SpawnerAttachment, out byte[]? stored)) return NodeId.None;
        var reader = new ByteReader(stored);
        ulong id = reader.Number();
        return reader.IsAtEnd ? new(id) : NodeId.None;
    }

    /// <summary>Whether a client would notice no difference: then it need not be despawned and spawned again.</summary>
    public bool IsSameToClients(SpawnedNode other) =>
        Node == other.Node && Name == other.Name && Spawner.Node == other.Spawner.Node && Spawner.Parent == other.Spawner.Parent
        && Spawner.Authority == other.Spawner.Authority && Scene == other.Scene;

    /// <summary>Whether the one is what the other is, though perhaps elsewhere: a client that can move nodes need not make it anew.</summary>
    public bool IsMadeLike(SpawnedNode other) =>
        Scene == SpawnPacket.CustomScene || other.Scene == SpawnPacket.CustomScene
            ? Scene == other.Scene && Argument.Span.SequenceEqual(other.Argument.Span)
            : Spawner.Scenes[Scene] == other.Spawner.Scenes[other.Scene];
}
