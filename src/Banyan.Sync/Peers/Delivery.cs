namespace Banyan.Sync.Peers;

/// <summary>What has become of a call at its receiver's session.</summary>
public enum Delivery
{
    /// <summary>It is on its way to the client.</summary>
    Delivered,

    /// <summary>The client does not have the node yet, or does not know the caller.</summary>
    TooEarly,

    /// <summary>The client may not see the node: it will never hear of it.</summary>
    Hidden,
}
