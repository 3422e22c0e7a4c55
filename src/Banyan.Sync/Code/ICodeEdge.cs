using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Code;

/// <summary>What the game's code needs of the server around it.</summary>
public interface ICodeEdge
{
    /// <summary>This server.</summary>
    ServerId Self { get; }

    /// <summary>Which life of it.</summary>
    ulong Life { get; }

    /// <summary>The clock, as it was read last.</summary>
    Timestamp Now { get; }

    /// <summary>
    /// Who leads the range of the world's root and is alive, as far as this server knows; None if nobody. It is
    /// <see cref="Self"/> only while no other server can be.
    /// </summary>
    ServerId Holder { get; }

    /// <summary>Everything at or below this timestamp is in the world that clients of this server see.</summary>
    Timestamp Resolved { get; }

    /// <summary>Runs a transaction; calls back once.</summary>
    void Run(ITransactionBody body, Action<TransactionOutcome> done);

    /// <summary>Brings a call to a client, whichever server that is on.</summary>
    void Send(RpcCall call);

    /// <summary>Brings a call for the cluster to the server that runs the code.</summary>
    void Forward(ServerId to, RpcCall call);

    /// <summary>The code has, or will never have, all messages of a peer through a number.</summary>
    void Arrived(int from, uint through);

    /// <summary>Tells all servers of a synchronizer's state, this one included.</summary>
    void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state);

    /// <summary>Has something done on the server's loop; from any thread.</summary>
    void Post(Action action);

    /// <summary>Counts a cause.</summary>
    void Count(string why);

    /// <summary>The code has thrown something.</summary>
    void Report(string where, Exception exception);
}
