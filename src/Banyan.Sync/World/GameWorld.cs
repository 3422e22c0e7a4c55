using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Scenes;
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

    private void Reclassify(List<NodeId> affected, WorldChange change)
    {
        // What spawns and what synchronizes comes first: nodes are seen by it.
        var more = new List<NodeId>();
        foreach (NodeId id in affected)
        {
            MirrorNode? node = _mirror.TryFind(id, out MirrorNode? found) && IsInTree(found) ? found : null;
            _dependents.Forget(id);
            ReclassifySpawner(id, node, more);
            ReclassifySynchronizer(id, node, change, more);
        }

        var seen = new HashSet<NodeId>();
        foreach (NodeId id in affected.Concat(more))
        {
            if (!seen.Add(id)) continue;
            SpawnedNode? was = _spawned.GetValueOrDefault(id);
            SpawnedNode? now = _mirror.TryFind(id, out MirrorNode? node) && IsInTree(node) ? SpawnedOf(node) : null;
            if (was is not null) Unlink(_spawnedByAuthority, was.Spawner.Authority, id);
            if (now is not null) Link(_spawnedByAuthority, now.Spawner.Authority, id);
            if (now is null) _spawned.Remove(id);
            else _spawned[id] = now;
            bool same = was is not null && now is not null && was.IsSameToClients(now);
            if (was is not null && !same) change.Despawned.Insert(0, was);
            if (now is not null && !same) change.Spawned.Add(now);
        }
    }

    private void ReclassifySpawner(NodeId id, MirrorNode? node, List<NodeId> more)
    {
        Spawner? was = _spawners.GetValueOrDefault(id);
        Spawner? now = node is null ? null : SpawnerOf(node);
        if (Equals(was, now)) return;
        if (was is not null)
        {
            _spawners.Remove(id);
            Unlink(_spawnersOfParent, was.Parent, id);
            AddChildren(was.Parent, more);
        }

        if (now is not null)
        {
            _spawners.Add(id, now);
            Link(_spawnersOfParent, now.Parent, id);
            AddChildren(now.Parent, more);
        }
    }

    private void ReclassifySynchronizer(NodeId id, MirrorNode? there, WorldChange change, List<NodeId> more)
    {
        Synchronizer? was = _synchronizers.GetValueOrDefault(id);
        Synchronizer? now = there is null ? null : SynchronizerOf(there);
        if (Equals(was, now))
        {
            if (now is null || now.Visibility.Equals(was!.Visibility)) return;
            _synchronizers[id] = now;
            change.Reseen.Add(now);
            return;
        }

        if (was is not null)
        {
            _synchronizers.Remove(id);
            foreach (NodeId node in was.About) Unlink(_synchronizersAbout, node, id);
            Unlink(_synchronizersOfRoot, was.Root, id);
            foreach (SyncProperty property in was.Watched) _watchers.GetValueOrDefault(property)?.Remove(id);
            foreach (SyncProperty property in was.Always) Unlink(_senders, property, id);
            Unlink(_synchronizersOfAuthority, was.Authority, id);
            change.Withdrawn.Add(was);
            more.Add(was.Root);
        }

        if (now is not null)
        {
            _synchronizers.Add(id, now);
            foreach (NodeId node in now.About) Link(_synchronizersAbout, node, id);
            Link(_synchronizersOfRoot, now.Root, id);
            // A stand-in's are its own: they are found without.
            for (int bit = 0; bit < now.Watched.Length && !now.IsStandIn; bit++)
            {
                if (!_watchers.TryGetValue(now.Watched[bit], out SortedDictionary<NodeId, int>? watchers)) _watchers.Add(now.Watched[bit], watchers = []);
                watchers[id] = bit;
            }

            foreach (SyncProperty property in now.Always) Link(_senders, property, id);
            Link(_synchronizersOfAuthority, now.Authority, id);
            change.Enrolled.Add(now);
            more.Add(now.Root);
        }
    }

    private void NoteWatched(SyncProperty property, WorldChange change)
    {
        if (_synchronizers.TryGetValue(property.Node, out Synchronizer? own) && own.IsStandIn && own.Watched.IndexOf(property) is var place and >= 0)
            NoteWatched(own.Node, place, change);
        if (!_watchers.TryGetValue(property, out SortedDictionary<NodeId, int>? watchers)) return;
        foreach ((NodeId id, int bit) in watchers) NoteWatched(id, bit, change);
    }

    private void NoteWatched(NodeId id, int bit, WorldChange change)
    {
        int at = change.Watched.FindIndex(w => w.Synchronizer.Node == id);
        ulong mask = 1UL << bit;
        if (at < 0) change.Watched.Add((_synchronizers[id], mask));
        else change.Watched[at] = (_synchronizers[id], change.Watched[at].Mask | mask);
    }

    private Spawner? SpawnerOf(MirrorNode node)
    {
        if (node.Header!.Type != SpawnerConfig.ClassName || !SpawnerConfig.TryRead(Expanded(node), out SpawnerConfig config)) return null;
        if (config.SpawnPath.IsEmpty || !TryResolve(node.Id, config.SpawnPath, node.Id, out MirrorNode? parent)) return null;
        ImmutableArray<string> scenes = [.. config.SpawnableScenes.Select(files.PathOf)];
        return new(node.Id, parent.Id, scenes, config.SpawnLimit, node.Header.Authority);
    }

    private Synchronizer? SynchronizerOf(MirrorNode node)
    {
        if (node.Header!.Type != SynchronizerConfig.ClassName || !SynchronizerConfig.TryRead(Expanded(node), out SynchronizerConfig config)) return null;
        if (!TryResolve(node.Id, config.RootPath, node.Id, out MirrorNode? root)) return null;
        var visibility = SyncVisibility.Of(node, config.PublicVisibility);
        if (StandIn.TryRead(node, out ImmutableArray<SyncProperty> spawn, out ImmutableArray<SyncProperty> watched))
            return new(node.Id, root.Id, config, node.Header.Authority, node.Header.AuthorityEpoch, spawn, [], watched, visibility) { IsStandIn = true };
        ImmutableArray<SyncProperty> Of(ImmutableArray<NodePath> paths) => [.. paths.Select(path => PropertyOf(root, path, node.Id))];
        return new(
            node.Id, root.Id, config, node.Header.Authority, node.Header.AuthorityEpoch, Of(config.Replication.Spawn),
            Of(config.Replication.Sync), Of(config.Replication.Watch), visibility);
    }

    // A node that is not there keeps its place in the packet.
    private SyncProperty PropertyOf(MirrorNode root, NodePath path, NodeId behalf) =>
        new(TryResolve(root.Id, path, behalf, out MirrorNode? node) ? node.Id : NodeId.None, string.Join(':', path.Subnames));

    private SpawnedNode? SpawnedOf(MirrorNode node)
    {
        if (!_spawnersOfParent.TryGetValue(node.Header!.Parent.Id, out SortedSet<NodeId>? spawners)) return null;
        if (IsPlaced(node)) return null;
        bool custom = node.Attachments.TryGetValue(SpawnedNode.ArgumentAttachment, out byte[]? argument);
        NodeId named = custom ? SpawnedNode.SpawnerNamedBy(node) : NodeId.None;
        foreach (NodeId id in spawners)
        {
            if (!named.IsNone && id != named) continue;
            Spawner spawner = _spawners[id];
            int scene = custom ? SpawnPacket.CustomScene : spawner.Scenes.IndexOf(files.PathOf(node.Header.Instance));
            if (scene < 0) continue;
            ImmutableArray<NodeId> synchronizers = _synchronizersOfRoot.TryGetValue(node.Id, out SortedSet<NodeId>? own)
                ? [.. _mirror.Walk(node).Select(below => below.Node.Id).Where(own.Contains)]
                : [];
            return new(node.Id, node.Header.Name, spawner, (byte)scene, argument, synchronizers, PathOf(node.Id)!);
        }

        return null;
    }

    // What a script's function has made is in no file; all of it came with the node itself.
    private bool IsPartOfCustomSpawn(MirrorNode node)
    {
        MirrorNode? above = node;
        for (int depth = 0; above is not null && depth <= SceneTransaction.DepthMax; depth++)
        {
            if (_spawned.TryGetValue(above.Id, out SpawnedNode? spawned)) return spawned.Scene == SpawnPacket.CustomScene;
            above = above.Header!.IsRoot ? null : _mirror[above.Header.Parent];
        }

        return false;
    }

    private void AddChildren(NodeId parent, List<NodeId> more)
    {
        if (!_mirror.TryFind(parent, out MirrorNode? node)) return;
        foreach (NodePlace child in node.Children) more.Add(child.Id);
    }

    private static void Link<T>(IDictionary<T, SortedSet<NodeId>> links, T from, NodeId to)
    {
        if (!links.TryGetValue(from, out SortedSet<NodeId>? linked)) links.Add(from, linked = []);
        linked.Add(to);
    }

    private static void Unlink<T>(IDictionary<T, SortedSet<NodeId>> links, T from, NodeId to)
    {
        if (links.TryGetValue(from, out SortedSet<NodeId>? linked) && linked.Remove(to) && linked.Count == 0) links.Remove(from);
    }

    // What a client has of a spawned node hangs on synchronizers that were, or are, its own.
    private void Reconsider(WorldChange change)
    {
        var isNew = new HashSet<NodeId>(change.Spawned.Select(s => s.Node));
        var roots = new SortedSet<NodeId>(change.Reseen.Concat(change.Withdrawn).Concat(change.Enrolled).Select(s => s.Root).Where(r => !isNew.Contains(r)));
        change.Reconsidered.AddRange(roots.Where(_spawned.ContainsKey).OrderBy(DepthOf).Select(r => _spawned[r]));
    }

    // As Banyan.Godot reads it from a file.
    private static ExpandedNode Expanded(MirrorNode node) => new()
    {
        Name = node.Header!.Name,
        Parent = -1,
        Depth = 0,
        Type = node.Header.Type,
        Groups = [],
        Properties =
        [
            .. node.Properties
                .Where(p => PropertyValue.TryDecode(p.Value, out _))
                .Select(p => new KeyValuePair<string, Variant>(p.Key, PropertyValue.TryDecode(p.Value, out Variant value) ? value : default)),
        ],
        Owner = -1,
        Scene = null,
        InstanceRoot = false,
        UniqueName = false,
        UniqueId = 0,
    };
}
