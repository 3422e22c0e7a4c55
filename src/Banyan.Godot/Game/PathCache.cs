using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>Numbers instead of paths: those that we give and peers confirm, and those that peers give.</summary>
/// <remarks>Source: scene_cache_interface.cpp.</remarks>
internal sealed class PathCache(SceneMultiplayer multiplayer, GameTree game)
{
    private readonly LinkedMap<int, PeerPaths> _peers = new();
    private readonly LinkedMap<GameNode, NodePaths> _nodes = new();
    private readonly Dictionary<uint, GameNode> _assigned = [];
    private readonly ByteWriter _writer = new();
    private uint _nextId = 1;

    public void OnPeerConnected(int peer) => _peers.Set(peer, new());

    public void OnPeerDisconnected(int peer)
    {
        if (!_peers.TryGet(peer, out PeerPaths? paths)) return;
        foreach (GameNode node in paths.Sent)
        {
            if (_nodes.TryGet(node, out NodePaths? cached)) cached.Confirmed.Remove(peer);
        }

        _peers.Remove(peer);
    }

    public void Clear()
    {
        foreach ((GameNode node, NodePaths _) in _nodes.Pairs)
        {
            // A node that was deleted has been taken out when it left the tree; one that never was in it is still here.
            if (node.IsFreed) multiplayer.Error("the path cache holds a node that is gone");
            node.TreeExited -= Forget;
        }

        _peers.Clear();
        _nodes.Clear();
        _assigned.Clear();
        _nextId = 1;
    }

    public void OnSimplifyPath(int from, ReadOnlySpan<byte> packet)
    {
        if (!_peers.TryGet(from, out PeerPaths? peer))
        {
            multiplayer.Error($"a path of peer {from}, which is not known");
            return;
        }

        if (!SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket simplify))
        {
            multiplayer.Error($"an invalid path packet of peer {from}");
            return;
        }

        if (peer.Received.ContainsKey(simplify.Id))
        {
            multiplayer.Error($"Duplicate remote cache ID {simplify.Id} for peer {from}");
            return;
        }

        NodePath path = NodePath.Parse(Encoding.UTF8.GetString(simplify.Path));
        if (game.Root.GetNode(path) is not { } node) return;
        bool agree = Encoding.ASCII.GetString(simplify.MethodsMd5) == node.RpcMethods.Md5;
        if (!agree) ReportMethods(path.ToString());
        peer.Received.Add(simplify.Id, new(node, path));
        Track(node);
        _writer.Clear();
        ConfirmPathPacket.Write(_writer, agree, simplify.Id);
        multiplayer.Send(from, _writer.Written, reliable: true);
    }

    public void OnConfirmPath(int from, ReadOnlySpan<byte> packet)
    {
        if (!ConfirmPathPacket.TryRead(packet, out ConfirmPathPacket confirm))
        {
            multiplayer.Error($"an invalid path confirmation of peer {from}");
            return;
        }

        // The node may have gone meanwhile.
        if (!_assigned.TryGetValue(confirm.Id, out GameNode? node)) return;
        if (!confirm.MethodsAgree) ReportMethods(node.Path);
        if (_nodes.TryGet(node, out NodePaths? cached) && cached.Confirmed.ContainsKey(from)) cached.Confirmed[from] = true;
        else multiplayer.Error("Invalid packet received. Tries to confirm a node which was not requested.");
    }

    public bool IsConfirmed(GameNode node, int peer) =>
        _nodes.TryGet(node, out NodePaths? cached) && cached.Confirmed.GetValueOrDefault(peer);

    /// <summary>A node's number; it gets one if it has none.</summary>
    public uint IdOf(GameNode node)
    {
        NodePaths cached = Track(node);
        if (cached.Id != 0) return cached.Id;
        cached.Id = _nextId++;
        _assigned.Add(cached.Id, node);
        return cached.Id;
    }

    /// <summary>Makes a node's number known to a peer, unless it was before; whether the peer has confirmed it.</summary>
    public bool Announce(GameNode node, int peer, out uint id)
    {
        id = IdOf(node);
        NodePaths cached = Track(node);
        if (!_peers.TryGet(peer, out PeerPaths? paths))
        {
            multiplayer.Error($"Peer doesn't exist: {peer}");
            return false;
        }

        if (cached.Confirmed.TryGetValue(peer, out bool confirmed)) return confirmed;
        _writer.Clear();
        SimplifyPathPacket.Write(_writer, Encoding.ASCII.GetBytes(node.RpcMethods.Md5), id, Encoding.UTF8.GetBytes(node.PathFromRoot));
        multiplayer.Send(peer, _writer.Written, reliable: true);
        cached.Confirmed.Add(peer, false);
        paths.Sent.Add(node);
        return false;
    }

    /// <summary>The node of a number that a peer gave; null, and an error, if there is none.</summary>
    public GameNode? Find(int from, uint id)
    {
        if (!_peers.TryGet(from, out PeerPaths? peer))
        {
            multiplayer.Error($"a packet of peer {from}, which is not known");
            return null;
        }

        if (!peer.Received.TryGetValue(id, out ReceivedNode? received))
        {
            multiplayer.Error($"ID {id} not found in cache of peer {from}.");
            return null;
        }

        if (!received.Node.IsFreed) return received.Node;
        // Another node may have come to stand there.
        if (game.Root.GetNode(received.Path) is { } node) return received.Node = node;
        multiplayer.Error($"Failed to get cached node from peer {from} with cache ID {id}.");
        return null;
    }

    private NodePaths Track(GameNode node)
    {
        if (_nodes.TryGet(node, out NodePaths? cached)) return cached;
        node.TreeExited += Forget;
        _nodes.Set(node, cached = new());
        return cached;
    }

    private void Forget(GameNode node)
    {
        node.TreeExited -= Forget;
        if (!_nodes.TryGet(node, out NodePaths? cached)) return;
        if (cached.Id != 0) _assigned.Remove(cached.Id);
        foreach ((int peer, bool _) in cached.Confirmed)
        {
            if (_peers.TryGet(peer, out PeerPaths? paths)) paths.Sent.Remove(node);
        }

        _nodes.Remove(node);
    }

    private void ReportMethods(string path) =>
        multiplayer.Error("The rpc node checksum failed. Make sure to have the same methods on both nodes. Node path: " + path);

    private sealed class PeerPaths
    {
        public Dictionary<uint, ReceivedNode> Received { get; } = [];

        public HashOrderSet<GameNode> Sent { get; } = new();
    }

    private sealed class NodePaths
    {
        public uint Id { get; set; }

        public SortedDictionary<int, bool> Confirmed { get; } = [];
    }

    private sealed class ReceivedNode(GameNode node, NodePath path)
    {
        public GameNode Node { get; set; } = node;

        public NodePath Path { get; } = path;
    }
}
