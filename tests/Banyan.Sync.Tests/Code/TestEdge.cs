using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Code;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests.Code;

/// <summary>A server around the game's code; who leads is the test's to say. Several of them share one cluster and its world.</summary>
internal sealed class TestEdge(SmallCluster cluster, uint server) : ICodeEdge
{
    private readonly Queue<Action> _posted = [];

    public List<RpcCall> Sent { get; } = [];

    public List<(ServerId To, RpcCall Call)> Forwarded { get; } = [];

    public SortedDictionary<string, int> Counted { get; } = new(StringComparer.Ordinal);

    public List<string> Reports { get; } = [];

    /// <summary>Transactions are kept back while it is set: a server whose messages do not get through.</summary>
    public bool IsCutOff { get; set; }

    public List<Action> KeptBack { get; } = [];

    public ServerId Self { get; } = new(server);

    public ulong Life => 7;

    public ServerId Holder { get; set; }

    public Timestamp Now => cluster.Now;

    public Timestamp Resolved => cluster.Resolved;

    public void Run(ITransactionBody body, Action<TransactionOutcome> done)
    {
        if (IsCutOff) KeptBack.Add(() => cluster.Run(body, done));
        else cluster.Run(body, done);
    }

    public void Send(RpcCall call)
    {
        Sent.Add(call);
        cluster.Hub.Deliver(call, Now);
    }

    public void Forward(ServerId to, RpcCall call) => Forwarded.Add((to, call));

    public List<(int From, uint Through)> Arrivals { get; } = [];

    public void Arrived(int from, uint through) => Arrivals.Add((from, through));

    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => cluster.Hub.Publish(synchronizer, authorityEpoch, state);

    public void Post(Action action) => _posted.Enqueue(action);

    public void Count(string why) => Counted[why] = Counted.GetValueOrDefault(why) + 1;

    public void Report(string where, Exception exception) => Reports.Add($"{where}: {exception.Message}");

    public void DoPosted()
    {
        while (_posted.TryDequeue(out Action? action)) action();
    }
}
