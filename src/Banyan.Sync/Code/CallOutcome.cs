namespace Banyan.Sync.Code;

/// <summary>What became of a call of the code for peers.</summary>
public enum CallOutcome : byte
{
    /// <summary>It is on its way. Who does not have the node yet gets it afterwards; who never does, never.</summary>
    Sent,

    /// <summary>The tree has no such node.</summary>
    NoSuchNode,

    /// <summary>The node's script has no such method, or none that can be called from afar.</summary>
    NoSuchMethod,

    /// <summary>The method is for the node's authority alone, and that is not the cluster.</summary>
    NotTheAuthority,

    /// <summary>No such peer is connected.</summary>
    NoSuchPeer,

    /// <summary>More than 255 arguments, or more bytes than a packet may have.</summary>
    TooLarge,

    /// <summary>The code has been stopped here, or is about to be.</summary>
    NotHere,
}
