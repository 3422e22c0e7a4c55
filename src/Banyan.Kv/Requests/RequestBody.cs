using Banyan.Kv.Commands;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Requests;

/// <summary>What a server asks of the leaseholder of a range. All keys of a request lie in that range.</summary>
public abstract record RequestBody;

/// <summary>A span to read, from its start on, at most so many keys.</summary>
public readonly record struct ScanSpan(KeySpan Span, int KeysMax);

/// <summary>Reads keys and spans.</summary>
/// <param name="Reader">Sees its own intents; none for a read outside a transaction.</param>
/// <param name="Timestamp">Zero: now, on the leaseholder's clock.</param>
/// <param name="UncertainUntil">A version above the timestamp and up to here may be older in real time: it is reported, not skipped.</param>
/// <param name="AnyReplica">Whether a follower that knows the timestamp to be resolved may answer.</param>
public sealed record ReadBody(
    TransactionId Reader, Timestamp Timestamp, Timestamp UncertainUntil, bool AnyReplica,
    IReadOnlyList<Key> Keys, IReadOnlyList<ScanSpan> Spans) : RequestBody;

/// <summary>Writes.</summary>
/// <param name="Command">Its timestamp is the lowest that will do.</param>
/// <param name="MayMove">Whether the leaseholder may pick a higher one by itself; otherwise it says which it needs.</param>
public sealed record WriteBody(WriteCommand Command, bool MayMove) : RequestBody;

/// <summary>Asks whether what a transaction has read is unchanged up to a later timestamp, and keeps it so.</summary>
public sealed record RefreshBody(
    TransactionId Reader, Timestamp From, Timestamp To, IReadOnlyList<KeySpan> Spans) : RequestBody;

/// <summary>Waits until a transaction is final, and helps it along if its coordinator is gone or if both wait for each other.</summary>
/// <param name="Pushee">Whose intent is in the way.</param>
/// <param name="Pusher">Who waits; null for a read outside a transaction, and for housekeeping.</param>
public sealed record PushBody(TransactionMeta Pushee, TransactionMeta? Pusher) : RequestBody;

/// <summary>Asks which transactions wait, directly or through others, for one whose record lies here.</summary>
public sealed record DependentsBody(TransactionId Id) : RequestBody;

/// <summary>Any other command, proposed as it is.</summary>
public sealed record CommandBody(Key RoutingKey, Command Command) : RequestBody;
