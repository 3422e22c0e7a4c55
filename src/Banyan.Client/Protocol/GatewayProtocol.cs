namespace Banyan.Client.Protocol;

/// <summary>
/// What clients and gateways say to each other: binary messages over a WebSocket at <see cref="Path"/>. A WebSocket
/// message holds one or more frames, each a length (LEB128) and so many bytes: a kind, and what its codec writes.
/// </summary>
/// <remarks>
/// <code>
/// client                                gateway
/// Hello(version, client)          ─►
///                                 ◄─    Welcome(server, cluster, gateways)
/// Transact(number, sequence, …)   ─►
///                                 ◄─    Outcome(number, …)
/// ReadTree(number, node, at)      ─►
///                                 ◄─    Records(number, …)*  the last one marked
/// Subscribe(number, after)        ─►
///                                 ◄─    Records(number, …)*  a snapshot, unless it goes on from a timestamp
///                                 ◄─    Changes(number, timestamp, …)* Resolved(number, timestamp)*  in order, for good
/// </code>
/// Numbers are the client's, one for each request. Anything that cannot be read closes the connection with a reason.
/// </remarks>
public static class GatewayProtocol
{
    /// <summary>Raised with every change that an older side would misread.</summary>
    public const byte Version = 1;

    /// <summary>Where the WebSocket is.</summary>
    public const string Path = "/v1/session";

    /// <summary>The largest message that a gateway takes, in bytes.</summary>
    public const int RequestBytesMax = 32 << 20;

    /// <summary>The largest message that a client takes, in bytes.</summary>
    public const int ReplyBytesMax = 64 << 20;

    /// <summary>Requests of a session that may be under way at once.</summary>
    public const int RequestsMax = 4096;
}

/// <summary>The first byte of a frame from a client.</summary>
public enum RequestKind : byte
{
    /// <summary>Version, client id, newest timestamp seen.</summary>
    Hello = 1,

    /// <summary>Number, sequence, try, acknowledged through, operations.</summary>
    Transact,

    /// <summary>Number, node, timestamp (zero: now), depth.</summary>
    ReadTree,

    /// <summary>Number, timestamp: goes on after it; zero: begins with a snapshot.</summary>
    Subscribe,

    /// <summary>The number of the subscription.</summary>
    Unsubscribe,

    /// <summary>Number, timestamp (zero: now).</summary>
    Hash,

    /// <summary>Number, key, server that shall lead the right half.</summary>
    Cut,
}

/// <summary>The first byte of a frame from a gateway.</summary>
public enum ReplyKind : byte
{
    /// <summary>Server, cluster, its timestamp, all gateways.</summary>
    Welcome = 1,

    /// <summary>Number, kind of outcome, and what goes with it.</summary>
    Outcome,

    /// <summary>Number, timestamp, whether it is the last, keys and values.</summary>
    Records,

    /// <summary>Number, timestamp, keys and values: one whole transaction, or several at one timestamp.</summary>
    Changes,

    /// <summary>Number, timestamp: nothing more comes at or below it.</summary>
    Resolved,

    /// <summary>Number, timestamp, hash, count of records.</summary>
    Hash,

    /// <summary>Number; it is done.</summary>
    Done,

    /// <summary>Number, code, message.</summary>
    Failed,
}

/// <summary>Why a request other than a transaction failed.</summary>
public enum FailureCode : byte
{
    /// <summary>No majority in time.</summary>
    Unavailable = 1,

    /// <summary>No such node.</summary>
    NotFound,

    /// <summary>The timestamp is older than the history that is kept, or lies in the future.</summary>
    HistoryGone,

    /// <summary>The request makes no sense; the message says why.</summary>
    BadRequest,

    /// <summary>Too many requests of this session are under way.</summary>
    Overloaded,
}
