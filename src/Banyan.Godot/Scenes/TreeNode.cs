using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>A node while its tree is put together.</summary>
internal sealed class TreeNode(string name, string type, string file, int line)
{
    private readonly List<KeyValuePair<string, Variant>> _properties = [];
    private readonly Dictionary<string, int> _propertyPlaces = [];
    private readonly List<string> _groups = [];
    private readonly HashSet<string> _groupNames = [];
    private readonly List<TreeNode> _children = [];
    private readonly Dictionary<string, TreeNode> _childrenByName = [];

    public string Name { get; set; } = name;

    public string Type { get; } = type;

    /// <summary>The file that adds it, and the line there.</summary>
    public string File { get; set; } = file;

    public int Line { get; set; } = line;

    public TreeNode? Parent { get; private set; }

    public TreeNode? Owner { get; set; }

    public string? Scene { get; set; }

    public bool InstanceRoot { get; set; }

    public long UniqueId { get; set; }

    /// <summary>Whether it comes from a scene that is missing, so that it may have any child.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Its index in the finished scene.</summary>
    public int Index { get; set; }

    public IReadOnlyList<TreeNode> Children => _children;

    /// <summary>The node's path from the root of the tree so far.</summary>
    public string Path
    {
        get
        {
            List<string> names = [];
            for (TreeNode at = this; at.Parent is not null; at = at.Parent) names.Add(at.Name);
            names.Reverse();
            return names.Count == 0 ? "." : string.Join('/', names);
        }
    }

    public TreeNode? Child(string name) => _childrenByName.GetValueOrDefault(name);

    /// <summary>Adds a child of a new name; an index beyond the end, or none, puts it last.</summary>
    public void Add(TreeNode child, int? index)
    {
        _childrenByName.Add(child.Name, child);
        _children.Insert(index is int i && i >= 0 && i < _children.Count ? i : _children.Count, child);
        child.Parent = this;
    }

    public void Set(string property, Variant value)
    {
        if (_propertyPlaces.TryGetValue(property, out int place))
        {
            _properties[place] = new(property, value);
            return;
        }

        _propertyPlaces.Add(property, _properties.Count);
        _properties.Add(new(property, value));
    }

    public void AddGroup(string group)
    {
        if (_groupNames.Add(group)) _groups.Add(group);
    }

    public ExpandedNode Finish(int depth) => new()
    {
        Name = Name,
        Parent = Parent?.Index ?? -1,
        Depth = depth,
        Type = Type,
        Groups = [.. _groups],
        Properties = [.. _properties],
        Owner = Owner?.Index ?? -1,
        Scene = Scene,
        InstanceRoot = InstanceRoot,
        UniqueName = _propertyPlaces.TryGetValue("unique_name_in_owner", out int place) && _properties[place].Value == true,
        UniqueId = UniqueId,
    };
}
