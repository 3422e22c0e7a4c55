using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Ranges;

/// <summary>What stands before the commands of a log entry.</summary>
/// <param name="LeaseSequence">The lease under which they were proposed.</param>
/// <param name="Closed">No command after this entry writes at or below it.</param>
/// <param name="CheckIndex">The proposer had applied up to here …</param>
/// <param name="CheckHash">… and had this state hash: every replica compares.</param>
/// <param name="Count">Number of commands.</param>
public readonly record struct EntryHeader(
    ulong LeaseSequence, Timestamp Closed, LogIndex CheckIndex, ulong CheckHash, int Count)
{
    internal void Encode(ByteWriter writer)
    {
        writer.Number(LeaseSequence);
        writer.Timestamp(Closed);
        writer.Number(CheckIndex.Value);
        writer.UInt64(CheckHash);
        writer.Number((ulong)Count);
    }

    internal static EntryHeader Decode(ref ByteReader reader) =>
        new(reader.Number(), reader.Timestamp(), new(reader.Number()), reader.UInt64(), reader.Count());
}
