using Banyan.Kv.Commands;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Requests;

/// <summary>The binary form of a command's outcome on its way back to whoever asked.</summary>
/// <remarks>Conflicts never travel: the leaseholder waits for them to go away.</remarks>
internal static class OutcomeCodec
{
    private enum Kind : byte { Done = 1, ConditionFailed, ReadChanged, AlreadyDone, Refused, RecordState, Found, Fenced, Void }

    public static void Encode(ByteWriter writer, CommandOutcome outcome)
    {
        switch (outcome)
        {
            case CommandOutcome.Done o:
                writer.Byte((byte)Kind.Done);
                writer.Timestamp(o.Timestamp);
                break;
            case CommandOutcome.ConditionFailed o:
                writer.Byte((byte)Kind.ConditionFailed);
                writer.Number((ulong)o.Number);
                writer.Key(o.Key);
                break;
            case CommandOutcome.ReadChanged o:
                writer.Byte((byte)Kind.ReadChanged);
                writer.Key(o.Key);
                break;
            case CommandOutcome.AlreadyDone o:
                writer.Byte((byte)Kind.AlreadyDone);
                writer.Timestamp(o.Timestamp);
                writer.Bytes(o.Reply.Span);
                break;
            case CommandOutcome.Refused o:
                writer.Byte((byte)Kind.Refused);
                writer.Text(o.Why);
                break;
            case CommandOutcome.RecordState o:
                writer.Byte((byte)Kind.RecordState);
                EncodeRecord(writer, o.Record);
                break;
            case CommandOutcome.Found o:
                writer.Byte((byte)Kind.Found);
                writer.Bool(o.All);
                break;
            case CommandOutcome.Fenced o:
                writer.Byte((byte)Kind.Fenced);
                EncodeRecord(writer, o.Record);
                break;
            case CommandOutcome.Void:
                writer.Byte((byte)Kind.Void);
                break;
            default:
                Invariant.Unreachable(outcome.GetType().Name);
                break;
        }
    }

    public static bool TryDecode(ref ByteReader reader, out CommandOutcome outcome)
    {
        outcome = (Kind)reader.Byte() switch
        {
            Kind.Done => new CommandOutcome.Done(reader.Timestamp()),
            Kind.ConditionFailed => new CommandOutcome.ConditionFailed((int)Math.Min(reader.Number(), int.MaxValue), reader.Key()),
            Kind.ReadChanged => new CommandOutcome.ReadChanged(reader.Key()),
            Kind.AlreadyDone => new CommandOutcome.AlreadyDone(reader.Timestamp(), reader.Bytes().ToArray()),
            Kind.Refused => new CommandOutcome.Refused(reader.Text(lengthMax: 256)),
            Kind.RecordState => new CommandOutcome.RecordState(DecodeRecord(ref reader)),
            Kind.Found => new CommandOutcome.Found(reader.Bool()),
            Kind.Fenced => new CommandOutcome.Fenced(DecodeRecord(ref reader)),
            Kind.Void => new CommandOutcome.Void(),
            _ => null!,
        };
        return outcome is not null && !reader.Failed;
    }

    private static void EncodeRecord(ByteWriter writer, TransactionRecord? record)
    {
        writer.Bool(record is not null);
        record?.Encode(writer);
    }

    private static TransactionRecord? DecodeRecord(ref ByteReader reader) =>
        reader.Bool() ? TransactionRecord.Decode(ref reader) : null;
}
