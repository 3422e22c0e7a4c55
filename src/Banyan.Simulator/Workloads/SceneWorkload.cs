using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Reaping;
using Banyan.Scene.Records;
using Banyan.Simulator.Checking;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Workloads;

/// <summary>Clients that build, move and tear down one small tree over several zones, each of them a range, while another reaps.</summary>
public sealed class SceneWorkload : IWorkload
{
    private const int Clients = 8;
    private readonly List<SceneWork> _works = [];
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly SceneMix _mix = new();
    private int _left;
    private int _running;
    private int _asked;
    private bool _stopped;
    private bool _reaped;

    /// <inheritdoc/>
    public IReadOnlyList<Key> Cuts { get; } = [.. Enumerable.Range(1, SceneMix.Zones - 1).Select(z => SceneKeys.Start(new((uint)z)))];

    /// <inheritdoc/>
    public bool IsDone => _left == 0 && _running == 0 && _reaped;

    /// <inheritdoc/>
    public int Operations => _asked - _running;

    /// <inheritdoc/>
    public int Commits { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    /// <summary>How often the subtree of a despawned node was removed.</summary>
    public int Reaps { get; private set; }

    internal IReadOnlyList<SceneWork> Works => _works;

    /// <inheritdoc/>
    public Key AnyCut(SeededRandom random)
    {
        // Between two nodes of a zone, or amid the records of one.
        ZoneId zone = SceneMix.AnyZone(random);
        var node = new NodePlace(NodeId.Of(zone, 1 + (uint)random.Next(12)), zone);
        return random.Chance(0.5) ? SceneKeys.Header(node) : SceneKeys.Child(node, "C");
    }

    /// <inheritdoc/>
    public void Start(SimulatedCluster cluster, SeededRandom random, int operations)
    {
        _left = operations;
        for (ulong i = 1; i <= Clients; i++)
        {
            SeededRandom own = random.Fork();
            var client = new SimulatedClient(cluster, own.Fork(), 1000 + i);
            cluster.Time.After(own.Next(300_000), () => FoundFirst(cluster, client, own));
        }

        SeededRandom reaping = random.Fork();
        var reaper = new SimulatedClient(cluster, reaping.Fork(), 2000);
        cluster.Time.After(500_000, () => LookForNotes(cluster, reaper, reaping));
    }

    /// <inheritdoc/>
    public void Stop()
    {
        _stopped = true;
        _left = 0;
    }

    /// <inheritdoc/>
    public void Check(CommittedHistory history, List<string> violations) => new SceneReplay(_works).Check(history, violations);

    private void FoundFirst(SimulatedCluster cluster, SimulatedClient client, SeededRandom random) =>
        Run(cluster, client, random, new FoundWorld(), outcome =>
        {
            if (outcome is TransactionOutcome.Committed) Next(cluster, client, random);
            else if (!_stopped) cluster.Time.After(100_000, () => FoundFirst(cluster, client, random));
            else _left = 0;
        });

    private void Next(SimulatedCluster cluster, SimulatedClient client, SeededRandom random)
    {
        if (_left == 0) return;
        _left--;
        _asked++;
        _running++;
        var body = new SceneTransaction(_mix.Next(random));
        Run(cluster, client, random, body, outcome =>
        {
            _running--;
            string kind = outcome switch
            {
                TransactionOutcome.Committed => "Committed",
                TransactionOutcome.GivenUp => "GivenUp " + body.Error?.Code,
                _ => outcome.ToString(),
            };
            _outcomes[kind] = _outcomes.GetValueOrDefault(kind) + 1;
            if (outcome is TransactionOutcome.Committed committed)
            {
                Commits++;
                Invariant.Holds(SceneTransaction.TryDecodeReply(committed.Reply.Span, out IReadOnlyList<NodeId> results));
                _mix.Learn(body.Operations, results);
            }

            if (outcome is TransactionOutcome.GivenUp && body.Error?.Code == SceneErrorCode.NoSuchNode) _mix.Forget(body.Operations);

            cluster.Time.After(random.Next(3_000), () => Next(cluster, client, random));
        });
    }

    // The notes are read at one timestamp and taken up one by one; then it looks again, until the clients are done and nothing is left.
    private void LookForNotes(SimulatedCluster cluster, SimulatedClient reaper, SeededRandom random)
    {
        bool last = _left == 0 && _running == 0;
        var notes = new ReapNotes();
        reaper.Run(notes, outcome =>
        {
            if (outcome is TransactionOutcome.Committed && (notes.Found.Count > 0 || !last)) Reap(cluster, reaper, random, new(notes.Found));
            else if (outcome is TransactionOutcome.Committed) _reaped = true;
            else cluster.Time.After(100_000, () => LookForNotes(cluster, reaper, random));
        });
    }

    private void Reap(SimulatedCluster cluster, SimulatedClient reaper, SeededRandom random, Queue<NodePlace> notes)
    {
        if (!notes.TryDequeue(out NodePlace next))
        {
            cluster.Time.After(20_000 + random.Next(300_000), () => LookForNotes(cluster, reaper, random));
            return;
        }

        Run(cluster, reaper, random, new ReapTransaction(next), outcome =>
        {
            if (outcome is TransactionOutcome.Committed) Reaps++;
            Reap(cluster, reaper, random, notes);
        });
    }

    private void Run(
        SimulatedCluster cluster, SimulatedClient client, SeededRandom random, ITransactionBody body, Action<TransactionOutcome> done)
    {
        var work = new SceneWork(body, (ulong)_works.Count + 1, SceneMix.AnyZone(random), cluster.Time.Now);
        _works.Add(work);
        client.Run(work, outcome =>
        {
            work.End(outcome, cluster.Time.Now);
            done(outcome);
        });
    }

    private sealed class ReapNotes : ITransactionBody
    {
        public List<NodePlace> Found { get; } = [];

        public IEnumerable<TransactionStep> Run(Transaction transaction)
        {
            Found.Clear();
            for (uint zone = 0; zone < SceneMix.Zones; zone++)
            {
                ScanStep scan = transaction.Scan(SceneKeys.ReapsOf(new(zone)));
                yield return scan;
                foreach ((Key key, _) in scan.Entries)
                {
                    Invariant.Holds(SceneKeys.TryParse(key, out SceneKey note));
                    Found.Add(note.Node);
                }
            }
        }
    }
}
