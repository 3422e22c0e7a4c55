using System.Buffers.Binary;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Workloads;

/// <summary>Transactions that read lists and append a number of their own to some, over several ranges.</summary>
/// <remarks>
/// Every number is appended once, so a list tells which transactions it has seen. What a transaction has read travels in
/// its reply, so that it is known also when the answer comes from a retry.
/// </remarks>
public sealed class AppendWorkload : IWorkload
{
    private const int Clients = 8;
    private const int KeyCount = 24;
    private readonly List<Operation> _operations = [];
    private readonly SortedDictionary<Key, SortedSet<ulong>> _acknowledged = [];
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private SimulatedCluster? _cluster;
    private ulong _lastNumber;
    private int _left;
    private int _running;

    internal sealed class Operation(List<Key> reads, List<Key> appends, ulong number, SortedDictionary<Key, ulong[]> mustSee) : ITransactionBody
    {
        private readonly ByteWriter _reply = new();

        public List<Key> Reads => reads;

        public List<Key> Appends => appends;

        public ulong Number => number;

        /// <summary>What was acknowledged, key by key, before this began.</summary>
        public SortedDictionary<Key, ulong[]> MustSee => mustSee;

        public TransactionOutcome? Outcome { get; set; }

        public ReadOnlyMemory<byte> Reply => _reply.ToArray();

        public IEnumerable<TransactionStep> Run(Transaction transaction)
        {
            _reply.Clear();
            if (reads.Count == 0)
            {
                // Blind: a list of its own that nobody else writes.
                foreach (Key key in appends) transaction.Put(key, With(null, number));
                yield break;
            }

            GetStep get = transaction.Get(reads);
            yield return get;
            for (int i = 0; i < reads.Count; i++)
            {
                _reply.Bytes(get.Values[i]);
                if (appends.Contains(reads[i])) transaction.Put(reads[i], With(get.Values[i], number));
            }
        }

        private static byte[] With(byte[]? list, ulong number)
        {
            var longer = new byte[(list?.Length ?? 0) + 8];
            list?.CopyTo(longer, 0);
            BinaryPrimitives.WriteUInt64LittleEndian(longer.AsSpan(longer.Length - 8), number);
            return longer;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Key> Cuts { get; } = [KeyOf(6), KeyOf(12), KeyOf(18)];

    /// <inheritdoc/>
    public bool StandsStaleReads => true;

    /// <inheritdoc/>
    public bool IsDone => _left == 0 && _running == 0;

    /// <inheritdoc/>
    public int Operations => _operations.Count - _running;

    /// <inheritdoc/>
    public int Commits { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    /// <inheritdoc/>
    public Key AnyCut(SeededRandom random) => KeyOf(1 + random.Next(KeyCount - 1));

    /// <inheritdoc/>
    public void Start(SimulatedCluster cluster, SeededRandom random, int operations)
    {
        _cluster = cluster;
        _left = operations;
        for (ulong i = 1; i <= Clients; i++)
        {
            SeededRandom own = random.Fork();
            var client = new SimulatedClient(cluster, own.Fork(), 1000 + i);
            cluster.Time.After(own.Next(300_000), () => Next(cluster, client, own));
        }
    }

    /// <inheritdoc/>
    public void Stop() => _left = 0;

    /// <inheritdoc/>
    public void Check(CommittedHistory history, List<string> violations) =>
        AppendChecker.Check(_operations, history, isFresh: _cluster is { ClocksWereTooFar: false }, violations);

    private static Key KeyOf(int i) => Key.Of($"k{i:d2}");

    private void Next(SimulatedCluster cluster, SimulatedClient client, SeededRandom random)
    {
        if (_left == 0) return;
        _left--;
        _running++;
        Operation operation = NewOperation(random);
        _operations.Add(operation);
        client.Run(operation, outcome =>
        {
            Invariant.Holds(operation.Outcome is null, "an operation has one outcome");
            operation.Outcome = outcome;
            _running--;
            string kind = outcome is TransactionOutcome.Committed ? "Committed" : outcome.ToString();
            _outcomes[kind] = _outcomes.GetValueOrDefault(kind) + 1;
            if (outcome is TransactionOutcome.Committed)
            {
                Commits++;
                foreach (Key key in operation.Appends) Acknowledged(key).Add(operation.Number);
            }

            cluster.Time.After(random.Next(20_000), () => Next(cluster, client, random));
        });
    }

    private Operation NewOperation(SeededRandom random)
    {
        var keys = new SortedSet<Key>();
        int count = 1 + random.Next(4);
        // A few hot keys, many cold ones.
        while (keys.Count < count) keys.Add(KeyOf(random.Chance(0.3) ? random.Next(3) * 7 : random.Next(KeyCount)));
        List<Key> reads = [.. keys];
        List<Key> appends = random.Chance(0.2) ? [] : reads.FindAll(_ => random.Chance(0.7));
        var mustSee = new SortedDictionary<Key, ulong[]>();
        foreach (Key key in reads) mustSee.Add(key, [.. Acknowledged(key)]);
        return new(reads, appends, ++_lastNumber, mustSee);
    }

    private SortedSet<ulong> Acknowledged(Key key)
    {
        if (!_acknowledged.TryGetValue(key, out SortedSet<ulong>? numbers)) _acknowledged.Add(key, numbers = []);
        return numbers;
    }
}
