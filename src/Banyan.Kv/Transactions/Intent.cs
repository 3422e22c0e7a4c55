using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>A provisional write. It is the newest thing on its key, and no other transaction may write there.</summary>
/// <param name="Meta">Whose it is.</param>
/// <param name="Timestamp">Where it was written; the commit may move it up, never down. The one place that says so.</param>
/// <param name="Sequence">Which write of its transaction.</param>
/// <param name="Value">The new value; null deletes.</param>
public sealed record Intent(TransactionMeta Meta, Timestamp Timestamp, uint Sequence, byte[]? Value);
