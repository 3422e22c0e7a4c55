using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Sync.World;

/// <content>What a node is to Godot's multiplayer (a spawner, a synchronizer, spawned by one of them) before and after a change.</content>
public sealed partial class GameWorld
{
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
