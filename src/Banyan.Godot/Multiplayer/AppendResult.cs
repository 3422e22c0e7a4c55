namespace Banyan.Godot.Multiplayer;

/// <summary>What became of an entry for a packet.</summary>
public enum AppendResult
{
    /// <summary>It is in.</summary>
    Appended,

    /// <summary>It would pass the limit: send the packet, begin another, append again.</summary>
    PacketFull,

    /// <summary>It alone passes the limit: Godot never sends such a one.</summary>
    TooLarge,
}
