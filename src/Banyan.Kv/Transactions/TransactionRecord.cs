using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>A write that a transaction has promised: it stands if an intent of this key and at least this sequence does.</summary>
public readonly record struct PromisedWrite(Key Key, uint Sequence);

/// <summary>The truth about one transaction, kept in the range of its anchor.</summary>
/// <remarks>
/// Final records stay until the range's record horizon passes <see cref="TransactionMeta.StartedAt"/>: a late message
/// finds the outcome, and cannot create the record again.
/// </remarks>
public sealed record TransactionRecord(
    TransactionMeta Meta,
    TransactionStatus Status,
    Timestamp Timestamp,
    Timestamp LastHeartbeat,
    RequestId Request,
    ReadOnlyMemory<byte> Reply,
    IReadOnlyList<PromisedWrite> InFlight)
{
    /// <summary>Which attempt at staging this is the record of, counted from 1; 0 if none.</summary>
    public uint StagingAttempt { get; init; }

    /// <summary>Whether the status can no longer change.</summary>
    public bool IsFinal => Status is TransactionStatus.Committed or TransactionStatus.Aborted;

    internal void Encode(ByteWriter writer)
    {
        Meta.Encode(writer);
        writer.Byte((byte)Status);
        writer.Timestamp(Timestamp);
        writer.Timestamp(LastHeartbeat);
        Request.Encode(writer);
        writer.Bytes(Reply.Span);
        EncodePromises(writer, InFlight);
        writer.Number(StagingAttempt);
    }

    internal static TransactionRecord Decode(ref ByteReader reader)
    {
        TransactionMeta meta = TransactionMeta.Decode(ref reader);
        byte status = reader.Byte();
        if (status > (byte)TransactionStatus.Aborted) reader.Fail();
        return new(
            meta, (TransactionStatus)status, reader.Timestamp(), reader.Timestamp(),
            RequestId.Decode(ref reader), reader.Bytes().ToArray(), DecodePromises(ref reader))
        {
            StagingAttempt = (uint)reader.Number(),
        };
    }

    internal static void EncodePromises(ByteWriter writer, IReadOnlyList<PromisedWrite> promises)
    {
        writer.Number((ulong)promises.Count);
        foreach (PromisedWrite promise in promises)
        {
            writer.Key(promise.Key);
            writer.Number(promise.Sequence);
        }
    }

    internal static PromisedWrite[] DecodePromises(ref ByteReader reader)
    {
        var promises = new PromisedWrite[reader.Count(bytesEach: 2)];
        for (int i = 0; i < promises.Length; i++) promises[i] = new(reader.Key(), (uint)reader.Number());
        return promises;
    }
}
