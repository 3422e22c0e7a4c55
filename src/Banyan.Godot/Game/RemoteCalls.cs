using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>Calls of methods, there and back.</summary>
/// <remarks>Source: scene_rpc_interface.cpp.</remarks>
internal sealed class RemoteCalls(SceneMultiplayer multiplayer, GameTree game, PathCache cache)
{
    private readonly ByteWriter _byId = new();
    private readonly ByteWriter _byPath = new();

    public bool Call(GameNode node, string name, ReadOnlySpan<Variant> arguments, int to)
    {
        if (!node.IsInsideTree) return Refuse("The object must be a valid Node inside the SceneTree");
        if (!multiplayer.IsOnline) return Refuse("Trying to call an RPC via a multiplayer peer which is not connected.");
        int self = multiplayer.UniqueId;
        if (!node.RpcMethods.TryGetId(name, out ushort id) || !node.RpcMethods.TryGetMethod(id, out RpcMethod method))
            return Refuse($"Unable to get the RPC configuration for the function \"{name}\" at path: \"{node.Path}\".");
        if (to == self && !method.CallLocal) return Refuse($"RPC '{name}' on yourself is not allowed by selected mode.");
        bool callLocal = method.CallLocal && (to == 0 || to == self || (to < 0 && to != -self));
        if (to != self) Send(node, to, id, method, arguments);
        if (callLocal) multiplayer.OnCalled(new(self, node, name, [.. arguments]));
        return true;
    }

    public void OnRpc(int from, ReadOnlySpan<byte> packet)
    {
        if (!RpcPacket.TryRead(packet, out RpcPacket rpc))
        {
            multiplayer.Error($"an invalid RPC packet of peer {from}");
            return;
        }

        if (Find(from, rpc) is not { } node)
        {
            multiplayer.Error("Invalid packet received. Requested node was not found.");
            return;
        }

        if (!node.RpcMethods.TryGetMethod(rpc.Method, out RpcMethod method))
        {
            multiplayer.Error($"peer {from} calls method {rpc.Method} of {node.Path}, which has none of this number");
            return;
        }

        bool may = method.Mode == RpcMode.AnyPeer || (method.Mode == RpcMode.Authority && from == node.MultiplayerAuthority);
        if (!may)
        {
            multiplayer.Error(
                $"RPC '{method.Name}' is not allowed on node {node.Path} from: {from}. Mode is \"{method.Mode}\", authority is {node.MultiplayerAuthority}.");
            return;
        }

        if (!Arguments.TryRead(rpc, VariantLimits.Peer, out ImmutableArray<Variant> arguments))
        {
            // The engine calls with nulls for what it cannot read; a method that is called with them is not worth modelling.
            multiplayer.Error($"the arguments of RPC '{method.Name}' from peer {from} cannot be read");
            return;
        }

        multiplayer.OnCalled(new(from, node, method.Name, arguments));
    }

    private GameNode? Find(int from, RpcPacket rpc)
    {
        if (!rpc.HasPath) return cache.Find(from, rpc.Node);
        string path = Encoding.UTF8.GetString(rpc.Path);
        GameNode? node = game.Root.GetNode(NodePath.Parse(path));
        if (node is null) multiplayer.Error($"Failed to get path from RPC: {path}.");
        return node;
    }

    private void Send(GameNode node, int to, ushort id, RpcMethod method, ReadOnlySpan<Variant> arguments)
    {
        if (arguments.Length > Arguments.CountMax)
        {
            multiplayer.Error("Too many arguments (>255).");
            return;
        }

        if (to != 0 && !multiplayer.ConnectedPeers.Contains(Math.Abs(to)))
        {
            multiplayer.Error($"Attempt to call RPC with unknown peer ID: {to}.");
            return;
        }

        List<int> targets = [];
        bool all = true;
        uint cacheId = 0;
        if (to > 0)
        {
            if (!multiplayer.Replication.IsRpcVisible(node, to))
            {
                multiplayer.Error($"Attempt to call an RPC to a peer that cannot see this node. Peer ID: {to}");
                return;
            }

            targets.Add(to);
            all = cache.Announce(node, to, out cacheId);
        }
        else
        {
            bool restricted = !multiplayer.Replication.IsRpcVisible(node, 0);
            foreach (int peer in multiplayer.ConnectedPeers)
            {
                if (to < 0 && peer == -to) continue;
                if (restricted && !multiplayer.Replication.IsRpcVisible(node, peer)) continue;
                targets.Add(peer);
                all &= cache.Announce(node, peer, out cacheId);
            }
        }

        if (targets.Count == 0) return;
        // The engine sends an empty PackedByteArray as no argument at all.
        if (arguments is [{ Type: VariantType.PackedByteArray } bytes] && bytes.AsBytes().IsEmpty) arguments = [];
        _byId.Clear();
        RpcPacket.Write(_byId, cacheId, id, arguments, wideNode: !all);
        _byPath.Clear();
        if (!all) RpcPacket.WriteWithPath(_byPath, Encoding.UTF8.GetBytes(node.PathFromRoot), id, arguments);
        bool reliable = method.Transfer == TransferMode.Reliable;
        foreach (int peer in targets)
            multiplayer.Send(peer, cache.IsConfirmed(node, peer) ? _byId.Written : _byPath.Written, reliable);
    }

    private bool Refuse(string message)
    {
        multiplayer.Error(message);
        return false;
    }
}
