using Banyan.Godot.Variants;

namespace Banyan.Sync.Trees;

/// <summary>A node of a followed tree, as the client has it.</summary>
public sealed class TreeNode
{
    private readonly List<TreeNode> _children = [];

    internal TreeNode(TreeNode? parent, string name, string type)
    {
        Parent = parent;
        Name = name;
        Type = type;
    }

    /// <summary>Its parent; null for the followed root.</summary>
    public TreeNode? Parent { get; private set; }

    /// <summary>Its name; the followed root's is not told.</summary>
    public string Name { get; private set; }

    /// <summary>Godot's class, or the scene that it instances, as "res://…".</summary>
    public string Type { get; }

    /// <summary>What is stored of it, by name. The rest is as its class or its scene has it.</summary>
    public SortedDictionary<string, Variant> Properties { get; } = new(StringComparer.Ordinal);

    /// <summary>In tree order.</summary>
    public IReadOnlyList<TreeNode> Children => _children;

    /// <summary>A node at or below it; null if there is none.</summary>
    /// <param name="path">"." or names that "/" joins.</param>
    public TreeNode? Find(string path)
    {
        TreeNode? at = this;
        if (path == ".") return at;
        foreach (string name in path.Split('/')) at = at?._children.Find(c => c.Name == name);
        return at;
    }

    internal bool TryAdd(string name, string type, VariantDictionary properties)
    {
        if (Find(name) is not null || name.Contains('/')) return false;
        var node = new TreeNode(this, name, type);
        _children.Add(node);
        return node.TrySet(properties);
    }

    internal bool TrySet(VariantDictionary properties)
    {
        foreach ((Variant key, Variant value) in properties.Pairs)
        {
            if (!key.TryGetText(out string name)) return false;
            if (value.IsNil) Properties.Remove(name);
            else Properties[name] = value;
        }

        return true;
    }

    internal void Remove() => Parent?._children.Remove(this);

    internal bool TryMove(TreeNode parent, string name)
    {
        if (Parent is null || parent.Find(name) is not null) return false;
        for (TreeNode? above = parent; above is not null; above = above.Parent)
        {
            if (above == this) return false;
        }

        if (parent != Parent)
        {
            Remove();
            Parent = parent;
            parent._children.Add(this);
        }

        Name = name;
        return true;
    }
}
