using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>A <c>.tscn</c> file as it stands: nothing resolved, nothing instanced, all in the order of the file.</summary>
/// <remarks>
/// References in values are <see cref="SectionRef"/>s of which it is certain that the section exists.
/// Source: scene/resources/resource_format_text.cpp.
/// </remarks>
public sealed record SceneFile
{
    /// <summary>Where it was read, for instance <c>res://main.tscn</c>.</summary>
    public required string Path { get; init; }

    /// <summary>3, or 4 if bytes are in base64 or there is a PackedVector4Array; 2 is Godot 3's.</summary>
    public int Format { get; init; } = 3;

    /// <summary>For instance <c>uid://cwchcyc0t4cgv</c>; null if there is none.</summary>
    public string? Uid { get; init; }

    /// <summary>Number of resources and the scene itself; only older files have it.</summary>
    public long? LoadSteps { get; init; }

    /// <summary>Attributes of the heading that we do not know.</summary>
    public ImmutableArray<SceneAttribute> Extra { get; init; } = [];

    /// <summary>The files that it refers to.</summary>
    public ImmutableArray<ExtResource> ExtResources { get; init; } = [];

    /// <summary>The resources that it holds; each refers only to those before it.</summary>
    public ImmutableArray<SubResource> SubResources { get; init; } = [];

    /// <summary>The nodes, the root first.</summary>
    public ImmutableArray<SceneFileNode> Nodes { get; init; } = [];

    /// <summary>The signals' connections.</summary>
    public ImmutableArray<SceneFileConnection> Connections { get; init; } = [];

    /// <summary>Paths of the instances whose children the editor shows.</summary>
    public ImmutableArray<string> EditableInstances { get; init; } = [];

    /// <summary>Reads a file's text, however hostile.</summary>
    public static bool TryParse(string text, string path, out SceneFile file, out SceneFileError error) =>
        TryParse(text, path, SceneFileLimits.Default, out file, out error);

    /// <summary>As the other, within other limits.</summary>
    public static bool TryParse(string text, string path, SceneFileLimits limits, out SceneFile file, out SceneFileError error) =>
        new SceneFileParser(text, path, limits).TryParse(out file, out error);
}

/// <summary>An attribute of a heading.</summary>
public readonly record struct SceneAttribute(string Name, Variant Value);

/// <summary>A property of a node or a resource, and the line on which it stands, from 1.</summary>
public readonly record struct SceneProperty(string Name, Variant Value, int Line = 0);

/// <summary><c>[ext_resource]</c>: a file that a scene refers to.</summary>
public sealed record ExtResource
{
    /// <summary>The engine class, for instance <c>PackedScene</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Wins over the path where the project knows it; null if there is none.</summary>
    public string? Uid { get; init; }

    /// <summary>As it stands: <c>res://…</c>, or relative to the scene's folder.</summary>
    public required string Path { get; init; }

    /// <summary>What <c>ExtResource("…")</c> names.</summary>
    public required string Id { get; init; }

    /// <summary>From 1.</summary>
    public int Line { get; init; }

    /// <summary>Attributes that we do not know.</summary>
    public ImmutableArray<SceneAttribute> Extra { get; init; } = [];
}

/// <summary><c>[sub_resource]</c>: a resource without a file of its own.</summary>
public sealed record SubResource
{
    /// <summary>The engine class, for instance <c>BoxShape3D</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What <c>SubResource("…")</c> names.</summary>
    public required string Id { get; init; }

    /// <summary>In order.</summary>
    public ImmutableArray<SceneProperty> Properties { get; init; } = [];

    /// <summary>From 1.</summary>
    public int Line { get; init; }

    /// <summary>Attributes that we do not know.</summary>
    public ImmutableArray<SceneAttribute> Extra { get; init; } = [];
}

/// <summary><c>[node]</c>: a node that the scene adds, or what it changes of a node that comes from another scene.</summary>
public sealed record SceneFileNode
{
    /// <summary>Unique among siblings.</summary>
    public required string Name { get; init; }

    /// <summary>The engine class; null if the node comes from another scene.</summary>
    public string? Type { get; init; }

    /// <summary>The parent's path from the root, <c>.</c> being the root; null for the root itself.</summary>
    public string? Parent { get; init; }

    /// <summary>The <c>unique_id</c>s along the parent's path, by which Godot finds renamed nodes; null if not given.</summary>
    public Variant? ParentIdPath { get; init; }

    /// <summary>The owner's path; null for the usual one, the root.</summary>
    public string? Owner { get; init; }

    /// <summary>As <see cref="ParentIdPath"/>, for the owner.</summary>
    public Variant? OwnerUidPath { get; init; }

    /// <summary>The place among siblings, written where the parent comes from another scene.</summary>
    public int? Index { get; init; }

    /// <summary>A key that survives rename and reparent; null if not given.</summary>
    public long? UniqueId { get; init; }

    /// <summary>The properties that hold paths to nodes and that Godot turns into these nodes.</summary>
    public ImmutableArray<string> NodePaths { get; init; } = [];

    /// <summary>The groups that this file adds the node to.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>The scene that Godot loads only when asked; null if none.</summary>
    public string? InstancePlaceholder { get; init; }

    /// <summary>The scene that is instanced here, or on the root the one that is inherited; null if none.</summary>
    public ObjectRef? Instance { get; init; }

    /// <summary>In order.</summary>
    public ImmutableArray<SceneProperty> Properties { get; init; } = [];

    /// <summary>From 1.</summary>
    public int Line { get; init; }

    /// <summary>Attributes that we do not know.</summary>
    public ImmutableArray<SceneAttribute> Extra { get; init; } = [];

    /// <summary>Whether it only changes a node that comes from another scene.</summary>
    public bool IsOverride => Type is null && Instance is null && InstancePlaceholder is null;
}

/// <summary><c>[connection]</c>: calls a node's method when another emits a signal.</summary>
public sealed record SceneFileConnection
{
    /// <summary>The signal's name.</summary>
    public required string Signal { get; init; }

    /// <summary>The path of the node that emits, from the root.</summary>
    public required string From { get; init; }

    /// <summary>The path of the node that is called, from the root.</summary>
    public required string To { get; init; }

    /// <summary>The method's name.</summary>
    public required string Method { get; init; }

    /// <summary>Godot's ConnectFlags; null for the usual CONNECT_PERSIST.</summary>
    public long? Flags { get; init; }

    /// <summary>The <c>unique_id</c>s along <see cref="From"/>; null if not given.</summary>
    public Variant? FromUidPath { get; init; }

    /// <summary>The <c>unique_id</c>s along <see cref="To"/>; null if not given.</summary>
    public Variant? ToUidPath { get; init; }

    /// <summary>How many of the signal's arguments are dropped; null if none.</summary>
    public long? Unbinds { get; init; }

    /// <summary>Arguments after the signal's own; empty if none.</summary>
    public ImmutableArray<Variant> Binds { get; init; } = [];

    /// <summary>From 1.</summary>
    public int Line { get; init; }

    /// <summary>Attributes that we do not know.</summary>
    public ImmutableArray<SceneAttribute> Extra { get; init; } = [];
}
