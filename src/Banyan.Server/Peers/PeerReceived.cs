using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>The receiving half of what is known of one peer; outlives its connections.</summary>
internal sealed class PeerReceived(ServerId peer)
{
    /// <summary>Held by the one connection that hands over this peer's messages: they are never handed over by two threads.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The peer.</summary>
    public ServerId Peer { get; } = peer;

    /// <summary>The newest connection, which holds the turn or waits for it; older ones give way. Guarded by the listener.</summary>
    public PeerIncoming? Newest { get; set; }

    /// <summary>See <see cref="PeerStatus.Attached"/>. Guarded by the listener.</summary>
    public bool Attached { get; set; }

    /// <summary>See <see cref="PeerStatus.BytesReceived"/>.</summary>
    public long Bytes;

    /// <summary>See <see cref="PeerStatus.MessagesReceived"/>.</summary>
    public long Messages;

    /// <summary>See <see cref="PeerStatus.Reads"/>.</summary>
    public long Reads;

    /// <summary>See <see cref="PeerStatus.BadStreams"/>.</summary>
    public long BadStreams;

    /// <summary>See <see cref="PeerStatus.LastReceiveError"/>.</summary>
    public string? LastError;

    /// <summary>Fills in the receiving half.</summary>
    public PeerStatus AddTo(PeerStatus status) => status with
    {
        Attached = Attached,
        BytesReceived = Interlocked.Read(ref Bytes),
        MessagesReceived = Interlocked.Read(ref Messages),
        Reads = Interlocked.Read(ref Reads),
        BadStreams = Interlocked.Read(ref BadStreams),
        LastReceiveError = Volatile.Read(ref LastError),
    };
}
