using Banyan.Kv.Transactions;

namespace Banyan.Sync.Trees;

/// <summary>What a client's followed trees need of the server around them.</summary>
public interface ITreeEdge
{
    /// <summary>Whether the client may change anything at all.</summary>
    bool MayChange { get; }

    /// <summary>Sends a message, behind all others.</summary>
    void Send(ReadOnlySpan<byte> message);

    /// <summary>Runs a transaction of the client; calls back once.</summary>
    /// <param name="body">What it does.</param>
    /// <param name="request">Its number within the session.</param>
    /// <param name="acknowledgedThrough">The client has the answers through this number.</param>
    /// <param name="attempt">Counts what this server has tried before to find out what became of it; below <see cref="TreeSession.AttemptsMax"/>.</param>
    /// <param name="done">Gets what became of it.</param>
    void Run(ITransactionBody body, ulong request, ulong acknowledgedThrough, uint attempt, Action<TransactionOutcome> done);
}
