using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>A scene with all that it instances and inherits put in: the tree that Godot would build of it.</summary>
public sealed class ExpandedScene
{
    internal ExpandedScene(
        ImmutableArray<ExpandedNode> nodes, ImmutableArray<ExpandedConnection> connections, ImmutableArray<SceneWarning> warnings)
    {
        Nodes = nodes;
        Connections = connections;
        Warnings = warnings;
    }

    /// <summary>In tree order: the root, then each node before its children, siblings in their order.</summary>
    public ImmutableArray<ExpandedNode> Nodes { get; }

    /// <summary>Those of inner scenes before those of the scenes around them.</summary>
    public ImmutableArray<ExpandedConnection> Connections { get; }

    /// <summary>What was missing or did not fit, and did not keep the rest from loading.</summary>
    public ImmutableArray<SceneWarning> Warnings { get; }

    /// <summary>The path of a node from the root, which is itself <c>.</c>.</summary>
    public string PathOf(int node)
    {
        if (Nodes[node].Parent < 0) return ".";
        var names = new string[Nodes[node].Depth];
        for (int i = names.Length - 1; i >= 0; i--, node = Nodes[node].Parent) names[i] = Nodes[node].Name;
        return string.Join('/', names);
    }
}

/// <summary>One node of an expanded scene.</summary>
public sealed record ExpandedNode
{
    /// <summary>Unique among its siblings.</summary>
    public required string Name { get; init; }

    /// <summary>Index of its parent, smaller than its own; −1 for the root.</summary>
    public required int Parent { get; init; }

    /// <summary>0 for the root.</summary>
    public required int Depth { get; init; }

    /// <summary>The engine class; empty where only a missing scene could say it.</summary>
    public required string Type { get; init; }

    /// <summary>In the order in which the scenes add them.</summary>
    public required ImmutableArray<string> Groups { get; init; }

    /// <summary>Those that the scenes set, outer over inner, each at the place where it was first set.</summary>
    public required ImmutableArray<KeyValuePair<string, Variant>> Properties { get; init; }

    /// <summary>Index of the owner, the root of the scene that added the node; −1 if it has none, as the root.</summary>
    public required int Owner { get; init; }

    /// <summary>Of the root of a scene, that scene's path (Godot's <c>scene_file_path</c>); null for all other nodes.</summary>
    public required string? Scene { get; init; }

    /// <summary>Whether it is the root of an instanced scene.</summary>
    public required bool InstanceRoot { get; init; }

    /// <summary>Whether its owner knows it as <c>%Name</c>.</summary>
    public required bool UniqueName { get; init; }

    /// <summary>The file's <c>unique_id</c>: a key that survives rename and reparent within the scene that added the node; 0 if none.</summary>
    public required long UniqueId { get; init; }
}

/// <summary>A signal's connection between two nodes of an expanded scene.</summary>
/// <param name="Signal">The signal's name.</param>
/// <param name="From">Index of the node that emits.</param>
/// <param name="To">Index of the node that is called.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Flags">Godot's ConnectFlags.</param>
/// <param name="Unbinds">How many of the signal's arguments are dropped.</param>
/// <param name="Binds">Arguments after the signal's own.</param>
public sealed record ExpandedConnection(
    string Signal, int From, int To, string Method, long Flags, long Unbinds, ImmutableArray<Variant> Binds);

/// <summary>What a file refers to in vain, and where.</summary>
/// <param name="File">For instance <c>res://main.tscn</c>.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">A sentence without its full stop.</param>
public readonly record struct SceneWarning(string File, int Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {Message}";
}
