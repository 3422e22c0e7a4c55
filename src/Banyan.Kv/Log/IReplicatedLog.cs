using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Log;

/// <summary>
/// One range's log, replicated: fenced append, tail, trim and lease, and nothing that names the consensus below.
/// </summary>
/// <remarks>
/// The embedded Raft (<see cref="RaftReplicatedLog"/>) is the default. An engine that operators already run may stand
/// here instead: it needs an ordered log a range, appends that are refused once another holds the fence, and a lease.
/// </remarks>
public interface IReplicatedLog
{
    /// <summary>Whether this server may append.</summary>
    bool IsLeader { get; }

    /// <summary>Grows with every change of leader; an append under an older fence never becomes part of the log.</summary>
    Term Fence { get; }

    /// <summary>The leader as far as this server knows.</summary>
    ServerId Leader { get; }

    /// <summary>The last index appended here, committed or not.</summary>
    LogIndex LastIndex { get; }

    /// <summary>No other server becomes leader before this time; Zero if this server has no such promise.</summary>
    Timestamp LeaseUntil { get; }

    /// <summary>Whether <see cref="LeaseUntil"/> lies above a time.</summary>
    bool HoldsLeaseAt(Timestamp time);

    /// <summary>Appends an entry; false if this server does not lead or too much is uncommitted.</summary>
    bool TryAppend(ReadOnlyMemory<byte> payload, out LogIndex index);

    /// <summary>Forgets entries up to an index that a checkpoint covers.</summary>
    void Trim(LogIndex through);

    /// <summary>Lets another member lead, once it has every entry.</summary>
    void TransferTo(ServerId server);

    /// <summary>Tries to lead now.</summary>
    void Campaign();
}
