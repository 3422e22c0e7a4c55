using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <content>
/// What only clients of ours can do: keep a node that moves, which SceneMultiplayer would free and make anew, and free what
/// came with a scene, of which it knows nothing. All of it in the order of the packets.
/// </content>
/// <remarks>
/// HAZARD: a node that leaves the tree, even for a moment, loses its net id in SceneMultiplayer, and so do its synchronizers
/// and all below it. From then on they go by their paths, and the node's own end is told by its path.
/// </remarks>
public sealed partial class PeerSession
{
    private readonly SortedSet<NodeId> _lifted = [];
    private readonly SortedSet<NodeId> _along = []; // below what is lifted
    private readonly FreedNodes _freed = new();

    // What the client has and is to lose, where it has it: a spawned node, or one of a scene.
    private readonly record struct Going(string Path, NodeId Node, ToldNode? Told, TakenNode? Taken);

    // The deepest first, so that everything is where its path says.
    private void TakeBack(WorldChange? change, IReadOnlySet<NodeId> lost)
    {
        List<Going> going = [.. lost.Where(_told.ContainsKey).Select(id => new Going(_told[id].Node.Path, id, _told[id], null))];
        if (_outbox.CanMove && change is not null) going.AddRange(change.Taken.Where(Had).Select(t => new Going(t.Path, t.Node, null, t)));
        if (going.Count == 0) return;
        going.Sort((a, b) => (a.Path.Length, a.Node).CompareTo((b.Path.Length, b.Node)));
        HashSet<NodeId> moved = [.. change?.Despawned.Select(d => d.Node) ?? []];
        (SortedSet<NodeId> lifted, SortedSet<NodeId> along) = change is null ? ([], []) : Kept(going.Select(g => (g.Node, g.Told?.Node, g.Told is null || moved.Contains(g.Node))));
        for (int i = going.Count - 1; i >= 0; i--)
        {
            Going one = going[i];
            if (along.Contains(one.Node)) GoAlong(one.Node);
            else if (lifted.Contains(one.Node)) Lift(one.Node, one.Path, one.Taken);
            else if (one.Told is { } told) Despawn(told);
            else Free(one.Taken!.Anchor, one.Taken.Below, one.Path);
        }
    }

    private bool Had(TakenNode taken) =>
        (taken.Anchor == NodeId.Root || _told.ContainsKey(taken.Anchor)) && !_freed.Contains(taken.Anchor, taken.Below);

    // Those that come again elsewhere, and what stays below them; from above to below.
    private (SortedSet<NodeId> Lifted, SortedSet<NodeId> Along) Kept(IEnumerable<(NodeId Node, SpawnedNode? Was, bool IsMoved)> going)
    {
        SortedSet<NodeId> lifted = [];
        SortedSet<NodeId> along = [];
        if (!_outbox.CanMove) return (lifted, along);
        foreach ((NodeId node, SpawnedNode? was, bool isMoved) in going)
        {
            if (!_world.Spawned.TryGetValue(node, out SpawnedNode? now) || !CanKeep(was, now)) continue;
            if (isMoved) lifted.Add(node);
            else if (_world.SpawnedAbove(node).Skip(1).FirstOrDefault() is { } above && (lifted.Contains(above.Node) || along.Contains(above.Node))) along.Add(node);
        }

        return (lifted, along);
    }

    // Not so what this client has spawned itself, and what has such below it: leaving the tree, its spawners would take all
    // of that back. Nor where it has synchronizers whose paths nobody knows.
    private bool CanKeep(SpawnedNode? was, SpawnedNode now)
    {
        if (was is not null && (was.Spawner.Authority == Peer || !now.IsMadeLike(was))) return false;
        if (now.Spawner.Authority == Peer || !IsKnownSource(now.Spawner.Authority) || IsHidden(now.Node)) return false;
        foreach (NodeId below in _world.Below(now.Node))
        {
            if (_world.Spawners.TryGetValue(below, out Spawner? spawner) && spawner.Authority == Peer) return false;
            if (_world.Spawned.TryGetValue(below, out SpawnedNode? nested) && nested.Spawner.Authority == Peer) return false;
            if (_world.Synchronizers.TryGetValue(below, out Synchronizer? synchronizer) && synchronizer.IsStandIn) return false;
        }

        return true;
    }

    private void Lift(NodeId node, string path, TakenNode? from = null)
    {
        if (from is not null)
        {
            _freed.TryAdd(from.Anchor, from.Below);
            SessionMemory.Free(from.Anchor, from.Below, isFreed: true, _outbox);
        }

        ForgetSpawn(node);
        _lifted.Add(node);
        SessionMemory.Lift(node, isLifted: true, _outbox);
        _outbox.Move(new NodeMove.Lift(node, path));
    }

    private void GoAlong(NodeId node)
    {
        if (Mutation.Is("forget-what-goes-along")) return;
        ForgetSpawn(node);
        _along.Add(node);
    }

    // Puts a node where it is now, if the client has it already.
    private bool TryPut(SpawnedNode node)
    {
        if (_along.Remove(node.Node))
        {
            Tell(node, wasMoved: true);
            return true;
        }

        if (!_lifted.Remove(node.Node)) return false;
        Tell(node, wasMoved: true);
        SessionMemory.Lift(node.Node, isLifted: false, _outbox);
        _outbox.Move(new NodeMove.Put(node.Node, _world.PathOf(node.Spawner.Parent)!, node.Name));
        return true;
    }

    // What has found no place that the client knows.
    private void DropLeftOver()
    {
        foreach (NodeId node in _along)
        {
            ForgetFreed(node);
            // Its place is gone, or it went along to where it is not to be seen.
            if (_world.Spawned.TryGetValue(node, out SpawnedNode? there) && !Lacks(there.Spawner.Parent)) _outbox.Move(new NodeMove.Free(there.Path, ""));
        }

        _along.Clear();
        foreach (NodeId node in _lifted) Drop(node);
        _lifted.Clear();
    }

    private void Drop(NodeId node)
    {
        ForgetFreed(node);
        SessionMemory.Lift(node, isLifted: false, _outbox);
        _outbox.Move(new NodeMove.Drop(node));
    }

    // What a scene has and the tree has not; the client has just opened it.
    private void FreeMissing(NodeId instance, NodeId anchor)
    {
        if (!_outbox.CanMove || Mutation.Is("tell-only-once-what-is-taken")) return;
        foreach (string missing in _world.MissingOf(instance))
        {
            string path = $"{_world.PathOf(instance)}/{missing}";
            Free(anchor, instance == anchor ? missing : path, path);
        }
    }

    private void Free(NodeId anchor, string below, string path)
    {
        if (!_freed.TryAdd(anchor, below)) return;
        SessionMemory.Free(anchor, below, isFreed: true, _outbox);
        _outbox.Move(new NodeMove.Free(path, ""));
    }

    private void ForgetFreed(NodeId anchor)
    {
        foreach (string below in _freed.Forget(anchor)) SessionMemory.Free(anchor, below, isFreed: false, _outbox);
    }
}
