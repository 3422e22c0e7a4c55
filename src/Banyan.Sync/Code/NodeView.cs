using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Code;

/// <summary>A node of the tree, to read. It shows the tree as it is when it is asked; what is gone has nothing any more.</summary>
public sealed class NodeView
{
    private readonly PeerHub _hub;
    private readonly VariantLimits _limits;

    internal NodeView(PeerHub hub, VariantLimits limits, NodeId id)
    {
        _hub = hub;
        _limits = limits;
        Id = id;
    }

    /// <summary>Its id: it stays the same whatever it is called and wherever it hangs.</summary>
    public NodeId Id { get; }

    /// <summary>Whether it is in the tree.</summary>
    public bool IsThere => _hub.World.PathOf(Id) is not null;

    /// <summary>Its name; empty if it is gone.</summary>
    public string Name => Mirror?.Header!.Name ?? "";

    /// <summary>Godot's class; empty if it is gone.</summary>
    public string Type => Mirror?.Header!.Type ?? "";

    /// <summary>The scene that it is the root of, as "res://…"; empty if none.</summary>
    public string Scene => Mirror?.Header!.Instance ?? "";

    /// <summary>The peer that may write it; 1 is the cluster.</summary>
    public int Authority => Mirror?.Header!.Authority ?? PeerSession.Cluster;

    /// <summary>From /root; empty if it is gone.</summary>
    public string Path => _hub.World.PathOf(Id) is { } path ? path == "." ? ScenePath.Root : ScenePath.Join(ScenePath.Root, path) : "";

    /// <summary>Its parent; null for the root.</summary>
    public NodeView? Parent => Mirror is { Header.IsRoot: false } node ? new(_hub, _limits, node.Header!.Parent.Id) : null;

    /// <summary>Its children, in tree order.</summary>
    public IReadOnlyList<NodeView> Children => Mirror is { } node ? [.. node.Children.Select(c => new NodeView(_hub, _limits, c.Id))] : [];

    /// <summary>A node below by its path, as Godot's get_node has it; null if there is none.</summary>
    public NodeView? Find(string path) =>
        _hub.World.TryResolve(Id, Godot.Paths.NodePath.Parse(path), out MirrorNode? found) ? new(_hub, _limits, found.Id) : null;

    /// <summary>A property's value: what its synchronizer has sent last, else what the tree has; Nil if neither has it.</summary>
    /// <remarks>The tree has what scene files and changes say. The defaults of classes and scripts are in neither.</remarks>
    public Variant Get(string property)
    {
        if (_hub.World.SenderOf(new(Id, property)) is { } sender && _hub.Live[sender.Node] is { } state && state.AuthorityEpoch == sender.AuthorityEpoch
            && State.TryRead(state.Bytes, sender.Always.Length, _limits, out System.Collections.Immutable.ImmutableArray<Variant> values))
            return values[sender.Always.IndexOf(new(Id, property))];
        return Mirror is { } node && node.Properties.TryGetValue(property, out byte[]? stored) && PropertyValue.TryDecode(stored, out Variant value)
            ? value
            : Variant.Nil;
    }

    private MirrorNode? Mirror => _hub.World.Tree.TryFind(Id, out MirrorNode? node) ? node : null;
}
