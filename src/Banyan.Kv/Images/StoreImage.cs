using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Images;

/// <summary>All of a store at one place of its log, pinned: a checkpoint before it is written.</summary>
/// <param name="Position">Everything the log holds before this position is in here.</param>
/// <param name="Liveness">The durable part of store liveness.</param>
/// <param name="Ranges">Each replica's state (null if it has none yet) and the log that its group still keeps.</param>
public sealed record StoreImage(
    ulong Position, byte[] Liveness, IReadOnlyList<(RangeId Range, RangeImage? State, RaftLogState Log)> Ranges);
