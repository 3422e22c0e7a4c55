using Banyan.Primitives;

namespace Banyan.Sync.Peers;

/// <summary>How fast one client sends, against its limits.</summary>
public sealed class PeerRate(PeerLimits limits)
{
    private readonly TokenBucket _packets = new(limits.PacketsPerSecond, limits.PacketsBurst);
    private readonly TokenBucket _bytes = new(limits.BytesPerSecond, limits.BytesBurst);

    /// <summary>Takes what has come; null if it may, else why the session ends.</summary>
    /// <param name="packets">How many packets were completed.</param>
    /// <param name="bytes">How many bytes came, of whole packets or of parts.</param>
    /// <param name="now">Any clock that does not go back.</param>
    public string? Take(int packets, int bytes, Timestamp now) =>
        !_packets.TryTake(packets, now) ? "too many packets a second"
        : !_bytes.TryTake(bytes, now) ? "too many bytes a second"
        : null;
}
