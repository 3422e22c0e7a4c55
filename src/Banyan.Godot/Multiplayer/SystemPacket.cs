using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Authentication, news of peers behind the server, and packets for or from these.</summary>
/// <remarks>
/// <code>
/// u8 7 | u8 0 AUTH     | bytes, none: done
///      | u8 1 ADD_PEER | i32 peer
///      | u8 2 DEL_PEER | i32 peer
///      | u8 3 RELAY    | i32 peer | packet, not empty and not itself of the system
/// </code>
/// A client relays to a peer, to all (0) or to all but one (−peer); the server passes the packet on with the sender in
/// place of the target.
/// </remarks>
public readonly ref struct SystemPacket
{
    private SystemPacket(SystemCommand command, int peer, ReadOnlySpan<byte> payload)
    {
        Command = command;
        Peer = peer;
        Payload = payload;
    }

    /// <summary>Which of the four.</summary>
    public SystemCommand Command { get; }

    /// <summary>Whom it is about: above 0 but for a relayed one, where it is a target; 0 for authentication.</summary>
    public int Peer { get; }

    /// <summary>Of authentication the game's bytes; of a relayed one the packet; else empty.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out SystemPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.System) return false;
        ByteReader reader = new(packet[1..]);
        var command = (SystemCommand)reader.Byte();
        if (reader.Failed || command > SystemCommand.Relay) return false;
        int peer = command == SystemCommand.Auth ? 0 : (int)reader.UInt32();
        ReadOnlySpan<byte> payload = reader.Raw(reader.Remaining);
        if (reader.Failed) return false;
        bool sound = command switch
        {
            SystemCommand.Auth => true,
            // The negative of the least number is no peer.
            SystemCommand.Relay => peer != int.MinValue && Packet.CommandOf(payload) is not (null or PacketCommand.System),
            _ => peer > 0 && payload.IsEmpty,
        };
        if (!sound) return false;
        read = new(command, peer, payload);
        return true;
    }

    /// <summary>Appends the game's bytes of an authentication; none says that it is complete.</summary>
    public static void WriteAuth(ByteWriter writer, ReadOnlySpan<byte> bytes)
    {
        Head(writer, SystemCommand.Auth);
        writer.Raw(bytes);
    }

    /// <summary>Appends the news that a peer has come.</summary>
    public static void WriteAddPeer(ByteWriter writer, int peer) => WritePeer(writer, SystemCommand.AddPeer, peer);

    /// <summary>Appends the news that a peer has gone.</summary>
    public static void WriteDelPeer(ByteWriter writer, int peer) => WritePeer(writer, SystemCommand.DelPeer, peer);

    /// <summary>Appends a packet for a peer, or from one.</summary>
    public static void WriteRelay(ByteWriter writer, int peer, ReadOnlySpan<byte> packet)
    {
        Invariant.Holds(peer != int.MinValue && Packet.CommandOf(packet) is not (null or PacketCommand.System));
        Head(writer, SystemCommand.Relay);
        writer.UInt32((uint)peer);
        writer.Raw(packet);
    }

    private static void WritePeer(ByteWriter writer, SystemCommand command, int peer)
    {
        Invariant.Holds(peer > 0);
        Head(writer, command);
        writer.UInt32((uint)peer);
    }

    private static void Head(ByteWriter writer, SystemCommand command)
    {
        writer.Byte((byte)PacketCommand.System);
        writer.Byte((byte)command);
    }
}
