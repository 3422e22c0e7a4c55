using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Sync.Frames;

/// <summary>
/// What a client of ours does with a node by its path, where Godot's own packets would have it freed and made anew, or know
/// of nothing at all. Paths are from /root, as packets have them.
/// </summary>
public abstract record NodeMove
{
    private static readonly VariantLimits _limits = new(DepthMax: 2, ItemsMax: 1 << 20);

    private NodeMove()
    {
    }

    /// <summary>Takes a node out of the tree and keeps it, with all below it.</summary>
    /// <param name="Node">By which it is put back, or dropped.</param>
    /// <param name="Path">Where it is.</param>
    public sealed record Lift(NodeId Node, string Path) : NodeMove;

    /// <summary>Puts a node that was lifted back into the tree.</summary>
    /// <param name="Node">Which one.</param>
    /// <param name="Parent">Where to.</param>
    /// <param name="Name">What it is called there.</param>
    public sealed record Put(NodeId Node, string Parent, string Name) : NodeMove;

    /// <summary>Frees a node that was lifted.</summary>
    /// <param name="Node">Which one.</param>
    public sealed record Drop(NodeId Node) : NodeMove;

    /// <summary>Frees a node.</summary>
    /// <param name="Path">Where it is.</param>
    /// <param name="Spawner">The path of the spawner whose node it was; empty if it came with a scene.</param>
    public sealed record Free(string Path, string Spawner) : NodeMove;

    /// <summary>Writes it as a frame has it.</summary>
    public void WriteTo(ByteWriter writer) => VariantBinary.Encode(writer, new VariantArray(this switch
    {
        Lift m => ["lift", (long)m.Node.Value, m.Path],
        Put m => ["put", (long)m.Node.Value, m.Parent, m.Name],
        Drop m => ["drop", (long)m.Node.Value],
        Free m => ["free", m.Path, m.Spawner],
        _ => throw new InvalidOperationException($"{GetType().Name} has no form"),
    }));

    /// <summary>Reads one to the end; false if it is none.</summary>
    public static bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out NodeMove? move)
    {
        move = null;
        if (!VariantBinary.TryDecode(ref reader, _limits, out Variant value) || !reader.IsAtEnd || value.Type != VariantType.Array) return false;
        ImmutableArray<Variant> parts = value.AsArray().Items;
        if (parts.Length == 0 || !parts[0].TryGetText(out string what)) return false;
        move = (what, parts.Length) switch
        {
            ("lift", 3) when TryGetNode(parts[1], out NodeId node) && parts[2].TryGetText(out string path) => new Lift(node, path),
            ("put", 4) when TryGetNode(parts[1], out NodeId node) && parts[2].TryGetText(out string parent) && parts[3].TryGetText(out string name) => new Put(node, parent, name),
            ("drop", 2) when TryGetNode(parts[1], out NodeId node) => new Drop(node),
            ("free", 3) when parts[1].TryGetText(out string path) && parts[2].TryGetText(out string spawner) => new Free(path, spawner),
            _ => null,
        };
        return move is not null;
    }

    private static bool TryGetNode(Variant value, out NodeId node)
    {
        bool isNode = value.Type == VariantType.Int;
        node = isNode ? new((ulong)value.AsInt()) : NodeId.None;
        return isNode;
    }
}
