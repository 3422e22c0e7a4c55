using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>Counters of a <see cref="PeerTransport"/> since its start.</summary>
/// <param name="Peers">In the order of their ids.</param>
/// <param name="Refused">Incoming connections that were closed during the handshake.</param>
/// <param name="LastRefusal">Why the last of them was closed; null if none was.</param>
/// <param name="Unaddressed">Messages dropped because the transport knows no such peer.</param>
public sealed record PeerTransportStatus(
    IReadOnlyList<PeerStatus> Peers, long Refused, string? LastRefusal, long Unaddressed);

/// <summary>Counters of the traffic with one peer.</summary>
public sealed record PeerStatus(ServerId Peer)
{
    /// <summary>Whether this server can send to it.</summary>
    public bool Reachable { get; init; }

    /// <summary>Since when; null while it is not reachable.</summary>
    public DateTimeOffset? ReachableSince { get; init; }

    /// <summary>Whether it can send to this server.</summary>
    public bool Attached { get; init; }

    /// <summary>Bytes written, frame headers included.</summary>
    public long BytesSent { get; init; }

    /// <summary>Messages handed to the kernel.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Bytes read, frame headers included.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Messages handed to the inbox.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Socket calls that wrote; <see cref="MessagesSent"/> over this is how much is coalesced.</summary>
    public long Writes { get; init; }

    /// <summary>Socket calls that read.</summary>
    public long Reads { get; init; }

    /// <summary>Messages that wait.</summary>
    public int MessagesQueued { get; init; }

    /// <summary>Bytes that wait.</summary>
    public long BytesQueued { get; init; }

    /// <summary>Messages dropped because the queue was full or the peer could not be reached.</summary>
    public long MessagesDropped { get; init; }

    /// <summary>Messages dropped because the connection broke while they were being written.</summary>
    public long MessagesCut { get; init; }

    /// <summary>Times that a connection to it was opened.</summary>
    public long Connects { get; init; }

    /// <summary>Attempts to connect that failed.</summary>
    public long ConnectFailures { get; init; }

    /// <summary>Connections from it that were closed for what it sent.</summary>
    public long BadStreams { get; init; }

    /// <summary>Why the connection to it last ended or failed; null if it never did.</summary>
    public string? LastSendError { get; init; }

    /// <summary>Why the connection from it last ended; null if it never did.</summary>
    public string? LastReceiveError { get; init; }
}
