using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Leases;

/// <summary>Who may serve a range. It begins with a command in the log and lasts as long as its holder leads and is supported.</summary>
/// <param name="Holder">The leaseholder; none before the first lease.</param>
/// <param name="Sequence">Counts up; a proposal carries it and is refused when applied under another.</param>
/// <param name="Term">The term in which the holder was elected; the lease is void in any other.</param>
/// <param name="Start">Above every timestamp that an earlier leaseholder has served.</param>
/// <param name="RecordsKeptMicroseconds">
/// How long records of transactions are kept under it: the holder's setting, in the log because every replica must forget
/// the same at the same entry.
/// </param>
public sealed record Lease(ServerId Holder, ulong Sequence, Term Term, Timestamp Start, long RecordsKeptMicroseconds)
{
    /// <summary>How long records are kept unless somebody decides otherwise.</summary>
    public const long RecordsKeptByDefaultMicroseconds = 10_000_000;

    /// <summary>Before the first lease.</summary>
    public static readonly Lease None = new(ServerId.None, 0, default, Timestamp.Zero, RecordsKeptByDefaultMicroseconds);

    internal void Encode(ByteWriter writer)
    {
        writer.Number(Holder.Value);
        writer.Number(Sequence);
        writer.Number(Term.Value);
        writer.Timestamp(Start);
        writer.Number((ulong)RecordsKeptMicroseconds);
    }

    internal static Lease Decode(ref ByteReader reader) =>
        new(new((uint)reader.Number()), reader.Number(), new(reader.Number()), reader.Timestamp(),
            (long)(reader.Number() & long.MaxValue));
}
