using Banyan.Scene.Records;
using Banyan.Sync.Interest;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <content>
/// What the client may see: as in Godot, of synchronizers their state, and of spawned nodes whether they are there at all.
/// What is hidden from it, and all that hangs below, is not named in anything that it is sent, and is not there to it.
/// </content>
public sealed partial class PeerSession
{
    /// <summary>Whether a node is hidden from the client, itself or with a node above it.</summary>
    public bool IsHidden(NodeId node) => _world.SpawnedAbove(node).Any(above => !Sees(above));

    private bool Sees(Synchronizer synchronizer) => synchronizer.IsVisibleTo(Peer);

    private bool Sees(SpawnedNode node) => _world.IsVisibleTo(Peer, node) && _interest.Includes(Peer, node.Node);

    // Godot asks the caller's synchronizers; here all callers' calls come by, and the tree's count.
    private bool MayBeCalled(NodeId node) => !IsHidden(node) && (_world.Spawned.ContainsKey(node) || _world.IsCallableBy(Peer, node));

    // Whether it was not told of a spawned node that this one belongs to, whatever for.
    private bool Lacks(NodeId node, NodeId except = default) =>
        _world.SpawnedAbove(node).Any(above => above.Node != except && !_told.ContainsKey(above.Node));

    /// <summary>Peers that are near enough to be known: before whatever comes in their names.</summary>
    internal void OnNear(AreaChange change)
    {
        foreach (int peer in change.Peers)
        {
            if (_interest.Knows(Peer, peer)) AddPeer(peer);
        }
    }

    /// <summary>Nodes, and peers, that have come near or gone far.</summary>
    internal void OnMoved(AreaChange change)
    {
        OnNear(change);
        foreach (NodeId id in change.Nodes)
        {
            if (!_world.Spawned.TryGetValue(id, out SpawnedNode? node)) continue;
            if (Sees(node)) Show(node);
            else Hide(node);
        }

        foreach (int peer in change.Peers)
        {
            if (!_interest.Knows(Peer, peer)) LosePeer(peer);
        }

        Flush();
    }

    // What hangs below may be there for long, and only now be seen.
    private void Show(SpawnedNode node)
    {
        if (_told.ContainsKey(node.Node)) return;
        SpawnWithBelow(node);
        if (!_told.ContainsKey(node.Node)) return;
        foreach (Synchronizer synchronizer in _world.Below(node.Node).SelectMany(_world.SynchronizersAbout).ToList()) Follow(synchronizer);
    }

    private void SpawnWithBelow(SpawnedNode node)
    {
        if (_told.ContainsKey(node.Node)) return;
        Spawn(node);
        if (!_told.ContainsKey(node.Node)) return;
        foreach (NodeId below in _world.Below(node.Node))
        {
            if (_world.Spawned.TryGetValue(below, out SpawnedNode? nested)) Spawn(nested);
        }
    }

    // The client loses a node that stays in the tree. If it comes again it does so under other numbers, although its path is
    // the same: when both are told within one frame of a client, what it has just lost is still there, out of the tree, and
    // Godot would find it under the old number (godot: SceneCacheInterface::get_cached_object asks for the object first).
    private void Hide(SpawnedNode node)
    {
        if (!_told.ContainsKey(node.Node)) return;
        var lost = new SortedSet<NodeId>(_world.Below(node.Node)) { node.Node };
        TakeBack(null, lost);
        foreach (Synchronizer synchronizer in lost.SelectMany(_world.SynchronizersAbout)) Unfollow(synchronizer.Node);
        ForgetHeard(lost);
        ForgetPaths(lost);
        foreach (NodeId id in lost) ForgetNumber(id);
    }

    // It goes by its path from now on, whoever writes it.
    private void Withdraw(Synchronizer synchronizer)
    {
        Unfollow(synchronizer.Node);
        if (_numbered.Remove(synchronizer.Node) && _told.TryGetValue(synchronizer.Root, out ToldNode root)) Remember(root);
    }

    private void ForgetNumber(NodeId node)
    {
        if (!_ids.TryGet(node, out uint number)) return;
        _ids.Forget(node);
        if (!_outbox.CanResume) return;
        SessionMemory.ForgetNumber(node, _outbox);
        Spend(number);
    }

    // Never again for another node, wherever the client goes.
    private void Spend(uint number)
    {
        if (number <= _spent) return;
        _spent = number;
        SessionMemory.Spend(number, _outbox);
    }
}
