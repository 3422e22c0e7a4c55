using Banyan.Kv.Commands;
using Banyan.Kv.Ranges;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Requests;

/// <summary>The binary form of requests and replies between servers: a kind byte, then the fields in order.</summary>
public static class RequestCodec
{
    private enum RequestKind : byte { Read = 1, Write, Refresh, Push, Dependents, Command }

    private enum ReplyKind : byte
    {
        Read = 1, Uncertain, HistoryGone, Applied, NeedsTimestamp, Refreshed, Pushed, Dependents, NotLeaseholder,
        WrongRange, Unknown, Overloaded,
    }

    /// <summary>Writes a request.</summary>
    public static void Encode(ByteWriter writer, RequestBody body)
    {
        switch (body)
        {
            case ReadBody b:
                writer.Byte((byte)RequestKind.Read);
                b.Reader.Encode(writer);
                writer.Timestamp(b.Timestamp);
                writer.Timestamp(b.UncertainUntil);
                writer.Bool(b.AnyReplica);
                CommandCodec.EncodeKeys(writer, b.Keys);
                writer.Number((ulong)b.Spans.Count);
                foreach (ScanSpan span in b.Spans)
                {
                    writer.Key(span.Span.Start);
                    writer.Key(span.Span.End);
                    writer.Number((ulong)span.KeysMax);
                }

                break;
            case WriteBody b:
                writer.Byte((byte)RequestKind.Write);
                writer.Bool(b.MayMove);
                CommandCodec.Encode(writer, b.Command);
                break;
            case RefreshBody b:
                writer.Byte((byte)RequestKind.Refresh);
                b.Reader.Encode(writer);
                writer.Timestamp(b.From);
                writer.Timestamp(b.To);
                CommandCodec.EncodeSpans(writer, [.. b.Spans]);
                break;
            case PushBody b:
                writer.Byte((byte)RequestKind.Push);
                b.Pushee.Encode(writer);
                writer.Bool(b.Pusher is not null);
                b.Pusher?.Encode(writer);
                break;
            case DependentsBody b:
                writer.Byte((byte)RequestKind.Dependents);
                b.Id.Encode(writer);
                break;
            case CommandBody b:
                writer.Byte((byte)RequestKind.Command);
                writer.Key(b.RoutingKey);
                CommandCodec.Encode(writer, b.Command);
                break;
            default:
                Invariant.Unreachable(body.GetType().Name);
                break;
        }
    }

    /// <summary>Reads a request; false if the bytes are none.</summary>
    public static bool TryDecode(ref ByteReader reader, out RequestBody body)
    {
        body = null!;
        switch ((RequestKind)reader.Byte())
        {
            case RequestKind.Read:
                {
                    TransactionId id = TransactionId.Decode(ref reader);
                    Timestamp timestamp = reader.Timestamp();
                    Timestamp uncertainUntil = reader.Timestamp();
                    bool anyReplica = reader.Bool();
                    Key[] keys = CommandCodec.DecodeKeys(ref reader);
                    var spans = new ScanSpan[reader.Count(bytesEach: 3)];
                    for (int i = 0; i < spans.Length; i++)
                        spans[i] = new(new(reader.Key(), reader.Key()), (int)Math.Min(reader.Number(), int.MaxValue));
                    body = new ReadBody(id, timestamp, uncertainUntil, anyReplica, keys, spans);
                    break;
                }

            case RequestKind.Write:
                {
                    bool mayMove = reader.Bool();
                    if (CommandCodec.TryDecode(ref reader, out Command command) && command is WriteCommand write)
                        body = new WriteBody(write, mayMove);
                    break;
                }

            case RequestKind.Refresh:
                body = new RefreshBody(
                    TransactionId.Decode(ref reader), reader.Timestamp(), reader.Timestamp(), CommandCodec.DecodeSpans(ref reader));
                break;
            case RequestKind.Push:
                body = new PushBody(
                    TransactionMeta.Decode(ref reader), reader.Bool() ? TransactionMeta.Decode(ref reader) : null);
                break;
            case RequestKind.Dependents:
                body = new DependentsBody(TransactionId.Decode(ref reader));
                break;
            case RequestKind.Command:
                {
                    Key key = reader.Key();
                    if (CommandCodec.TryDecode(ref reader, out Command command)) body = new CommandBody(key, command);
                    break;
                }

            default:
                break;
        }

        return body is not null && !reader.Failed;
    }

    /// <summary>Writes a reply.</summary>
    public static void Encode(ByteWriter writer, ReplyBody body)
    {
        switch (body)
        {
            case ReplyBody.Read b:
                writer.Byte((byte)ReplyKind.Read);
                writer.Timestamp(b.Timestamp);
                writer.Number((ulong)b.Values.Count);
                foreach (byte[]? value in b.Values) CommandCodec.EncodeValue(writer, value);
                writer.Number((ulong)b.Spans.Count);
                foreach (ScanResult span in b.Spans)
                {
                    writer.Number((ulong)span.Entries.Count);
                    foreach ((Key key, byte[] value) in span.Entries)
                    {
                        writer.Key(key);
                        writer.Bytes(value);
                    }

                    writer.Bool(span.ResumeAt is not null);
                    if (span.ResumeAt is { } resumeAt) writer.Key(resumeAt);
                }

                break;
            case ReplyBody.Uncertain b:
                writer.Byte((byte)ReplyKind.Uncertain);
                writer.Timestamp(b.Timestamp);
                break;
            case ReplyBody.HistoryGone b:
                writer.Byte((byte)ReplyKind.HistoryGone);
                writer.Timestamp(b.KeptFrom);
                break;
            case ReplyBody.Applied b:
                writer.Byte((byte)ReplyKind.Applied);
                OutcomeCodec.Encode(writer, b.Outcome);
                break;
            case ReplyBody.NeedsTimestamp b:
                writer.Byte((byte)ReplyKind.NeedsTimestamp);
                writer.Timestamp(b.Timestamp);
                break;
            case ReplyBody.Refreshed b:
                writer.Byte((byte)ReplyKind.Refreshed);
                writer.Bool(b.Unchanged);
                break;
            case ReplyBody.Pushed b:
                writer.Byte((byte)ReplyKind.Pushed);
                writer.Bool(b.Committed);
                writer.Timestamp(b.Timestamp);
                break;
            case ReplyBody.Dependents b:
                writer.Byte((byte)ReplyKind.Dependents);
                writer.Number((ulong)b.Ids.Count);
                foreach (TransactionId id in b.Ids) id.Encode(writer);
                break;
            case ReplyBody.NotLeaseholder b:
                writer.Byte((byte)ReplyKind.NotLeaseholder);
                writer.Number(b.Range.Value);
                writer.Number(b.Hint.Value);
                break;
            case ReplyBody.WrongRange b:
                writer.Byte((byte)ReplyKind.WrongRange);
                writer.Bool(b.Descriptor is not null);
                b.Descriptor?.Encode(writer);
                break;
            case ReplyBody.Unknown:
                writer.Byte((byte)ReplyKind.Unknown);
                break;
            case ReplyBody.Overloaded:
                writer.Byte((byte)ReplyKind.Overloaded);
                break;
            default:
                Invariant.Unreachable(body.GetType().Name);
                break;
        }
    }

    /// <summary>Reads a reply; false if the bytes are none.</summary>
    public static bool TryDecode(ref ByteReader reader, out ReplyBody body)
    {
        body = null!;
        switch ((ReplyKind)reader.Byte())
        {
            case ReplyKind.Read:
                body = DecodeRead(ref reader);
                break;
            case ReplyKind.Uncertain:
                body = new ReplyBody.Uncertain(reader.Timestamp());
                break;
            case ReplyKind.HistoryGone:
                body = new ReplyBody.HistoryGone(reader.Timestamp());
                break;
            case ReplyKind.Applied:
                if (OutcomeCodec.TryDecode(ref reader, out CommandOutcome outcome)) body = new ReplyBody.Applied(outcome);
                break;
            case ReplyKind.NeedsTimestamp:
                body = new ReplyBody.NeedsTimestamp(reader.Timestamp());
                break;
            case ReplyKind.Refreshed:
                body = new ReplyBody.Refreshed(reader.Bool());
                break;
            case ReplyKind.Pushed:
                body = new ReplyBody.Pushed(reader.Bool(), reader.Timestamp());
                break;
            case ReplyKind.Dependents:
                {
                    var ids = new TransactionId[reader.Count(bytesEach: 9)];
                    for (int i = 0; i < ids.Length; i++) ids[i] = TransactionId.Decode(ref reader);
                    body = new ReplyBody.Dependents(ids);
                    break;
                }

            case ReplyKind.NotLeaseholder:
                body = new ReplyBody.NotLeaseholder(new(reader.Number()), new((uint)reader.Number()));
                break;
            case ReplyKind.WrongRange:
                body = new ReplyBody.WrongRange(reader.Bool() ? RangeDescriptor.Decode(ref reader) : null);
                break;
            case ReplyKind.Unknown:
                body = new ReplyBody.Unknown();
                break;
            case ReplyKind.Overloaded:
                body = new ReplyBody.Overloaded();
                break;
            default:
                break;
        }

        return body is not null && !reader.Failed;
    }

    private static ReplyBody.Read DecodeRead(ref ByteReader reader)
    {
        Timestamp timestamp = reader.Timestamp();
        var values = new byte[]?[reader.Count()];
        for (int i = 0; i < values.Length; i++) values[i] = CommandCodec.DecodeValue(ref reader);
        var spans = new ScanResult[reader.Count(bytesEach: 2)];
        for (int i = 0; i < spans.Length; i++)
        {
            var entries = new KeyValuePair<Key, byte[]>[reader.Count(bytesEach: 2)];
            for (int j = 0; j < entries.Length; j++) entries[j] = new(reader.Key(), reader.Bytes().ToArray());
            spans[i] = new(entries, reader.Bool() ? reader.Key() : null);
        }

        return new(timestamp, values, spans);
    }
}
