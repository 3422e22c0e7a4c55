using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.World;

namespace Banyan.Kv.Tests;

/// <summary>Three real stores under virtual time without faults, and one thing after the other done on them.</summary>
internal sealed class CalmCluster
{
    public CalmCluster(StoreOptions? options = null, params string[] cuts)
    {
        World = new(seed: 1, servers: 3, [.. cuts.Select(Key.Of)], FaultOptions.None, options);
        World.Start();
        Run(2_000_000);
    }

    public SimulatedCluster World { get; }

    public Kv.Store.Store Store(int server) => World.Server(new((uint)server)).Store!;

    public void Run(long microseconds) => World.Time.RunUntil(World.Time.Now + microseconds);

    /// <summary>Runs a transaction on a server and waits, in virtual time, for its outcome.</summary>
    public TransactionOutcome Transact(int server, ITransactionBody body, RequestId request = default, long waitMicroseconds = 20_000_000)
    {
        TransactionOutcome? outcome = null;
        World.Server(new((uint)server)).Do(store => store.Coordinator.Run(body, request, request.IsNone ? 0 : request.Sequence - 1, o => outcome = o));
        for (long until = World.Time.Now + waitMicroseconds; outcome is null && World.Time.Now < until;) Run(1_000);
        Assert.NotNull(outcome);
        return outcome;
    }

    public Timestamp Commit(int server, Action<Transaction> writes)
    {
        TransactionOutcome outcome = Transact(server, new Body(t =>
        {
            writes(t);
            return [];
        }));
        return Assert.IsType<TransactionOutcome.Committed>(outcome).Timestamp;
    }

    public byte[]? Read(int server, string key)
    {
        byte[]? value = null;
        TransactionOutcome outcome = Transact(server, new Body(t => ReadInto(t)));
        Assert.IsType<TransactionOutcome.Committed>(outcome);
        return value;

        IEnumerable<TransactionStep> ReadInto(Transaction t)
        {
            GetStep get = t.Get(Key.Of(key));
            yield return get;
            value = get.Value;
        }
    }

    internal sealed class Body(Func<Transaction, IEnumerable<TransactionStep>> run) : ITransactionBody
    {
        public IEnumerable<TransactionStep> Run(Transaction transaction) => run(transaction);
    }
}
