namespace Banyan.Sync.Peers;

/// <summary>What a client may do.</summary>
public enum PeerRights
{
    /// <summary>Everything that the authority of its nodes allows.</summary>
    Play,

    /// <summary>See everything; every write and every call is refused.</summary>
    Watch,
}
