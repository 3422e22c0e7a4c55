using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Banyan.Kv.Leases;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Commands;

/// <summary>The binary form of commands, in the log and between servers: a kind byte, then the fields in order.</summary>
public static class CommandCodec
{
    private enum Kind : byte { Write = 1, End, Resolve, Prevent, Heartbeat, PushAbort, Fence, Lease, Split, PreferLeader, Resolved }

    /// <summary>Writes a command.</summary>
    public static void Encode(ByteWriter writer, Command command)
    {
        switch (command)
        {
            case WriteCommand c:
                writer.Byte((byte)Kind.Write);
                EncodeWrite(writer, c);
                break;
            case EndCommand c:
                writer.Byte((byte)Kind.End);
                c.Meta.Encode(writer);
                writer.Bool(c.Commit);
                writer.Timestamp(c.Timestamp);
                writer.Timestamp(c.ExpectStaging);
                c.Request.Encode(writer);
                writer.Bytes(c.Reply.Span);
                TransactionRecord.EncodePromises(writer, c.InFlight);
                EncodeKeys(writer, c.LocalKeys);
                break;
            case ResolveCommand c:
                writer.Byte((byte)Kind.Resolve);
                c.Id.Encode(writer);
                writer.Bool(c.Commit);
                writer.Timestamp(c.Timestamp);
                EncodeKeys(writer, c.Keys);
                break;
            case PreventCommand c:
                writer.Byte((byte)Kind.Prevent);
                c.Meta.Encode(writer);
                writer.Timestamp(c.Timestamp);
                TransactionRecord.EncodePromises(writer, c.Writes);
                c.Request.Encode(writer);
                break;
            case HeartbeatCommand c:
                writer.Byte((byte)Kind.Heartbeat);
                c.Meta.Encode(writer);
                writer.Timestamp(c.At);
                c.Request.Encode(writer);
                break;
            case PushAbortCommand c:
                writer.Byte((byte)Kind.PushAbort);
                c.Pushee.Encode(writer);
                break;
            case FenceCommand c:
                writer.Byte((byte)Kind.Fence);
                c.Request.Encode(writer);
                writer.Timestamp(c.At);
                writer.Key(c.Span.Start);
                writer.Key(c.Span.End);
                break;
            case LeaseCommand c:
                writer.Byte((byte)Kind.Lease);
                c.Lease.Encode(writer);
                break;
            case SplitCommand c:
                writer.Byte((byte)Kind.Split);
                writer.Key(c.At);
                writer.Number(c.RightId.Value);
                writer.Number(c.RightPreferredLeader.Value);
                writer.Number(c.ExpectedGeneration);
                break;
            case PreferLeaderCommand c:
                writer.Byte((byte)Kind.PreferLeader);
                writer.Number(c.Leader.Value);
                writer.Number(c.ExpectedGeneration);
                break;
            case ResolvedCommand c:
                writer.Byte((byte)Kind.Resolved);
                c.Meta.Encode(writer);
                EncodeKeys(writer, c.LocalKeys);
                break;
            default:
                Invariant.Unreachable(command.GetType().Name);
                break;
        }
    }

    /// <summary>Reads a command; false if the bytes are none.</summary>
    public static bool TryDecode(ref ByteReader reader, out Command command)
    {
        command = (Kind)reader.Byte() switch
        {
            Kind.Write => DecodeWrite(ref reader),
            Kind.End => new EndCommand(
                TransactionMeta.Decode(ref reader), reader.Bool(), reader.Timestamp(), reader.Timestamp(),
                RequestId.Decode(ref reader), reader.Bytes().ToArray(), TransactionRecord.DecodePromises(ref reader),
                DecodeKeys(ref reader)),
            Kind.Resolve => new ResolveCommand(
                TransactionId.Decode(ref reader), reader.Bool(), reader.Timestamp(), DecodeKeys(ref reader)),
            Kind.Prevent => new PreventCommand(
                TransactionMeta.Decode(ref reader), reader.Timestamp(), TransactionRecord.DecodePromises(ref reader),
                RequestId.Decode(ref reader)),
            Kind.Heartbeat => new HeartbeatCommand(
                TransactionMeta.Decode(ref reader), reader.Timestamp(), RequestId.Decode(ref reader)),
            Kind.PushAbort => new PushAbortCommand(TransactionMeta.Decode(ref reader)),
            Kind.Fence => new FenceCommand(RequestId.Decode(ref reader), reader.Timestamp(), new(reader.Key(), reader.Key())),
            Kind.Lease => new LeaseCommand(Lease.Decode(ref reader)),
            Kind.Split => new SplitCommand(
                reader.Key(), new(reader.Number()), new((uint)reader.Number()), reader.Number()),
            Kind.PreferLeader => new PreferLeaderCommand(new((uint)reader.Number()), reader.Number()),
            Kind.Resolved => new ResolvedCommand(TransactionMeta.Decode(ref reader), DecodeKeys(ref reader)),
            _ => null!,
        };
        return command is not null && !reader.Failed;
    }

    private static void EncodeWrite(ByteWriter writer, WriteCommand c)
    {
        c.Meta.Encode(writer);
        writer.Bool(c.OnePhase);
        writer.Timestamp(c.Timestamp);
        c.Request.Encode(writer);
        writer.Number(c.AcknowledgedThrough);
        writer.Bytes(c.Reply.Span);
        writer.Number((ulong)c.Writes.Length);
        foreach (KeyWrite write in c.Writes)
        {
            writer.Key(write.Key);
            EncodeValue(writer, write.Value);
            writer.Number(write.Sequence);
        }

        writer.Number((ulong)c.Conditions.Length);
        foreach (Condition condition in c.Conditions)
        {
            writer.Key(condition.Key);
            writer.Byte((byte)condition.Kind);
            EncodeValue(writer, condition.Value);
        }

        EncodeSpans(writer, c.ReadSpans.AsSpan());
        writer.Timestamp(c.ReadTimestamp);
        writer.Bool(c.Staged is not null);
        if (c.Staged is null) return;
        TransactionRecord.EncodePromises(writer, c.Staged);
        writer.Number(c.StagingAttempt);
    }

    private static WriteCommand DecodeWrite(ref ByteReader reader)
    {
        TransactionMeta meta = TransactionMeta.Decode(ref reader);
        bool onePhase = reader.Bool();
        Timestamp timestamp = reader.Timestamp();
        RequestId request = RequestId.Decode(ref reader);
        ulong acknowledgedThrough = reader.Number();
        byte[] reply = reader.Bytes().ToArray();
        var writes = new KeyWrite[reader.Count(bytesEach: 3)];
        for (int i = 0; i < writes.Length; i++)
            writes[i] = new(reader.Key(), DecodeValue(ref reader), (uint)reader.Number());
        int conditionCount = reader.Count(bytesEach: 3);
        Condition[] conditions = conditionCount == 0 ? [] : new Condition[conditionCount];
        for (int i = 0; i < conditionCount; i++)
        {
            Key key = reader.Key();
            byte kind = reader.Byte();
            if (kind > (byte)ConditionKind.Equal) reader.Fail();
            conditions[i] = new(key, (ConditionKind)kind, DecodeValue(ref reader));
        }

        KeySpan[] spans = DecodeSpans(ref reader);
        Timestamp readTimestamp = reader.Timestamp();
        PromisedWrite[]? staged = reader.Bool() ? TransactionRecord.DecodePromises(ref reader) : null;
        uint attempt = staged is null ? 0 : (uint)reader.Number();
        return new(
            meta, onePhase, timestamp, request, acknowledgedThrough, reply, ImmutableCollectionsMarshal.AsImmutableArray(writes),
            ImmutableCollectionsMarshal.AsImmutableArray(conditions), ImmutableCollectionsMarshal.AsImmutableArray(spans), readTimestamp, staged)
        {
            StagingAttempt = attempt,
        };
    }

    // A value is told from a deletion by its length plus one; zero deletes.
    internal static void EncodeValue(ByteWriter writer, byte[]? value)
    {
        writer.Number(value is null ? 0 : (ulong)value.Length + 1);
        if (value is not null) writer.Raw(value);
    }

    internal static byte[]? DecodeValue(ref ByteReader reader)
    {
        ulong lengthPlusOne = reader.Number();
        if (lengthPlusOne == 0) return null;
        if (lengthPlusOne - 1 > (ulong)reader.Remaining)
        {
            reader.Fail();
            return null;
        }

        return reader.Raw((int)(lengthPlusOne - 1)).ToArray();
    }

    internal static void EncodeKeys(ByteWriter writer, IReadOnlyList<Key> keys)
    {
        writer.Number((ulong)keys.Count);
        foreach (Key key in keys) writer.Key(key);
    }

    internal static Key[] DecodeKeys(ref ByteReader reader)
    {
        var keys = new Key[reader.Count()];
        for (int i = 0; i < keys.Length; i++) keys[i] = reader.Key();
        return keys;
    }

    internal static void EncodeSpans(ByteWriter writer, ReadOnlySpan<KeySpan> spans)
    {
        writer.Number((ulong)spans.Length);
        foreach (KeySpan span in spans)
        {
            writer.Key(span.Start);
            writer.Key(span.End);
        }
    }

    internal static KeySpan[] DecodeSpans(ref ByteReader reader)
    {
        int count = reader.Count(bytesEach: 2);
        KeySpan[] spans = count == 0 ? [] : new KeySpan[count];
        for (int i = 0; i < count; i++) spans[i] = new(reader.Key(), reader.Key());
        return spans;
    }
}
