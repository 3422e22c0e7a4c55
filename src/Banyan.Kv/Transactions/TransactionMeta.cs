using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>What every intent and request of a transaction says about it.</summary>
/// <param name="Id">This attempt.</param>
/// <param name="Anchor">The key whose range holds the transaction record.</param>
/// <param name="Priority">In a deadlock the larger (priority, id) gives way; an older transaction has a smaller one.</param>
/// <param name="StartedAt">When the attempt began. Ranges refuse transactions older than the records they still remember.</param>
public sealed record TransactionMeta(TransactionId Id, Key Anchor, ulong Priority, Timestamp StartedAt)
{
    /// <summary>Whether this one gives way to another when each waits for the other.</summary>
    public bool GivesWayTo(TransactionMeta other) =>
        Priority != other.Priority ? Priority > other.Priority : Id.CompareTo(other.Id) > 0;

    internal void Encode(ByteWriter writer)
    {
        Id.Encode(writer);
        writer.Key(Anchor);
        writer.Number(Priority);
        writer.Timestamp(StartedAt);
    }

    internal static TransactionMeta Decode(ref ByteReader reader) =>
        new(TransactionId.Decode(ref reader), reader.Key(), reader.Number(), reader.Timestamp());
}
