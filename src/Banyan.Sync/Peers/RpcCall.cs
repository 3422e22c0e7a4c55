using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>A call of one peer for another, checked against what the node allows; or plain bytes, which belong to no node.</summary>
/// <param name="From">Who calls; 1 is the cluster.</param>
/// <param name="To">Who is called; 1 is the cluster.</param>
/// <param name="Node">Whose method; none for plain bytes.</param>
/// <param name="Packet">
/// As <see cref="Godot.Multiplayer.RpcPacket"/> writes it, of the node by the number 0, since each receiver has its own; or the bytes.
/// </param>
/// <param name="Number">Among all that the caller has sent reliably, counted up from 1; 0 for what may be lost.</param>
/// <param name="Previous">The one before for the same receiver, without which this is not taken; 0 if there is none to wait for.</param>
public sealed record RpcCall(int From, int To, NodeId Node, ReadOnlyMemory<byte> Packet, uint Number = 0, uint Previous = 0);
