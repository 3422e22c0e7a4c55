using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>A call of one peer for another, checked against what the node allows.</summary>
/// <param name="From">Who calls; 1 is the cluster.</param>
/// <param name="To">Who is called; 1 is the cluster.</param>
/// <param name="Node">Whose method.</param>
/// <param name="Packet">As <see cref="Godot.Multiplayer.RpcPacket"/> writes it, of the node by the number 0: each receiver has its own.</param>
public sealed record RpcCall(int From, int To, NodeId Node, ReadOnlyMemory<byte> Packet);
