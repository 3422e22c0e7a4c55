namespace Banyan.Storage;

/// <summary>The knobs of a <see cref="WriteAheadLog"/>.</summary>
public sealed record WalOptions
{
    /// <summary>Size of a segment, made in one piece ahead of use; a longer round gets a longer segment.</summary>
    public int SegmentBytes { get; init; } = 32 << 20;

    /// <summary>Size that the two buffers of rounds begin with, in bytes; they grow where a round is longer.</summary>
    public int BufferBytes { get; init; } = 512 << 10;

    /// <summary>
    /// Goes into every checksum of a new log. Drawn by the host, so that no client can write a value that looks like a
    /// round of the log.
    /// </summary>
    public uint Identity { get; init; }
}
