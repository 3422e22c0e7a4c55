using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>Clients that do one operation after the other over several ranges, and a record of all they saw.</summary>
/// <remarks>
/// What every such workload has in common: a few hot keys and many cold ones in four ranges; marks, by which each
/// operation's effects are told from all others'; and the replay of the record against the committed versions
/// (<see cref="RecordedEffects"/>). What its clients may see is for each workload to say.
/// </remarks>
public abstract class RecordedWorkload : IWorkload
{
    internal const int Clients = 8;
    internal const int KeyCount = 24;
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private SimulatedCluster _cluster = null!;
    private SimulatedClient _last = null!;
    private ulong _lastNumber;
    private int _left;
    private int _running;
    private bool _isEnding;
    private bool _hasEnded;

    /// <inheritdoc/>
    public IReadOnlyList<Key> Cuts { get; } = [KeyOf(6), KeyOf(12), KeyOf(18)];

    /// <inheritdoc/>
    public bool IsDone => _left == 0 && _running == 0 && _hasEnded;

    /// <inheritdoc/>
    public int Operations { get; private set; }

    /// <inheritdoc/>
    public int Commits { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    /// <summary>What the clients saw, in the order in which the operations were called; for <see cref="HistoryLines"/> too.</summary>
    public IReadOnlyList<ClientOperation> History => [.. Record.Select(r => r.Seen)];

    internal List<RecordedOperation> Record { get; } = [];

    /// <summary>What an addition to a key that is not there starts from.</summary>
    internal virtual long AddStartsFrom => 0;

    /// <inheritdoc/>
    public Key AnyCut(SeededRandom random) => KeyOf(1 + random.Next(KeyCount - 1));

    /// <inheritdoc/>
    public void Start(SimulatedCluster cluster, SeededRandom random, int operations)
    {
        _cluster = cluster;
        _left = operations;
        for (int i = 0; i < Clients; i++)
        {
            int number = i;
            SeededRandom own = random.Fork();
            var client = new SimulatedClient(cluster, own.Fork(), (ulong)(1000 + i));
            var attached = new AttachedClient(cluster, own.Fork());
            cluster.Time.After(own.Next(300_000), () => Next(number, client, attached, own));
        }

        _last = new SimulatedClient(cluster, random.Fork(), 2000);
    }

    /// <inheritdoc/>
    public void Stop()
    {
        _left = 0;
        EndIfDone();
    }

    /// <inheritdoc/>
    public void Check(CommittedHistory history, List<string> violations)
    {
        new RecordedEffects(Record, history, AddStartsFrom).Check(violations);
        CheckSeen(history, isFresh: !_cluster.ClocksWereTooFar, violations);
    }

    /// <summary>The next operation of a client, or null if it has none at the moment.</summary>
    /// <param name="client">From 0 on.</param>
    /// <param name="attached">What the client stays with if the operation wants that.</param>
    /// <param name="number">Of the operation.</param>
    /// <param name="random">The client's own.</param>
    internal abstract KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random);

    /// <summary>A read of everything, at the end; null if the workload has no use for it.</summary>
    internal virtual KvOperation? LastOperation(ulong number) => null;

    /// <summary>Whether an operation must not leave its client's server.</summary>
    internal virtual bool StaysAttached(KvOperation operation) => operation.AtOnce is not null;

    /// <summary>Called with every outcome, for what the next operations depend on.</summary>
    internal virtual void OnRecorded(int client, KvOperation operation, RecordedOperation recorded)
    {
    }

    /// <summary>Whether clients saw only what they may see.</summary>
    /// <param name="history">All committed versions.</param>
    /// <param name="isFresh">False if clocks were further apart than promised: then what is read may be old.</param>
    /// <param name="violations">What is wrong, in words.</param>
    internal abstract void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations);

    /// <summary>A place in the key space; everything of that place starts with this.</summary>
    internal static Key KeyOf(int place) => Key.Of($"k{place:d2}");

    /// <summary>A few hot places, many cold ones.</summary>
    internal static int AnyPlace(SeededRandom random) => random.Chance(0.3) ? random.Next(3) * 7 : random.Next(KeyCount);

    /// <summary>A key of an operation's own, in any range; null most of the time if the operation is to stay on its ranges.</summary>
    internal static Key? MarkOf(ulong number, SeededRandom random, double probability) =>
        random.Chance(probability) ? Key.Of($"k{random.Next(KeyCount):d2}!{number}") : null;

    private void Next(int number, SimulatedClient client, AttachedClient attached, SeededRandom random)
    {
        if (_left == 0) return;
        _left--;
        _running++;
        KvOperation operation = NextOperation(number, attached, ++_lastNumber, random);
        Run(number, operation, done =>
        {
            if (StaysAttached(operation)) attached.Run(operation, done);
            else client.Run(operation, done);
        }, _ =>
        {
            _running--;
            EndIfDone();
            _cluster.Time.After(random.Next(20_000), () => Next(number, client, attached, random));
        });
    }

    private void EndIfDone()
    {
        if (_left > 0 || _running > 0 || _isEnding) return;
        _isEnding = true;
        End();
    }

    private void End()
    {
        if (LastOperation(++_lastNumber) is not { } operation)
        {
            _hasEnded = true;
            return;
        }

        Run(Clients, operation, done => _last.Run(operation, done), recorded =>
        {
            if (recorded.IsOk) _hasEnded = true;
            else _cluster.Time.After(100_000, End);
        });
    }

    private void Run(int client, KvOperation operation, Action<Action<TransactionOutcome>> start, Action<RecordedOperation> done)
    {
        int at = Record.Count;
        long invoked = _cluster.Time.Now;
        Record.Add(new(operation.Number, new(client, invoked, null, OperationOutcome.Unknown, operation.Planned), null, operation.Mark)
        {
            WritesOneOf = operation.WritesOneOfPlanned,
        });
        start(outcome =>
        {
            Invariant.Holds(Record[at].Seen.Returned is null, "an operation has one outcome");
            Operations++;
            if (outcome is TransactionOutcome.Committed) Commits++;
            string kind = outcome is TransactionOutcome.Committed ? "Committed" : outcome.ToString();
            _outcomes[kind] = _outcomes.GetValueOrDefault(kind) + 1;
            RecordedOperation recorded = Record[at] = Describe(client, invoked, operation, outcome);
            OnRecorded(client, operation, recorded);
            done(recorded);
        });
    }

    private RecordedOperation Describe(int client, long invoked, KvOperation operation, TransactionOutcome outcome)
    {
        long now = _cluster.Time.Now;
        ClientOperation Seen(OperationOutcome how, IReadOnlyList<MicroOperation> steps) => new(client, invoked, now, how, steps);
        switch (outcome)
        {
            case TransactionOutcome.Committed committed:
                IReadOnlyList<MicroOperation> steps = operation.AtOnce is null ? KvOperation.StepsOf(committed.Reply) : operation.Planned;
                return new(operation.Number, Seen(OperationOutcome.Ok, steps), committed.Timestamp, operation.Mark);
            case TransactionOutcome.GivenUp:
                // It looked, and then there was nothing to do.
                return new(operation.Number, Seen(OperationOutcome.Ok, operation.LastSteps), operation.ReadAt, operation.Mark);
            case TransactionOutcome.ConditionFailed:
                return new(operation.Number, Seen(OperationOutcome.Ok, [.. operation.Planned.Select(s => s with { Applied = false })]), null, operation.Mark);
            case TransactionOutcome.Ambiguous:
                return new(operation.Number, Seen(OperationOutcome.Unknown, operation.Planned), null, operation.Mark) { WritesOneOf = operation.WritesOneOfPlanned };
            default:
                return new(operation.Number, Seen(OperationOutcome.Failed, operation.Planned), null, operation.Mark);
        }
    }
}
