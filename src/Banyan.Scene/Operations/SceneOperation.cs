using Banyan.Scene.Records;

namespace Banyan.Scene.Operations;

/// <summary>Names a node: by its id, or by its path from /root.</summary>
public readonly record struct NodeRef(string Path, NodeId Id)
{
    /// <summary>By path.</summary>
    public static NodeRef At(string path) => new(path, NodeId.None);

    /// <summary>By id.</summary>
    public static NodeRef Of(NodeId id) => new("", id);

    /// <summary>The path, or the id.</summary>
    public override string ToString() => Id.IsNone ? Path : Id.ToString();
}

/// <summary>One change of the scene. Several in a batch are one transaction: all or none.</summary>
public abstract record SceneOperation;

/// <summary>A property and its value, in the form of <see cref="PropertyValue"/>; null removes it.</summary>
public readonly record struct PropertyWrite(string Name, byte[]? Value);

/// <summary>One node of a <see cref="SceneTemplate"/>.</summary>
/// <param name="ParentNumber">Its parent's place in the list, which comes before it; -1 for the template's root.</param>
/// <param name="Name">Unique among its siblings.</param>
/// <param name="Type">Godot's class.</param>
/// <param name="Instance">The scene file that this node is the root of; empty if none.</param>
/// <param name="Groups">In order.</param>
/// <param name="UniqueId">The scene file's unique_id; 0 if none.</param>
/// <param name="Zone">Where to put it and what hangs below; null: where its parent is.</param>
/// <param name="Properties">In order.</param>
/// <param name="Attachments">What belongs to it beside properties, by name.</param>
public sealed record TemplateNode(
    int ParentNumber, string Name, string Type, string Instance, IReadOnlyList<string> Groups, int UniqueId, ZoneId? Zone,
    IReadOnlyList<PropertyWrite> Properties, IReadOnlyList<PropertyWrite> Attachments);

/// <summary>A subtree to be spawned: its nodes in tree order, the root first.</summary>
public sealed record SceneTemplate(IReadOnlyList<TemplateNode> Nodes);

/// <summary>Adds a subtree below a node. The children are appended in order.</summary>
/// <param name="Parent">The node to hang it below.</param>
/// <param name="Template">What to spawn.</param>
/// <param name="Authority">The peer that may write it; 1 is the cluster.</param>
public sealed record SpawnOperation(NodeRef Parent, SceneTemplate Template, int Authority = 1) : SceneOperation;

/// <summary>Removes a node and all that hangs below: it is gone at once, its records are removed afterwards.</summary>
public sealed record DespawnOperation(NodeRef Node) : SceneOperation;

/// <summary>Gives a node another name.</summary>
public sealed record RenameOperation(NodeRef Node, string Name) : SceneOperation;

/// <summary>Hangs a node below another parent, at the end of its children, whatever hangs below it.</summary>
/// <param name="Node">What moves.</param>
/// <param name="Parent">Where to.</param>
/// <param name="Name">Its new name; null keeps the old one.</param>
public sealed record ReparentOperation(NodeRef Node, NodeRef Parent, string? Name = null) : SceneOperation;

/// <summary>Moves a node to a place among its siblings, counted from 0; negative counts from the end.</summary>
public sealed record ReorderOperation(NodeRef Node, int Place) : SceneOperation;

/// <summary>Sets and removes properties of one node.</summary>
public sealed record SetPropertiesOperation(NodeRef Node, IReadOnlyList<PropertyWrite> Properties) : SceneOperation;

/// <summary>Sets and removes attachments of one node: what belongs to it beside its properties.</summary>
public sealed record SetAttachmentsOperation(NodeRef Node, IReadOnlyList<PropertyWrite> Attachments) : SceneOperation;

/// <summary>Moves a node, and what hangs below it in the same zone, to another zone.</summary>
public sealed record MoveZoneOperation(NodeRef Node, ZoneId Zone) : SceneOperation;

/// <summary>Gives a node to another peer. Writes of the former one are refused from then on.</summary>
public sealed record SetAuthorityOperation(NodeRef Node, int Authority) : SceneOperation;
