using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Client.Protocol;

/// <summary>A key and its value; null: it was deleted.</summary>
public readonly record struct RecordChange(Key Key, byte[]? Value);

/// <summary>The binary forms of what a gateway answers.</summary>
public static class ReplyCodec
{
    private enum OutcomeKind : byte { Committed = 1, Refused, Unavailable, Ambiguous }

    /// <summary>Writes an outcome.</summary>
    public static void Encode(ByteWriter w, ulong number, TransactOutcome outcome)
    {
        w.Byte((byte)ReplyKind.Outcome);
        w.Number(number);
        switch (outcome)
        {
            case TransactOutcome.Committed o:
                w.Byte((byte)OutcomeKind.Committed);
                w.Timestamp(o.Timestamp);
                w.Number((ulong)o.Nodes.Count);
                foreach (NodeId node in o.Nodes) w.Number(node.Value);
                break;
            case TransactOutcome.Refused o:
                w.Byte((byte)OutcomeKind.Refused);
                w.Byte((byte)o.Error.Code);
                w.Number((ulong)o.Operation);
                w.Text(o.Error.Message);
                break;
            case TransactOutcome.Unavailable o:
                w.Byte((byte)OutcomeKind.Unavailable);
                w.Text(o.Why);
                break;
            case TransactOutcome.Ambiguous o:
                w.Byte((byte)OutcomeKind.Ambiguous);
                w.Text(o.Why);
                break;
            default:
                Invariant.Unreachable(outcome.GetType().Name);
                break;
        }
    }

    /// <summary>Reads what follows an outcome's number.</summary>
    public static TransactOutcome? DecodeOutcome(ref ByteReader r)
    {
        switch ((OutcomeKind)r.Byte())
        {
            case OutcomeKind.Committed:
                Timestamp at = r.Timestamp();
                var nodes = new NodeId[r.Count()];
                for (int i = 0; i < nodes.Length; i++) nodes[i] = new(r.Number());
                return r.IsAtEnd ? new TransactOutcome.Committed(at, nodes) : null;
            case OutcomeKind.Refused:
                var code = (SceneErrorCode)r.Byte();
                int operation = (int)r.Number();
                string message = r.Text();
                return r.IsAtEnd ? new TransactOutcome.Refused(new(code, message), operation) : null;
            case OutcomeKind.Unavailable:
                string why = r.Text();
                return r.IsAtEnd ? new TransactOutcome.Unavailable(why) : null;
            case OutcomeKind.Ambiguous:
                why = r.Text();
                return r.IsAtEnd ? new TransactOutcome.Ambiguous(why) : null;
            default:
                return null;
        }
    }

    /// <summary>Writes keys and values until the end of the frame.</summary>
    public static void EncodeChange(ByteWriter w, Key key, byte[]? value)
    {
        w.Key(key);
        w.Bool(value is not null);
        if (value is not null) w.Bytes(value);
    }

    /// <summary>Reads keys and values until the end of the frame.</summary>
    public static bool TryDecodeChanges(ref ByteReader r, out List<RecordChange> changes)
    {
        changes = [];
        while (!r.Failed && !r.IsAtEnd)
        {
            Key key = r.Key();
            changes.Add(new(key, r.Bool() ? r.Bytes().ToArray() : null));
        }

        return !r.Failed;
    }
}
