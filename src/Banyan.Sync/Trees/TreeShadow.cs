using System.Diagnostics.CodeAnalysis;
using Banyan.Scene.Records;

namespace Banyan.Sync.Trees;

/// <summary>What the followers of a subtree have: it changes as their trees do, one operation after the other.</summary>
internal sealed class TreeShadow
{
    private readonly Dictionary<NodeId, ShadowNode> _nodes = [];

    public TreeShadow(NodeId root)
    {
        Root = new(root, null, "");
        _nodes.Add(root, Root);
    }

    public ShadowNode Root { get; }

    public int Count => _nodes.Count;

    public bool Contains(NodeId id) => _nodes.ContainsKey(id);

    public bool TryGet(NodeId id, [NotNullWhen(true)] out ShadowNode? node) => _nodes.TryGetValue(id, out node);

    /// <summary>Adds the last child of a node; false if the name is taken, or the node is there already.</summary>
    public bool TryAdd(ShadowNode parent, NodeId id, string name, [NotNullWhen(true)] out ShadowNode? node)
    {
        node = null;
        if (parent.HasChild(name)) return false;
        var added = new ShadowNode(id, parent, name);
        if (!_nodes.TryAdd(id, added)) return false;
        parent.Add(added);
        node = added;
        return true;
    }

    /// <summary>Renames a node, or makes it the last child of another; false if it cannot be done now.</summary>
    public static bool TryMove(ShadowNode node, ShadowNode parent, string name)
    {
        if (parent.HasChild(name) || parent.IsAtOrBelow(node)) return false;
        if (node.Parent == parent)
        {
            parent.Rename(node, name);
            return true;
        }

        node.Parent!.Remove(node);
        node.Parent = parent;
        node.Name = name;
        parent.Add(node);
        return true;
    }

    /// <summary>Removes a node, not the root, and all below it.</summary>
    public void Remove(ShadowNode node)
    {
        node.Parent!.Remove(node);
        var stack = new Stack<ShadowNode>([node]);
        while (stack.TryPop(out ShadowNode? next))
        {
            _nodes.Remove(next.Id);
            foreach (ShadowNode child in next.Children) stack.Push(child);
        }
    }
}

/// <summary>One node of a <see cref="TreeShadow"/>.</summary>
internal sealed class ShadowNode(NodeId id, ShadowNode? parent, string name)
{
    private static readonly List<ShadowNode> _none = [];
    private List<ShadowNode>? _children;
    private HashSet<string>? _names;
    private HashSet<string>? _told;

    public NodeId Id => id;

    public ShadowNode? Parent { get; set; } = parent;

    public string Name { get; set; } = name;

    /// <summary>In tree order.</summary>
    public IReadOnlyList<ShadowNode> Children => _children ?? _none;

    /// <summary>From the followed root, which is ".".</summary>
    public string Path
    {
        get
        {
            if (Parent is null) return ".";
            var names = new Stack<string>();
            for (ShadowNode at = this; at.Parent is not null; at = at.Parent) names.Push(at.Name);
            return string.Join('/', names);
        }
    }

    public bool HasChild(string name) => _names?.Contains(name) ?? false;

    public bool IsAtOrBelow(ShadowNode other)
    {
        for (ShadowNode? at = this; at is not null; at = at.Parent)
        {
            if (at == other) return true;
        }

        return false;
    }

    /// <summary>Notes that followers have a value of a property.</summary>
    public void Tell(string property) => (_told ??= []).Add(property);

    /// <summary>Notes that they have none any more; false if they had none.</summary>
    public bool Untell(string property) => _told?.Remove(property) ?? false;

    public void Add(ShadowNode child)
    {
        (_children ??= []).Add(child);
        (_names ??= []).Add(child.Name);
    }

    public void Remove(ShadowNode child)
    {
        _children!.Remove(child);
        _names!.Remove(child.Name);
    }

    public void Rename(ShadowNode child, string name)
    {
        _names!.Remove(child.Name);
        child.Name = name;
        _names.Add(name);
    }
}
