using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>Takes what other servers send.</summary>
/// <remarks>
/// Every peer has a reading thread of its own that calls this, so decoding in here costs the store's loop nothing. It
/// may block: then that peer's connection fills up, and the peer drops what it cannot send.
/// </remarks>
public interface IPeerInbox
{
    /// <summary>A message, in the order of sending except around long ones; the bytes are valid during the call only.</summary>
    /// <returns>False if these are no message: the connection is closed.</returns>
    bool OnMessage(ServerId from, ReadOnlySpan<byte> message);

    /// <summary>All messages that came in with one read have been handed over: the time to wake the loop.</summary>
    void OnBatchEnd(ServerId from);

    /// <summary>The way to a peer is open, or no longer. On a thread of its own, in order for each peer; it must not block.</summary>
    void OnReachable(ServerId peer, bool reachable)
    {
    }
}
