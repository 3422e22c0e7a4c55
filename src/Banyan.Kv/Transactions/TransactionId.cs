using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>One attempt of a transaction: the life of the coordinating server, and a number within that life.</summary>
/// <remarks>
/// A restarted attempt gets a new id; there are no epochs within one. An intent, a record or a prevention of an earlier
/// attempt can then never be taken for one of a later attempt.
/// </remarks>
public readonly record struct TransactionId(ulong Coordinator, ulong Number) : IComparable<TransactionId>
{
    /// <summary>No transaction.</summary>
    public static readonly TransactionId None;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => Coordinator == 0 && Number == 0;

    /// <inheritdoc/>
    public int CompareTo(TransactionId other)
    {
        int byCoordinator = Coordinator.CompareTo(other.Coordinator);
        return byCoordinator != 0 ? byCoordinator : Number.CompareTo(other.Number);
    }

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"t{Coordinator:x}.{Number}";

    internal void Encode(ByteWriter writer)
    {
        writer.UInt64(Coordinator);
        writer.Number(Number);
    }

    internal static TransactionId Decode(ref ByteReader reader) => new(reader.UInt64(), reader.Number());
}
