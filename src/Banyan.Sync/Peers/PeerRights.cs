namespace Banyan.Sync.Peers;

/// <summary>What a client may do.</summary>
public enum PeerRights
{
    /// <summary>Everything that the authority of its nodes allows.</summary>
    Play,

    /// <summary>See everything; every write and every call is refused.</summary>
    Watch,

    /// <summary>Whatever an operator may: everything, and Banyan's own protocol besides Godot's.</summary>
    Operate,
}
