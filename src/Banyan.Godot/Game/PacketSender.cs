namespace Banyan.Godot.Game;

/// <summary>Takes a packet for the transport. It must copy what it keeps, and must not call back into the game.</summary>
/// <param name="toPeer">A peer of the transport: of a client always 1.</param>
/// <param name="packet">Valid during the call.</param>
/// <param name="reliable">Whether it must arrive, in order; else it may be lost. WebSocket carries both alike.</param>
public delegate void PacketSender(int toPeer, ReadOnlySpan<byte> packet, bool reliable);
