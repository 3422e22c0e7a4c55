using Banyan.Primitives;

namespace Banyan.Raft.Tests.Cluster;

/// <summary>A state machine that is nothing but a hash over all that it has applied.</summary>
internal readonly record struct AppliedState(LogIndex Index, Term Term, ulong Hash, LogIndex CompactedIndex)
{
    public AppliedState Apply(LogEntry entry)
    {
        Invariant.Holds(entry.Index == Index.Next);
        ulong hash = StableHash.Add(StableHash.Add(StableHash.Add(Hash, entry.Term.Value), (ulong)entry.Kind), entry.Payload.Span);
        return this with { Index = entry.Index, Term = entry.Term, Hash = hash };
    }

    public byte[] Encode()
    {
        var writer = new ByteWriter();
        writer.UInt64(Hash);
        return writer.ToArray();
    }

    public static AppliedState Decode(RaftSnapshot snapshot)
    {
        var reader = new ByteReader(snapshot.Data.Span);
        ulong hash = reader.UInt64();
        Assert.True(reader.IsAtEnd);
        return new(snapshot.Index, snapshot.Term, hash, snapshot.Index);
    }
}
