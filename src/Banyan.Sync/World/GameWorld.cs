using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;
using Banyan.Kv.Ranges;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Sync.World;

/// <summary>
/// The world as clients see it: the mirrored tree, and in it what Godot's multiplayer knows of: spawners, synchronizers
/// and spawned nodes. Give it a snapshot, then every transaction in order.
/// </summary>
public sealed partial class GameWorld(GameFiles files)
{
    private readonly SceneMirror _mirror = new();
    private readonly SortedDictionary<NodeId, Spawner> _spawners = [];
    private readonly SortedDictionary<NodeId, Synchronizer> _synchronizers = [];
    private readonly SortedDictionary<NodeId, SpawnedNode> _spawned = [];
    private readonly SortedDictionary<NodeId, SortedSet<NodeId>> _spawnersOfParent = [];
    private readonly SortedDictionary<NodeId, SortedSet<NodeId>> _synchronizersOfRoot = [];
    private readonly SortedDictionary<int, SortedSet<NodeId>> _synchronizersOfAuthority = [];
    private readonly SortedDictionary<int, SortedSet<NodeId>> _spawnedByAuthority = [];
    private readonly SortedDictionary<NodeId, SortedSet<NodeId>> _synchronizersAbout = [];
    private readonly PathDependents _dependents = new();
    private readonly Dictionary<SyncProperty, SortedDictionary<NodeId, int>> _watchers = []; // synchronizer -> bit
    private readonly Dictionary<SyncProperty, SortedSet<NodeId>> _senders = [];

    /// <summary>What the game ships.</summary>
    public GameFiles Files => files;

    /// <summary>The tree.</summary>
    public SceneMirror Tree => _mirror;

    /// <summary>All spawners in the tree.</summary>
    public IReadOnlyDictionary<NodeId, Spawner> Spawners => _spawners;

    /// <summary>All synchronizers in the tree.</summary>
    public IReadOnlyDictionary<NodeId, Synchronizer> Synchronizers => _synchronizers;

    /// <summary>All nodes that a spawner has put there.</summary>
    public IReadOnlyDictionary<NodeId, SpawnedNode> Spawned => _spawned;

    /// <summary>Takes a transaction, or a snapshot as if it were one.</summary>
    public WorldChange Apply(ReadOnlySpan<VersionEvent> changes)
    {
        var before = new SortedDictionary<NodeId, NodeHeader?>();
        var configured = new SortedSet<NodeId>();
        var properties = new List<SyncProperty>();
        List<(TakenNode Node, NodeHeader Header)> leaving = Leaving(changes);
        foreach (VersionEvent one in changes)
        {
            if (!SceneKeys.TryParse(one.Key, out SceneKey key)) continue;
            NodeId id = key.Node.Id;
            switch (key.Kind)
            {
                case RecordKind.Header:
                    if (!before.ContainsKey(id)) before.Add(id, _mirror.TryFind(id, out MirrorNode? node) ? node.Header : null);
                    break;
                case RecordKind.Property:
                    properties.Add(new(id, key.Name));
                    if (_spawners.ContainsKey(id) || _synchronizers.ContainsKey(id)) configured.Add(id);
                    break;
                case RecordKind.Attachment when key.Name == SpawnedNode.ArgumentAttachment || SyncVisibility.IsAttachment(key.Name):
                    configured.Add(id);
                    break;
            }

            _mirror.Apply(one.Key, one.Value);
        }

        var change = new WorldChange();
        ForgetMissing(before);
        NoteTaken(leaving, change);
        Reclassify(Affected(before, configured), change);
        foreach (SyncProperty property in properties) NoteWatched(property, change);
        Reconsider(change);
        return change;
    }

    /// <summary>The path of a node from /root, without "/root/": as packets have it. Null if it is not in the tree.</summary>
    public string? PathOf(NodeId id)
    {
        if (!_mirror.TryFind(id, out MirrorNode? node) || !IsInTree(node)) return null;
        string path = _mirror.PathOf(node);
        return path.Length == ScenePath.Root.Length ? "." : path[(ScenePath.Root.Length + 1)..];
    }

    /// <summary>
    /// What a client must have been told of to have a node: the spawned node that it belongs to, itself perhaps;
    /// <see cref="NodeId.Root"/> if every client has it from its scene files; None if no client can have it.
    /// </summary>
    public NodeId AnchorOf(NodeId id)
    {
        if (!_mirror.TryFind(id, out MirrorNode? node)) return NodeId.None;
        for (int depth = 0; depth <= SceneTransaction.DepthMax; depth++)
        {
            if (node.Id == NodeId.Root || _spawned.ContainsKey(node.Id)) return node.Id;
            if (node.Header!.IsRoot || _mirror[node.Header.Parent] is not { } parent) return NodeId.None;
            // Below the root stand the scenes that every client opens by itself.
            if (parent.Id != NodeId.Root && !IsPlaced(node) && !IsPartOfCustomSpawn(node)) return NodeId.None;
            node = parent;
        }

        return NodeId.None;
    }

    /// <summary>What a change has despawned or taken, and all that hung below.</summary>
    public SortedSet<NodeId> LostWith(WorldChange change)
    {
        var lost = new SortedSet<NodeId>();
        foreach (SpawnedNode gone in change.Despawned)
        {
            lost.Add(gone.Node);
            // What was despawned is still there until it is reaped.
            lost.UnionWith(Below(gone.Node));
        }

        foreach (TakenNode taken in change.Taken)
        {
            lost.Add(taken.Node);
            lost.UnionWith(Below(taken.Node));
        }

        foreach (Synchronizer gone in change.Withdrawn)
        {
            if (!_synchronizers.ContainsKey(gone.Node)) lost.Add(gone.Node);
        }

        return lost;
    }

    /// <summary>All spawned nodes, each before those below it.</summary>
    public IEnumerable<SpawnedNode> SpawnedInOrder() =>
        _mirror.Root is { } root ? _mirror.Walk(root).Where(n => _spawned.ContainsKey(n.Node.Id)).Select(n => _spawned[n.Node.Id]) : [];

    /// <summary>The synchronizers of one peer.</summary>
    public IReadOnlyCollection<NodeId> SynchronizersOf(int authority) =>
        _synchronizersOfAuthority.TryGetValue(authority, out SortedSet<NodeId>? synchronizers) ? synchronizers : [];

    /// <summary>The synchronizers that say something of one peer alone.</summary>
    public IEnumerable<NodeId> SynchronizersNaming(int peer) => _synchronizers.Values.Where(s => s.Visibility.Names(peer)).Select(s => s.Node);

    /// <summary>What spawners of one peer have spawned.</summary>
    public IReadOnlyCollection<NodeId> SpawnedBy(int authority) =>
        _spawnedByAuthority.TryGetValue(authority, out SortedSet<NodeId>? spawned) ? spawned : [];

    /// <summary>A node and all that hangs below it, in tree order; nothing if it is not there.</summary>
    public IEnumerable<NodeId> Below(NodeId top) => _mirror.TryFind(top, out MirrorNode? node) ? _mirror.Walk(node).Select(n => n.Node.Id) : [];

    /// <summary>The spawned nodes that a node belongs to, itself perhaps: from the innermost outwards.</summary>
    public IEnumerable<SpawnedNode> SpawnedAbove(NodeId id)
    {
        if (!_mirror.TryFind(id, out MirrorNode? node)) yield break;
        for (int depth = 0; node is not null && depth <= SceneTransaction.DepthMax; depth++)
        {
            if (_spawned.TryGetValue(node.Id, out SpawnedNode? spawned)) yield return spawned;
            node = node.Header!.IsRoot ? null : _mirror[node.Header.Parent];
        }
    }

    /// <summary>Synchronizers that are, whose root is, or that send properties of, a node.</summary>
    public IEnumerable<Synchronizer> SynchronizersAbout(NodeId node) =>
        _synchronizersAbout.TryGetValue(node, out SortedSet<NodeId>? all) ? all.Select(id => _synchronizers[id]) : [];

    /// <summary>
    /// Whether a spawned node is to be spawned for a peer: as in Godot, if one of those of its synchronizers that the
    /// spawner's authority writes is visible to it, or if there are none.
    /// </summary>
    public bool IsVisibleTo(int peer, SpawnedNode node)
    {
        bool isVisible = true;
        foreach (NodeId id in node.Synchronizers)
        {
            Synchronizer synchronizer = _synchronizers[id];
            if (synchronizer.Authority != node.Spawner.Authority) continue;
            isVisible = synchronizer.IsVisibleTo(peer);
            if (isVisible) break;
        }

        return isVisible;
    }

    /// <summary>Whether a peer may be called on a node that stands in a scene: as in Godot, if one of the synchronizers whose root it is is visible to it, or if there are none.</summary>
    public bool IsCallableBy(int peer, NodeId node) =>
        !_synchronizersOfRoot.TryGetValue(node, out SortedSet<NodeId>? own) || own.Any(id => _synchronizers[id].IsVisibleTo(peer));

    /// <summary>The methods of a node that can be called from afar.</summary>
    public RpcMethods MethodsOf(NodeId id) =>
        _mirror.TryFind(id, out MirrorNode? node) && node.Properties.TryGetValue("script", out byte[]? stored)
        && PropertyValue.TryDecode(stored, out Variant value) && value.Type == VariantType.Object && value.AsObject() is ResourceRef script
            ? files.MethodsOf(script.Path)
            : RpcMethods.None;

    /// <summary>The synchronizer that sends a property always; null if none does.</summary>
    public Synchronizer? SenderOf(SyncProperty property) =>
        _senders.TryGetValue(property, out SortedSet<NodeId>? senders) ? _synchronizers[senders.Min] : null;

    /// <summary>Follows a path from a node, as Godot's get_node does; unique names ("%X") are not known.</summary>
    public bool TryResolve(NodeId from, NodePath path, [NotNullWhen(true)] out MirrorNode? found) =>
        TryResolve(from, path, NodeId.None, out found);

    // If it is on someone's behalf, it will be asked again when the way changes.
    private bool TryResolve(NodeId from, NodePath path, NodeId behalf, [NotNullWhen(true)] out MirrorNode? found)
    {
        found = null;
        IEnumerable<string> names = path.Names;
        if (path.IsAbsolute)
        {
            if (path.Names.IsEmpty || path.Names[0] != "root") return false;
            from = NodeId.Root;
            names = path.Names.Skip(1);
        }

        if (!_mirror.TryFind(from, out MirrorNode? at)) return false;
        foreach (string name in names)
        {
            if (name == ".") continue;
            if (name != ".." && !behalf.IsNone) _dependents.Note(behalf, at.Id, name);
            at = name == ".." ? _mirror[at.Header!.Parent] : _mirror.ChildOf(at, name);
            if (at is null) return false;
        }

        found = at;
        return true;
    }

    private bool IsInTree(MirrorNode node)
    {
        MirrorNode? at = node;
        for (int depth = 0; at is not null && depth <= SceneTransaction.DepthMax; depth++)
        {
            if (at.Id == NodeId.Root) return true;
            if (at.Header!.IsRoot) return false;
            at = _mirror[at.Header.Parent];
        }

        return false;
    }

    // In tree order, with all that hangs below what has come, gone or moved.
    private List<NodeId> Affected(SortedDictionary<NodeId, NodeHeader?> before, SortedSet<NodeId> configured)
    {
        var order = new List<NodeId>();
        var seen = new HashSet<NodeId>();
        void Add(NodeId id)
        {
            if (seen.Add(id)) order.Add(id);
        }

        // Tops first, so that what hangs below them stands behind them.
        foreach (NodeId id in before.Keys.OrderBy(DepthOf))
        {
            NodeHeader? was = before[id];
            NodeHeader? now = _mirror.TryFind(id, out MirrorNode? node) ? node.Header : null;
            if (was is null && now is null) continue;
            bool stays = was is not null && now is not null && was.Parent.Id == now.Parent.Id && was.Name == now.Name;
            if (stays || node is null) Add(id);
            else foreach ((MirrorNode below, _) in _mirror.Walk(node)) Add(below.Id);
        }

        foreach (NodeId id in configured) Add(id);
        foreach ((NodeId id, NodeHeader? was) in before)
        {
            NodeHeader? now = _mirror.TryFind(id, out MirrorNode? node) ? node.Header : null;
            foreach (NodeHeader header in new[] { was, now }.OfType<NodeHeader>())
            {
                foreach (NodeId dependent in _dependents.Of(header.Parent.Id, header.Name)) Add(dependent);
            }
        }

        return order;
    }

    private int DepthOf(NodeId id)
    {
        int depth = 0;
        if (!_mirror.TryFind(id, out MirrorNode? node)) return 0;
        while (!node.Header!.IsRoot && depth <= SceneTransaction.DepthMax && _mirror[node.Header.Parent] is { } parent)
        {
            node = parent;
            depth++;
        }

        return depth;
    }
}
