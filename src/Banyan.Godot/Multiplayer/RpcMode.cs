namespace Banyan.Godot.Multiplayer;

/// <summary>Who may call a method from afar, by Godot's numbers.</summary>
public enum RpcMode : byte
{
    /// <summary>Nobody.</summary>
    Disabled = 0,

    /// <summary>Every peer.</summary>
    AnyPeer = 1,

    /// <summary>The node's multiplayer authority.</summary>
    Authority = 2,
}
