using Banyan.Godot.Variants;

namespace Banyan.Sync.Code;

/// <summary>What waits for the game's code, or is made by it, and how much of it.</summary>
public sealed record CodeLimits
{
    /// <summary>Of the limits' default.</summary>
    public static readonly CodeLimits Default = new();

    /// <summary>Calls that wait: for the code to start, or for the node or the caller to be in the tree here.</summary>
    public int CallsMax { get; init; } = 10_000;

    /// <summary>Of these, calls of one peer.</summary>
    public int CallsOfOneMax { get; init; } = 1_000;

    /// <summary>How long a call waits, in microseconds.</summary>
    public long CallMicroseconds { get; init; } = 5_000_000;

    /// <summary>Changes that wait to be made, or to be seen in the tree.</summary>
    public int ChangesMax { get; init; } = 10_000;

    /// <summary>How long to wait after a takeover that failed, in microseconds.</summary>
    public long TakeOverAgainMicroseconds { get; init; } = 200_000;

    /// <summary>A call's packet, in bytes.</summary>
    public int PacketBytesMax { get; init; } = 1 << 20;

    /// <summary>Values that peers send.</summary>
    public VariantLimits Values { get; init; } = new(DepthMax: 32, ItemsMax: 1024);
}
