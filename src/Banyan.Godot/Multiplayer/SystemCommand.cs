namespace Banyan.Godot.Multiplayer;

/// <summary>What a <see cref="SystemPacket"/> is: its second byte.</summary>
public enum SystemCommand : byte
{
    /// <summary>Authentication: the game's own bytes, or none: "I am done".</summary>
    Auth = 0,

    /// <summary>A peer behind the server has come.</summary>
    AddPeer = 1,

    /// <summary>A peer behind the server has gone.</summary>
    DelPeer = 2,

    /// <summary>A packet for, or from, a peer behind the server.</summary>
    Relay = 3,
}
