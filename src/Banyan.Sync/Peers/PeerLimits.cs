using Banyan.Godot.Variants;

namespace Banyan.Sync.Peers;

/// <summary>What one client may have of a server.</summary>
public sealed record PeerLimits
{
    /// <summary>Of the limits' default.</summary>
    public static readonly PeerLimits Default = new();

    /// <summary>Paths that it may have numbered, for all peers together.</summary>
    public int PathsMax { get; init; } = 65_536;

    /// <summary>A packet, in bytes.</summary>
    public int PacketBytesMax { get; init; } = 1 << 20;

    /// <summary>Values that it sends; few items, since keys of a dictionary can be chosen to collide.</summary>
    public VariantLimits Values { get; init; } = new(DepthMax: 32, ItemsMax: 1024);

    /// <summary>Packets that were refused, though they could be read, before the session ends.</summary>
    public int RefusalsMax { get; init; } = 1_000;

    /// <summary>Packets that it may send in a second, in the long run.</summary>
    public int PacketsPerSecond { get; init; } = 2_000;

    /// <summary>Packets that it may send at once.</summary>
    public int PacketsBurst { get; init; } = 4_000;

    /// <summary>Bytes that it may send in a second, in the long run.</summary>
    public int BytesPerSecond { get; init; } = 4_000_000;

    /// <summary>Bytes that it may send at once.</summary>
    public int BytesBurst { get; init; } = 8_000_000;

    /// <summary>How long a session that can resume outlives its connection, in microseconds.</summary>
    public long GraceMicroseconds { get; init; } = 30_000_000;

    /// <summary>Entries that a client may remember.</summary>
    public int MemoryEntriesMax { get; init; } = 262_144;
}
