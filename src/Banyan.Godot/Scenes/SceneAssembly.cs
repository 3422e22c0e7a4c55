using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>One run of <see cref="SceneExpander"/>.</summary>
internal sealed class SceneAssembly(IProjectFiles files, ExpandLimits limits)
{
    // Godot's CONNECT_PERSIST, which a file leaves out.
    private const long UsualConnectFlags = 2;

    private readonly SceneLoader _loader = new(files, limits);
    private readonly List<string> _chain = [];
    private readonly List<(SceneFileConnection Connection, TreeNode From, TreeNode To, ImmutableArray<Variant> Binds)> _connections = [];
    private int _nodes;
    private long _values;
    private bool _failed;

    public SceneFileError Error { get; private set; }

    public bool TryAssemble(string resPath, out ExpandedScene scene)
    {
        scene = new ExpandedScene([], [], []);
        TreeNode? root = Instantiate(resPath, resPath, 0);
        if (root is null || _failed) return false;
        ImmutableArray<ExpandedNode> nodes = InTreeOrder(root);
        scene = new ExpandedScene(
            nodes,
            [.. _connections.Select(c => new ExpandedConnection(
                c.Connection.Signal, c.From.Index, c.To.Index, c.Connection.Method, c.Connection.Flags ?? UsualConnectFlags,
                c.Connection.Unbinds ?? 0, c.Binds))],
            _loader.Warnings);
        return true;
    }

    /// <summary>A new tree of a scene; null, with the error set, if it cannot be built.</summary>
    private TreeNode? Instantiate(string path, string fromFile, int fromLine)
    {
        if (_chain.Contains(path))
            return Fail(fromFile, fromLine, "scenes contain each other: " + string.Join(" → ", [.. _chain.SkipWhile(p => p != path), path]));
        if (_chain.Count == limits.InstanceDepthMax)
            return Fail(fromFile, fromLine, $"scenes nested deeper than {limits.InstanceDepthMax}");
        if (!_loader.TryLoad(path, out LoadedScene scene, out SceneFileError error))
        {
            Error = error;
            _failed = true;
            return null;
        }

        if (scene.File.Nodes.IsEmpty) return Fail(path, 0, "the scene has no nodes");
        _chain.Add(path);
        TreeNode? root = Root(scene);
        for (int i = 1; i < scene.File.Nodes.Length && !_failed; i++) Add(scene, i, root!);
        for (int i = 0; i < scene.File.Connections.Length && !_failed; i++) Connect(scene, i, root!);

        _chain.RemoveAt(_chain.Count - 1);
        return _failed ? null : root;
    }

    private TreeNode? Root(LoadedScene scene)
    {
        SceneFileNode node = scene.File.Nodes[0];
        TreeNode? root = node.Instance is null ? Create(scene, node, node.Type!) : Instance(scene, node);
        if (root is null) return null;
        root.Name = node.Name;
        root.Scene = scene.File.Path;
        root.InstanceRoot = false;
        Apply(scene, 0, root);
        return root;
    }

    private void Add(LoadedScene scene, int i, TreeNode root)
    {
        SceneFileNode node = scene.File.Nodes[i];
        string file = scene.File.Path;
        TreeNode? parent = Find(root, node.Parent!, file, node.Line);
        if (_failed) return;
        if (node.IsOverride)
        {
            TreeNode? changed = parent?.Child(node.Name);
            if (changed is null && parent is { IsOpen: true }) changed = AddOpen(parent, node.Name, node.Index, file, node.Line);
            if (changed is null) _loader.Warn(file, node.Line, $"node \"{Join(node.Parent!, node.Name)}\" is changed here, but there is none; dropped");
            else Apply(scene, i, changed);
            return;
        }

        string name = node.Name;
        if (parent is null)
        {
            string old = node.Parent!.StartsWith("./", StringComparison.Ordinal) ? node.Parent[2..] : node.Parent;
            name = old.Replace('/', '@') + "#" + name;
            parent = root;
            _loader.Warn(file, node.Line, $"the parent \"{node.Parent}\" of node \"{node.Name}\" is missing; the node is under the root as \"{name}\"");
        }

        if (parent.Child(name) is { } other)
        {
            Fail(file, node.Line, $"\"{parent.Path}\" has a child \"{name}\" already, from {other.File}:{other.Line}");
            return;
        }

        TreeNode? added = node switch
        {
            { InstancePlaceholder: not null } => Create(scene, node, "InstancePlaceholder"),
            { Instance: not null } => Instance(scene, node),
            _ => Create(scene, node, node.Type!),
        };
        if (added is null) return;
        if (node.InstancePlaceholder is not null) added.Scene = _loader.Locate(node.InstancePlaceholder, null, file);
        added.Name = name;
        (added.File, added.Line) = (file, node.Line);
        parent.Add(added, node.Index);
        added.Owner = node.Owner is null ? root : Find(root, node.Owner, file, node.Line);
        Apply(scene, i, added);
    }

    /// <summary>The tree of the scene that a node instances or inherits; a lone open node if that scene cannot be had.</summary>
    private TreeNode? Instance(LoadedScene scene, SceneFileNode node)
    {
        string path = scene.PathOf(node.Instance!);
        string file = scene.File.Path;
        bool exists = _loader.Exists(path);
        if (!exists && node.Instance is ResourceRef) _loader.Warn(file, node.Line, $"the PackedScene {path} is missing");
        if (exists && !SceneLoader.IsTextScene(path))
            _loader.Warn(file, node.Line, $"{path} is not a scene in text; what is in it is not known");
        TreeNode? root = exists && SceneLoader.IsTextScene(path)
            ? Instantiate(path, file, node.Line)
            : Count(file, node.Line) ? new TreeNode(node.Name, "", file, node.Line) { IsOpen = true, Scene = path } : null;
        if (root is not null) root.InstanceRoot = true;
        return root;
    }

    /// <summary>The node at a path from a root; through a missing scene a path always leads somewhere.</summary>
    private TreeNode? Find(TreeNode root, string path, string file, int line)
    {
        if (path.StartsWith('/')) return null;
        TreeNode? at = root;
        foreach (string name in path.Split('/'))
        {
            if (name is "" or ".") continue;
            TreeNode? next = name == ".." ? (at == root ? null : at.Parent) : at.Child(name);
            if (next is null && name != ".." && at.IsOpen) next = AddOpen(at, name, null, file, line);
            if (next is null) return null;
            at = next;
        }

        return at;
    }

    /// <summary>A node that a missing scene must have had.</summary>
    private TreeNode? AddOpen(TreeNode parent, string name, int? index, string file, int line)
    {
        if (!Count(file, line)) return null;
        TreeNode node = new(name, "", file, line) { IsOpen = true, Owner = parent.Scene is null ? parent.Owner : parent };
        parent.Add(node, index);
        return node;
    }

    private TreeNode? Create(LoadedScene scene, SceneFileNode node, string type) =>
        Count(scene.File.Path, node.Line) ? new TreeNode(node.Name, type, scene.File.Path, node.Line) : null;

    private bool Count(string file, int line)
    {
        if (++_nodes > limits.NodesMax) Fail(file, line, $"the scene grows beyond {limits.NodesMax} nodes");
        return !_failed;
    }

    private void Apply(LoadedScene scene, int i, TreeNode node)
    {
        SceneFileNode said = scene.File.Nodes[i];
        // An override repeats the id that the node has in its own scene; an instance has one of its own.
        if (!said.IsOverride || node.UniqueId == 0) node.UniqueId = said.UniqueId ?? 0;
        foreach (string group in said.Groups) node.AddGroup(group);
        foreach (WeighedProperty property in scene.Properties[i])
        {
            _values += property.Weight;
            if (_values > limits.ValuesMax)
            {
                Fail(scene.File.Path, said.Line, $"the scene grows beyond {limits.ValuesMax} values");
                return;
            }

            node.Set(property.Name, property.Value);
        }
    }

    private void Connect(LoadedScene scene, int i, TreeNode root)
    {
        SceneFileConnection connection = scene.File.Connections[i];
        string file = scene.File.Path;
        TreeNode? from = Find(root, connection.From, file, connection.Line);
        TreeNode? to = Find(root, connection.To, file, connection.Line);
        if (from is not null && to is not null) _connections.Add((connection, from, to, scene.Binds[i]));
        else if (!_failed)
            _loader.Warn(file, connection.Line, $"there is no node \"{(from is null ? connection.From : connection.To)}\" to connect; dropped");
    }

    private static ImmutableArray<ExpandedNode> InTreeOrder(TreeNode root)
    {
        List<(TreeNode Node, int Depth)> ordered = [];
        Stack<(TreeNode Node, int Depth)> rest = new([(root, 0)]);
        while (rest.TryPop(out (TreeNode Node, int Depth) next))
        {
            next.Node.Index = ordered.Count;
            ordered.Add(next);
            for (int i = next.Node.Children.Count - 1; i >= 0; i--) rest.Push((next.Node.Children[i], next.Depth + 1));
        }

        return [.. ordered.Select(n => n.Node.Finish(n.Depth))];
    }

    private static string Join(string parent, string name) => parent == "." ? name : parent + "/" + name;

    private TreeNode? Fail(string file, int line, string message)
    {
        if (!_failed) Error = new SceneFileError(file, line, 0, message);
        _failed = true;
        return null;
    }
}
