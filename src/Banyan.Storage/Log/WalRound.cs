namespace Banyan.Storage;

/// <summary>What is written and flushed together. <see cref="Write"/> may run on another thread than the log's.</summary>
public sealed class WalRound
{
    private readonly WriteAheadLog _log;

    internal WalRound(WriteAheadLog log, ReadOnlyMemory<byte> bytes, ulong start, ulong end, ulong dropBefore)
    {
        _log = log;
        Bytes = bytes;
        Start = start;
        End = end;
        DropBefore = dropBefore;
    }

    /// <summary>Position of its first record.</summary>
    public ulong Start { get; }

    /// <summary>Position after its last record.</summary>
    public ulong End { get; }

    internal ReadOnlyMemory<byte> Bytes { get; }

    internal ulong DropBefore { get; }

    /// <summary>Writes and flushes; when it returns, every record of the round is durable.</summary>
    /// <exception cref="IOException">The disk failed. What is durable is unknown then: the server must stop.</exception>
    public void Write() => _log.WriteRound(this);
}
