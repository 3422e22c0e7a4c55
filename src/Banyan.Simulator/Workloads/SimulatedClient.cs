using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Workloads;

/// <summary>A client with one transaction at a time, which follows its cluster from server to server as the real one does.</summary>
internal sealed class SimulatedClient(SimulatedCluster cluster, SeededRandom random, ulong id)
{
    private ulong _sequence;

    /// <summary>Runs a body, through one server after the other as they die, and tells the last outcome.</summary>
    public void Run(ITransactionBody body, Action<TransactionOutcome> done)
    {
        var request = new RequestId(id, ++_sequence);
        Try(body, request, tries: 0, done);
    }

    private void Try(ITransactionBody body, RequestId request, int tries, Action<TransactionOutcome> done)
    {
        if (cluster.Any(up: true) is not { } server)
        {
            cluster.Time.After(50_000, () => Try(body, request, tries, done));
            return;
        }

        int life = server.Life;
        bool over = false;
        server.Do(store => store.Coordinator.Run(body, request, request.Sequence - 1, outcome =>
        {
            if (over) return;
            over = true;
            if (outcome is TransactionOutcome.Ambiguous && tries < TriesMax) Again();
            else done(outcome);
        }));
        Watch();

        // A connection breaks when its server dies.
        void Watch() => cluster.Time.After(20_000 + random.Next(20_000), () =>
        {
            if (over) return;
            if (server.Life == life)
            {
                Watch();
                return;
            }

            over = true;
            if (tries < TriesMax) Again();
            else done(new TransactionOutcome.Ambiguous("its servers died"));
        });

        void Again() => cluster.Time.After(1_000 + random.Next(50_000), () =>
            Try(body, request with { Try = request.Try + 1 }, tries + 1, done));
    }

    private const int TriesMax = 6;
}
