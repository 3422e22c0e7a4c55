namespace Banyan.Godot.Multiplayer;

/// <summary>A packet of SceneMultiplayer, Godot 4's multiplayer protocol: one message of the transport.</summary>
/// <remarks>
/// All numbers are little-endian. Every packet has a <c>readonly ref struct</c> with a <c>TryRead</c> that takes a whole
/// packet, checks all of it and allocates nothing, and a <c>Write</c> that appends one. What no Godot ever sends is
/// refused, even where a Godot that receives would look away: unknown flags, bytes after the end, text that is not UTF-8.
/// What a Godot may send is read. Source: modules/multiplayer.
/// </remarks>
public static class Packet
{
    /// <summary>The longest path, in bytes of UTF-8.</summary>
    public const int PathBytesMax = 4096;

    /// <summary>Where Godot ends a sync packet, in bytes (<c>max_sync_packet_size</c>).</summary>
    public const int SyncBytesMax = 1350;

    /// <summary>Where Godot ends a delta packet, in bytes (<c>max_delta_packet_size</c>).</summary>
    public const int DeltaBytesMax = 65535;

    /// <summary>Bit 31 of a node in an RPC: a path follows. Of a net id: the rest is a path cache id.</summary>
    public const uint PathFlag = 0x80000000;

    private const int CommandMask = 7;
    private const int UnusedFlag = 8;

    /// <summary>What a packet says it is; null if it is empty or has flags that its command does not know.</summary>
    public static PacketCommand? CommandOf(ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty) return null;
        byte first = packet[0];
        var command = (PacketCommand)(first & CommandMask);
        if (command == PacketCommand.Rpc) return (first & UnusedFlag) == 0 ? command : null;
        if (first == (byte)PacketCommand.Delta) return PacketCommand.Delta;
        return first == (byte)command ? command : null;
    }
}
