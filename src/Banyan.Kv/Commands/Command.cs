using System.Collections.Immutable;
using Banyan.Kv.Leases;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Commands;

/// <summary>
/// What a leaseholder proposes. It is evaluated when it is applied, in log order, with the same result on every replica
/// (<see cref="Ranges.RangeState"/>); timestamps are fixed before, never moved while applying.
/// </summary>
public abstract record Command;

/// <summary>One key set to a value, or deleted with null.</summary>
public readonly record struct KeyWrite(Key Key, byte[]? Value, uint Sequence);

/// <summary>What a <see cref="Condition"/> demands of a key.</summary>
public enum ConditionKind : byte
{
    /// <summary>The key has a value.</summary>
    Exists,

    /// <summary>The key has none.</summary>
    Absent,

    /// <summary>The key has exactly this value.</summary>
    Equal,
}

/// <summary>What must be true of a key, at the timestamp of the write, for the write to happen.</summary>
public readonly record struct Condition(Key Key, ConditionKind Kind, byte[]? Value = null);

/// <summary>
/// Writes of one transaction on this range: committed at once (<see cref="OnePhase"/>), or as intents, with the
/// STAGING record beside them if this is the anchor's range.
/// </summary>
/// <param name="Meta">The transaction.</param>
/// <param name="OnePhase">All its writes are here: commit without intents or record.</param>
/// <param name="Timestamp">Of the intents or the commit.</param>
/// <param name="Request">For one phase and for the record: what a retry is recognized by.</param>
/// <param name="AcknowledgedThrough">The client has the answers to its requests up to this sequence; they may be forgotten.</param>
/// <param name="Reply">What the client is answered; kept for a retry.</param>
/// <param name="Writes">The writes; a promised write always leaves an intent, or the whole command does nothing.</param>
/// <param name="Conditions">Looked at together, before any write.</param>
/// <param name="ReadSpans">One phase: what the transaction has read here at <paramref name="ReadTimestamp"/>.</param>
/// <param name="ReadTimestamp">Nothing in the read spans may have changed since, up to the commit.</param>
/// <param name="Staged">The promised writes of the whole transaction if the record is to be STAGING; null otherwise.</param>
public sealed record WriteCommand(
    TransactionMeta Meta,
    bool OnePhase,
    Timestamp Timestamp,
    RequestId Request,
    ulong AcknowledgedThrough,
    ReadOnlyMemory<byte> Reply,
    ImmutableArray<KeyWrite> Writes,
    ImmutableArray<Condition> Conditions,
    ImmutableArray<KeySpan> ReadSpans,
    Timestamp ReadTimestamp,
    IReadOnlyList<PromisedWrite>? Staged) : Command
{
    /// <summary>
    /// Counts the transaction's attempts at staging, from 1: a copy of an attempt that comes late, and would be stamped
    /// higher, must not move a record that may be committed as it stands.
    /// </summary>
    public uint StagingAttempt { get; init; }
}

/// <summary>Makes the outcome of a transaction explicit in its record, and resolves its intents on the record's own range.</summary>
/// <param name="Meta">The transaction.</param>
/// <param name="Commit">Commit or abort.</param>
/// <param name="Timestamp">Of the commit.</param>
/// <param name="ExpectStaging">Only if the record is still staging at exactly this timestamp (recovery, and the explicit commit after staging); Zero: it must not be staging.</param>
/// <param name="Request">Kept in a record that this creates.</param>
/// <param name="Reply">Kept in a record that this creates.</param>
/// <param name="InFlight">For a record that this creates (two-phase commit): where its intents are.</param>
/// <param name="LocalKeys">Intents to resolve in the same entry.</param>
public sealed record EndCommand(
    TransactionMeta Meta, bool Commit, Timestamp Timestamp, Timestamp ExpectStaging,
    RequestId Request, ReadOnlyMemory<byte> Reply, IReadOnlyList<PromisedWrite> InFlight, IReadOnlyList<Key> LocalKeys) : Command;

/// <summary>All intents of a committed transaction on other ranges are resolved: its record may be forgotten in time.</summary>
/// <param name="Meta">The transaction.</param>
/// <param name="LocalKeys">Its writes on the record's range, resolved now if they are not yet; void if any of them lies elsewhere by now.</param>
public sealed record ResolvedCommand(TransactionMeta Meta, IReadOnlyList<Key> LocalKeys) : Command;

/// <summary>Turns intents of a final transaction into versions, or removes them.</summary>
public sealed record ResolveCommand(TransactionId Id, bool Commit, Timestamp Timestamp, IReadOnlyList<Key> Keys) : Command;

/// <summary>
/// Recovery's question whether promised writes stand at or below a timestamp. The first that does not is prevented: the
/// transaction can never again write on this range. Kept by the range, not by the timestamp cache, and under no
/// transaction's own exemption: it survives a change of lease and cannot be overtaken by the late write itself.
/// </summary>
/// <param name="Meta">The transaction.</param>
/// <param name="Timestamp">At or below which the writes must stand.</param>
/// <param name="Writes">What it promised here. None: it is prevented in any case, as after a one-range commit without an answer.</param>
/// <param name="Request">If this request took effect here, that is the answer; None if it is not asked for.</param>
public sealed record PreventCommand(
    TransactionMeta Meta, Timestamp Timestamp, IReadOnlyList<PromisedWrite> Writes, RequestId Request = default) : Command;

/// <summary>Keeps a pending or staging record alive, or creates a pending one. Only the coordinator sends it.</summary>
public sealed record HeartbeatCommand(TransactionMeta Meta, Timestamp At, RequestId Request) : Command;

/// <summary>Aborts a transaction that is pending or has no record; leaves a marker that stops a later creation.</summary>
public sealed record PushAbortCommand(TransactionMeta Pushee) : Command;

/// <summary>Finds out whether a client's request took effect here, and makes sure that it no longer can if it has not.</summary>
/// <param name="Request">Which.</param>
/// <param name="At">When it was asked.</param>
/// <param name="Span">What this range is taken to hold: if it does not, it cannot answer for all of it.</param>
public sealed record FenceCommand(RequestId Request, Timestamp At, KeySpan Span) : Command;

/// <summary>Begins a lease.</summary>
public sealed record LeaseCommand(Lease Lease) : Command;

/// <summary>Cuts this range in two; the right half becomes a range of its own on the same servers.</summary>
public sealed record SplitCommand(Key At, RangeId RightId, ServerId RightPreferredLeader, ulong ExpectedGeneration) : Command;

/// <summary>Moves the preference for the leader.</summary>
public sealed record PreferLeaderCommand(ServerId Leader, ulong ExpectedGeneration) : Command;
