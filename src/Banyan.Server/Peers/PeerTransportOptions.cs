using System.Net;

namespace Banyan.Server.Peers;

/// <summary>The knobs of a <see cref="PeerTransport"/>. Sizes are in bytes.</summary>
public sealed record PeerTransportOptions
{
    /// <summary>Where to listen; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Only servers of the same cluster talk to each other.</summary>
    public required string Cluster { get; init; }

    /// <summary>Waiting for one peer, beyond what the kernel has taken; further messages are dropped.</summary>
    public int QueueBytesMax { get; init; } = 64 << 20;

    /// <summary>Waiting for one peer; further messages are dropped.</summary>
    public int QueueMessagesMax { get; init; } = 1 << 16;

    /// <summary>Messages longer than this travel in fragments, and other messages may overtake them.</summary>
    public int BulkBytesMin { get; init; } = 2 << 20;

    /// <summary>Longest message, and at most so many bytes of long messages wait for one peer.</summary>
    public int MessageBytesMax { get; init; } = 512 << 20;

    /// <summary>How long dialling, and then the handshake, may take.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause after the first failed attempt to connect; each further one doubles it.</summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause between attempts to connect.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A connection without other traffic carries a sign of life so often.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An incoming connection that brings nothing for so long is closed; several of the above.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Incoming connections at a time, those in the handshake included; further ones are closed at once.</summary>
    public int IncomingMax { get; init; } = 256;

    /// <summary>Bytes that a peer does not acknowledge for this long break the connection (Linux).</summary>
    public TimeSpan UnacknowledgedTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The kernel's send buffer; null leaves it to the kernel, which is best outside of tests.</summary>
    public int? SendBufferBytes { get; init; }

    /// <summary>The kernel's receive buffer; null leaves it to the kernel, which is best outside of tests.</summary>
    public int? ReceiveBufferBytes { get; init; }
}
