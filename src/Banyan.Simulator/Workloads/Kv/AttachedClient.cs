using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>A client that stays with one server while that lives, and tries nothing twice.</summary>
internal sealed class AttachedClient(SimulatedCluster cluster, SeededRandom random)
{
    private SimulatedServer? _server;
    private int _life;

    /// <summary>Whether the next operation goes through the same life of the same server as the last one.</summary>
    public bool IsAttached => _server is { IsUp: true } && _server.Life == _life;

    /// <summary>Runs an operation, and tells its outcome; ambiguous if the server died meanwhile.</summary>
    public void Run(KvOperation operation, Action<TransactionOutcome> done)
    {
        if (!IsAttached)
        {
            _server = cluster.Any(up: true);
            if (_server is null)
            {
                cluster.Time.After(50_000, () => Run(operation, done));
                return;
            }

            _life = _server.Life;
        }

        SimulatedServer server = _server!;
        int life = _life;
        bool over = false;
        server.Do(store =>
        {
            if (operation.AtOnce is { } once) store.Coordinator.OneShot(once.Conditions, once.Writes, RequestId.None, 0, End);
            else store.Coordinator.Run(operation, RequestId.None, 0, End);
        });
        Watch();

        void End(TransactionOutcome outcome)
        {
            if (over) return;
            over = true;
            done(outcome);
        }

        void Watch() => cluster.Time.After(20_000 + random.Next(20_000), () =>
        {
            if (over) return;
            if (server.Life == life) Watch();
            else End(new TransactionOutcome.Ambiguous("its server died"));
        });
    }
}
