using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <content>A client that comes from another gateway, with what it knows already.</content>
public sealed partial class PeerSession
{
    /// <summary>Of whom it keeps something.</summary>
    public IEnumerable<int> KnownPeers => _peers.Concat(_paths.Sources).Concat(_heard.Keys.Select(p => p.To)).Distinct().Order();

    // What it has and what is so still, it keeps. What is not so any more is taken back, and told anew by whoever calls this.
    private void Recall(SessionMemory memory, IReadOnlySet<int> peers)
    {
        foreach (int peer in memory.Peers)
        {
            if (peer is not Cluster && peer != Peer) _peers.Add(peer);
        }

        _spent = memory.Spent;
        _ids.Spend(_spent);
        foreach ((NodeId node, (uint number, ulong pathHash)) in memory.Numbers)
        {
            if (_world.PathOf(node) is { } path && SessionMemory.HashOf(path) == pathHash && _ids.TryTakeOver(node, number)) continue;
            _ids.Spend(number);
            SessionMemory.ForgetNumber(node, _outbox);
            Spend(number);
        }

        foreach ((NodeId anchor, string below) in memory.Freed) _freed.TryAdd(anchor, below);
        RecallSpawned(memory, peers);
        foreach (NodeId node in memory.Numbers.Keys)
        {
            // It stood below something that is taken back.
            if (!Has(node)) ForgetNumber(node);
        }

        foreach (((int Source, NodeId Node) path, bool isConfirmed) in memory.Announced)
        {
            if (IsKnownSource(path.Source) && _ids.TryGet(path.Node, out _)) _paths.Set(path.Source, path.Node, isConfirmed);
            else SessionMemory.ForgetAnnounced(path.Source, path.Node, _outbox);
        }

        foreach (((int To, uint Id) number, (NodeId node, string path)) in memory.Heard.Take(_limits.PathsMax))
        {
            // What it has sent to a peer before it heard that the peer is out of sight comes again here.
            bool isKnown = IsKnownSource(number.To) || _interest.IsThere(number.To);
            if (!isKnown || (!node.IsNone && !Has(node))) SessionMemory.ForgetHeardPath(number.To, number.Id, _outbox);
            else _heard.Add(number, new(NodePath.Parse(path)) { Node = node });
        }

        foreach (int peer in _heard.Keys.Select(p => p.To).Where(to => !IsKnownSource(to)).Distinct().Order().ToList()) ForgetHeardLater(peer);

        foreach ((uint netId, (NodeId spawner, string name, uint[] synchronizers)) in memory.Own.Take(OwnSpawnsMax))
            Add(netId, new(spawner, name, [.. synchronizers]) { IsMade = true });
        foreach (int peer in _peers.Where(p => !peers.Contains(p)).ToList()) LosePeer(peer);
    }

    private void RecallSpawned(SessionMemory memory, IReadOnlySet<int> peers)
    {
        // A node stands below its spawner's parent, so parents come first here.
        foreach (SpawnedNode node in _world.SpawnedInOrder())
        {
            if (!memory.Spawned.TryGetValue(node.Node, out KnownSpawn? known) || known.Hash != SessionMemory.HashOf(node) || IsHidden(node.Node)) continue;
            bool isOwn = node.Spawner.Authority == Peer;
            bool isThere = IsKnownSource(node.Spawner.Authority) && (known.WasMoved || _ids.TryGet(node.Node, out _)) && Has(node.Spawner.Node) && Has(node.Spawner.Parent) && !Lacks(node.Spawner.Parent);
            if (!isOwn && !isThere) continue;
            _told[node.Node] = new(node, known.WasMoved);
            foreach ((NodeId id, uint epoch) in known.Numbered)
            {
                if (_world.Synchronizers.TryGetValue(id, out Synchronizer? synchronizer) && synchronizer.AuthorityEpoch == epoch && _ids.TryGet(id, out _)) _numbered.Add(id);
            }
        }

        List<(NodeId Node, KnownSpawn Known)> going = [.. memory.Spawned.Where(s => !_told.ContainsKey(s.Key)).OrderBy(s => s.Value.Path.Length).Select(s => (s.Key, s.Value))];
        (SortedSet<NodeId> lifted, SortedSet<NodeId> along) = Kept(going.Where(g => g.Known.Authority != Peer).Select(g => (g.Node, (SpawnedNode?)null, IsMoved(g.Node, g.Known))));
        foreach ((NodeId node, KnownSpawn known) in Enumerable.Reverse(going))
        {
            SessionMemory.ForgetSpawn(node, _outbox);
            if (along.Contains(node))
            {
                _along.Add(node);
                continue;
            }

            if (lifted.Contains(node))
            {
                Lift(node, known.Path);
                continue;
            }

            ForgetFreed(node);
            uint number = NumberIn(memory, node);
            if (known.WasMoved)
            {
                _outbox.Move(new NodeMove.Free(known.Path, ""));
                ForgetNumber(node);
                continue;
            }

            // What a peer has spawned, its going frees.
            if (number == 0 || known.Authority == Peer || !IsKnownSource(known.Authority) || (known.Authority != Cluster && !peers.Contains(known.Authority))) continue;
            _outer.Clear();
            DespawnPacket.Write(_outer, number);
            SendInName(known.Authority, _outer.Written);
            ForgetNumber(node);
        }

        // Between the two, the gateway was lost.
        foreach (NodeId node in memory.Lifted) Drop(node);
        // What comes anew comes whole.
        foreach (NodeId anchor in _freed.Anchors.Where(a => a != NodeId.Root && !_told.ContainsKey(a) && !_lifted.Contains(a) && !_along.Contains(a)).ToList()) ForgetFreed(anchor);
    }

    private bool IsMoved(NodeId node, KnownSpawn known) => _world.Spawned.TryGetValue(node, out SpawnedNode? now) && known.Hash != SessionMemory.HashOf(now);

    private static uint NumberIn(SessionMemory memory, NodeId node) => memory.Numbers.GetValueOrDefault(node).Number;
}
