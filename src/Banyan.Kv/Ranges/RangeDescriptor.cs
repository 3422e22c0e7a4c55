using System.Collections.Immutable;
using Banyan.Primitives;

namespace Banyan.Kv.Ranges;

/// <summary>Which keys a range holds and which servers hold it.</summary>
/// <param name="Id">Never reused.</param>
/// <param name="Span">The keys. All ranges tile the key space.</param>
/// <param name="Generation">Counts up with every change of the span or the members; the higher one is right.</param>
/// <param name="Members">The servers with a replica, in ascending order.</param>
/// <param name="PreferredLeader">The server that should lead when it can: how leases are spread.</param>
public sealed record RangeDescriptor(
    RangeId Id, KeySpan Span, ulong Generation, ImmutableArray<ServerId> Members, ServerId PreferredLeader)
{
    internal void Encode(ByteWriter writer)
    {
        writer.Number(Id.Value);
        writer.Key(Span.Start);
        writer.Key(Span.End);
        writer.Number(Generation);
        writer.Number((ulong)Members.Length);
        foreach (ServerId member in Members) writer.Number(member.Value);
        writer.Number(PreferredLeader.Value);
    }

    internal static RangeDescriptor Decode(ref ByteReader reader)
    {
        var id = new RangeId(reader.Number());
        var span = new KeySpan(reader.Key(), reader.Key());
        ulong generation = reader.Number();
        var members = new ServerId[reader.Count()];
        for (int i = 0; i < members.Length; i++) members[i] = new((uint)reader.Number());
        return new(id, span, generation, [.. members], new((uint)reader.Number()));
    }
}
