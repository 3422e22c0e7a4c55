namespace Banyan.Raft;

/// <summary>The knobs of a group. Times are in ticks.</summary>
public sealed record RaftOptions
{
    /// <summary>Without word of a leader for this long (up to twice as long, at random) a follower campaigns.</summary>
    public int ElectionTicks { get; init; } = 30;

    /// <summary>Between two heartbeats; only without store liveness.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>A follower that has not answered for this long is probed anew.</summary>
    public int ResendTicks { get; init; } = 20;

    /// <summary>A snapshot that has not been answered for this long is sent anew.</summary>
    public int SnapshotTicks { get; init; } = 500;

    /// <summary>Payload bytes in one message, unless a single entry has more.</summary>
    public int MessageBytesMax { get; init; } = 1 << 20;

    /// <summary>Appends under way to one follower.</summary>
    public int InFlightMessagesMax { get; init; } = 256;

    /// <summary>Payload bytes under way to one follower.</summary>
    public int InFlightBytesMax { get; init; } = 16 << 20;

    /// <summary>Payload bytes that a leader takes before they are committed; more is refused.</summary>
    public long UncommittedBytesMax { get; init; } = 64 << 20;

    /// <summary>Entries handed over for applying at once.</summary>
    public int CommittedEntriesMax { get; init; } = 1024;
}
