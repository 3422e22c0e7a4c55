namespace Banyan.Kv.Transactions;

/// <summary>
/// What a transaction does, as an iterator: it yields the reads that it waits for, and buffers writes as it goes. It may
/// be started anew, from the beginning, any number of times: <see cref="Run"/> must set all of its results afresh.
/// </summary>
/// <example>
/// <code>
/// public IEnumerable&lt;TransactionStep&gt; Run(Transaction t)
/// {
///     GetStep from = t.Get(alice);
///     yield return from;
///     t.Put(alice, Less(from.Value));
///     t.Put(bob, …);
/// }
/// </code>
/// </example>
public interface ITransactionBody
{
    /// <summary>One attempt.</summary>
    IEnumerable<TransactionStep> Run(Transaction transaction);

    /// <summary>What the client is answered if this attempt commits; asked after <see cref="Run"/> has ended.</summary>
    ReadOnlyMemory<byte> Reply => default;
}
