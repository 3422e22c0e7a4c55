using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>A node of a running game: what Godot's Node is to the network.</summary>
/// <remarks>
/// It enters and leaves the tree, is renamed and found by path as in the engine, errors included: where the engine would
/// print one, an entry of <see cref="GameTree.Errors"/> comes and nothing else happens. There are no scripts; the tree's
/// hooks stand for them. Source: scene/main/node.cpp.
/// </remarks>
public class GameNode
{
    private readonly List<GameNode> _children = [];
    private readonly Dictionary<string, GameNode> _byName = new(StringComparer.Ordinal);
    private Dictionary<string, GameNode>? _uniqueNames;
    private bool _readyFirst = true;
    private bool _readyNotified;
    private int _blocked;

    internal GameNode(GameTree game, string type)
    {
        Game = game;
        Type = type;
        InstanceId = game.NextInstanceId();
        Properties = new(this);
    }

    /// <summary>The game that made it; it need not be in the game's tree.</summary>
    public GameTree Game { get; }

    /// <summary>Grows with every node that a game makes; never reused.</summary>
    public long InstanceId { get; }

    /// <summary>The engine class; empty where only a missing scene could say it.</summary>
    public string Type { get; }

    /// <summary>Unique among its siblings; empty until it is named.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The scene that it is the root of, for instance <c>res://player.tscn</c>; null for others.</summary>
    public string? SceneFilePath { get; set; }

    /// <summary>The script's file; null if it has none that is known.</summary>
    public string? ScriptPath { get; set; }

    /// <summary>What can be called from afar.</summary>
    public RpcMethods RpcMethods { get; set; } = RpcMethods.None;

    /// <summary>Values that the scene, the game or a peer has set, and defaults of those that none has.</summary>
    public PropertySet Properties { get; }

    /// <summary>The peer that has the say on it: 1, the server, until it is set.</summary>
    public int MultiplayerAuthority { get; private set; } = 1;

    /// <summary>The parent; null for a root or a node outside.</summary>
    public GameNode? Parent { get; private set; }

    /// <summary>The root of the scene that added it; null if none did.</summary>
    public GameNode? Owner { get; internal set; }

    /// <summary>In the order in which they were added, which is that in which they enter the tree.</summary>
    public IReadOnlyList<GameNode> Children => _children;

    /// <summary>Whether it is in the game's tree.</summary>
    public bool IsInsideTree { get; private set; }

    /// <summary>Whether it was deleted: it is in no tree and never will be.</summary>
    public bool IsFreed { get; private set; }

    /// <summary>Whether it will be deleted at the end of the frame.</summary>
    public bool IsQueuedForDeletion { get; internal set; }

    internal event Action<GameNode>? ChildEnteredTree;
    internal event Action<GameNode>? Ready;
    internal event Action<GameNode>? TreeExiting;
    internal event Action<GameNode>? TreeExited;

    /// <summary>From the tree's root, for instance <c>/root/Main</c>; from the topmost ancestor if it is outside.</summary>
    public string Path
    {
        get
        {
            List<string> names = [];
            for (GameNode? at = this; at is not null; at = at.Parent) names.Add(at.Name);
            names.Reverse();
            return (IsInsideTree ? "/" : "") + string.Join('/', names);
        }
    }

    /// <summary>The path from the tree's root, as the protocol has it: <c>Main/Player</c>, and <c>.</c> for the root.</summary>
    internal string PathFromRoot
    {
        get
        {
            if (!IsInsideTree) Error($"Cannot get path of node as it is not in a scene tree. ({Name})");
            return Parent is null || !IsInsideTree ? "." : Path["/root/".Length..];
        }
    }

    /// <summary>Renames it; a name that a sibling has gets a number, and reserved characters become underscores.</summary>
    public void SetName(string name)
    {
        if (name.Length == 0)
        {
            Error("set_name: the name is empty");
            return;
        }

        name = ChildName.Valid(name);
        if (Parent is { } parent)
        {
            name = ChildName.Serial(name, n => parent._byName.TryGetValue(n, out GameNode? other) && other != this);
            parent._byName.Remove(Name);
            parent._byName.Add(name, this);
        }

        string old = Name;
        Name = name;
        if (Owner?._uniqueNames is { } unique && unique.Remove("%" + old)) unique["%" + name] = this;
    }

    /// <summary>Gives the node, and all below it, to a peer.</summary>
    public virtual void SetMultiplayerAuthority(int peer, bool recursive = true)
    {
        MultiplayerAuthority = peer;
        if (!recursive) return;
        foreach (GameNode child in _children) child.SetMultiplayerAuthority(peer);
    }

    /// <summary>Whether this game has the say on it.</summary>
    public bool IsMultiplayerAuthority()
    {
        if (IsInsideTree) return Game.Multiplayer.UniqueId == MultiplayerAuthority;
        Error($"is_multiplayer_authority: {Name} is not inside the tree");
        return false;
    }

    /// <summary>Adds a child at the end. A name that is taken becomes <c>@Class@N</c>, or a readable <c>Name2</c>.</summary>
    public void AddChild(GameNode child, bool forceReadableName = false)
    {
        Invariant.Holds(child.Game == Game && !IsFreed && !child.IsFreed);
        if (child == this) Error($"Can't add child '{child.Name}' to itself.");
        else if (child.Parent is not null) Error($"Can't add child '{child.Name}' to '{Name}', already has a parent '{child.Parent.Name}'.");
        else if (child.IsAncestorOf(this)) Error($"Can't add child '{child.Name}' to '{Name}' as it would result in a cyclic dependency.");
        else if (_blocked > 0) Error("Parent node is busy setting up children, `add_child()` failed.");
        else
        {
            if (forceReadableName) child.Name = ChildName.Serial(child.Name.Length > 0 ? child.Name : child.Type, _byName.ContainsKey);
            else if (child.Name.Length == 0 || _byName.ContainsKey(child.Name)) child.Name = $"@{child.Type}@{Game.NextSerial()}";
            AddChildUnchecked(child);
        }
    }

    /// <summary>Takes a child out; it stays as it is, outside of the tree.</summary>
    public void RemoveChild(GameNode child)
    {
        if (_blocked > 0)
        {
            Error("Parent node is busy adding/removing children, `remove_child()` can't be called at this time.");
            return;
        }

        if (child.Parent != this)
        {
            Error($"remove_child: {child.Name} is no child of {Name}");
            return;
        }

        _blocked++;
        child.SetInsideTree(false);
        _blocked--;
        _children.Remove(child);
        _byName.Remove(child.Name);
        child.Parent = null;
        if (IsInsideTree) child.AfterExitTree();
    }

    /// <summary>Deletes it, and all below it, at the end of the frame (<see cref="GameTree.FlushDeleteQueue"/>).</summary>
    public void QueueFree() => Game.QueueDelete(this);

    /// <summary>Deletes it, and all below it, now.</summary>
    public void Free()
    {
        if (IsFreed) return;
        Parent?.RemoveChild(this);
        // Where the parent is busy it stays, as in the engine; but there it is deleted all the same.
        if (Parent is not null) return;
        for (int i = _children.Count - 1; i >= 0; i--) _children[i].Free();
        IsFreed = true;
    }

    /// <summary>The child of a name; null if there is none.</summary>
    public GameNode? Child(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether this node is above another one.</summary>
    public bool IsAncestorOf(GameNode other)
    {
        for (GameNode? at = other.Parent; at is not null; at = at.Parent)
        {
            if (at == this) return true;
        }

        return false;
    }

    /// <summary>The node at a path from here, or from the root if the path is absolute; null if there is none.</summary>
    public GameNode? GetNodeOrNull(NodePath path)
    {
        if (path.IsEmpty) return null;
        if (path.IsAbsolute && !IsInsideTree)
        {
            Error("Can't use get_node() with absolute paths from outside the active scene tree.");
            return null;
        }

        GameNode? at = path.IsAbsolute ? null : this;
        foreach (string name in path.Names)
        {
            GameNode? next;
            if (name == ".") next = at;
            else if (name == "..") next = at?.Parent;
            else if (at is null) next = name == Game.Root.Name ? Game.Root : null;
            else if (name[0] == '%') next = at._uniqueNames?.GetValueOrDefault(name) ?? at.Owner?._uniqueNames?.GetValueOrDefault(name);
            else next = at.Child(name);
            if (next is null && name != ".") return null;
            at = next;
        }

        return at;
    }

    /// <summary>As <see cref="GetNodeOrNull(NodePath)"/>, with a path's text.</summary>
    public GameNode? GetNodeOrNull(string path) => GetNodeOrNull(NodePath.Parse(path));

    /// <summary>The node at a path; if there is none, null and an error.</summary>
    public GameNode? GetNode(NodePath path)
    {
        GameNode? node = GetNodeOrNull(path);
        if (node is null) Error($"Node not found: \"{path}\" (from \"{Path}\").");
        return node;
    }

    /// <summary>As <see cref="GetNode(NodePath)"/>, with a path's text.</summary>
    public GameNode? GetNode(string path) => GetNode(NodePath.Parse(path));

    /// <summary>A property's value; see <see cref="PropertySet"/>.</summary>
    public Variant Get(string property) => Properties.Get(property);

    /// <summary>Sets a property.</summary>
    public void Set(string property, Variant value) => Properties.Set(property, value);

    /// <inheritdoc/>
    public override int GetHashCode() => InstanceId.GetHashCode();

    /// <summary>The path, for people.</summary>
    public override string ToString() => Path;

    internal void Error(string message) => Game.Report(message);

    /// <summary>Adds a child whose name is free: one that a scene has.</summary>
    internal void AddChildUnchecked(GameNode child)
    {
        _children.Add(child);
        _byName.Add(child.Name, child);
        child.Parent = this;
        if (IsInsideTree) child.SetInsideTree(true);
    }

    /// <summary>Makes it known to its owner as <c>%Name</c>.</summary>
    internal void AcquireUniqueName()
    {
        if (Owner is null) return;
        Owner._uniqueNames ??= new(StringComparer.Ordinal);
        Owner._uniqueNames.TryAdd("%" + Name, this);
    }

    internal void BecomeRoot(string name)
    {
        Name = name;
        IsInsideTree = true;
        _readyNotified = true;
        _readyFirst = false;
    }

    /// <summary>The engine's own part of entering the tree; a script comes after it.</summary>
    private protected virtual void OnEnterTree()
    {
    }

    /// <summary>All below it are ready.</summary>
    private protected virtual void OnPostEnterTree()
    {
    }

    /// <summary>It leaves the tree; all below it have.</summary>
    private protected virtual void OnExitTree()
    {
    }

    private void SetInsideTree(bool inside)
    {
        if (IsInsideTree) ExitTree();
        if (!inside) return;
        EnterTree();
        if (Parent is null || Parent._readyNotified) BecomeReady();
    }

    private void EnterTree()
    {
        IsInsideTree = true;
        OnEnterTree();
        Game.OnEnterTree?.Invoke(this);
        Parent?.ChildEnteredTree?.Invoke(this);
        _blocked++;
        foreach (GameNode child in _children)
        {
            // The hook may have added it already.
            if (!child.IsInsideTree) child.EnterTree();
        }

        _blocked--;
    }

    private void BecomeReady()
    {
        _readyNotified = true;
        _blocked++;
        foreach (GameNode child in _children) child.BecomeReady();
        _blocked--;
        OnPostEnterTree();
        if (!_readyFirst) return;
        _readyFirst = false;
        Game.OnReady?.Invoke(this);
        Ready?.Invoke(this);
    }

    private void ExitTree()
    {
        _blocked++;
        for (int i = _children.Count - 1; i >= 0; i--) _children[i].ExitTree();
        _blocked--;
        Game.OnExitTree?.Invoke(this);
        TreeExiting?.Invoke(this);
        OnExitTree();
        _readyNotified = false;
        IsInsideTree = false;
    }

    private void AfterExitTree()
    {
        if (Owner is not null && !Owner.IsAncestorOf(this))
        {
            Owner._uniqueNames?.Remove("%" + Name);
            Owner = null;
        }

        for (int i = _children.Count - 1; i >= 0; i--) _children[i].AfterExitTree();
        TreeExited?.Invoke(this);
    }
}
