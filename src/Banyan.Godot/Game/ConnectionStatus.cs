namespace Banyan.Godot.Game;

/// <summary>How a game's transport stands, by Godot's numbers.</summary>
public enum ConnectionStatus
{
    /// <summary>There is none, or it has ended.</summary>
    Disconnected = 0,

    /// <summary>The server has not answered.</summary>
    Connecting = 1,

    /// <summary>Packets may go.</summary>
    Connected = 2,
}
