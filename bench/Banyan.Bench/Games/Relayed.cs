using Banyan.Godot.Multiplayer;
using Banyan.Primitives;

namespace Banyan.Bench.Games;

/// <summary>Packets of other peers, which come and go by way of the cluster.</summary>
internal static class Relayed
{
    /// <summary>Takes a packet out of its relay; false if it is one for the connection itself.</summary>
    /// <param name="packet">As it came; what is in it.</param>
    /// <param name="from">Who sent it; 1 is the cluster.</param>
    public static bool TryOpen(ref ReadOnlySpan<byte> packet, out int from)
    {
        from = 1;
        if (!SystemPacket.TryRead(packet, out SystemPacket system)) return true;
        if (system.Command != SystemCommand.Relay) return false;
        from = system.Peer;
        packet = system.Payload;
        return true;
    }

    /// <summary>Confirms a path to the peer that has numbered it.</summary>
    public static void Confirm(ByteWriter writer, int to, uint path)
    {
        var confirmation = new ByteWriter(64);
        ConfirmPathPacket.Write(confirmation, true, path);
        if (to == 1) writer.Raw(confirmation.Written);
        else SystemPacket.WriteRelay(writer, to, confirmation.Written);
    }
}
