using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>Runs the transactions of one server's clients. One life of a server is one coordinator.</summary>
public sealed class Coordinator
{
    private readonly Store.Store _store;
    private readonly ulong _life;
    private readonly List<TransactionRun> _runs = [];
    // Requests that nobody else will retry still need an id: messages may be repeated.
    private readonly SortedSet<ulong> _ownRequests = [];
    private ulong _lastOwnRequest;
    private ulong _lastNumber;

    internal Coordinator(Store.Store store, ulong life)
    {
        _store = store;
        _life = life;
    }

    /// <summary>Transactions under way.</summary>
    public int RunningCount => _runs.Count;

    /// <summary>Transactions committed by this coordinator.</summary>
    public long Commits { get; internal set; }

    /// <summary>Those of them that wrote on more than one range.</summary>
    public long CrossRangeCommits { get; internal set; }

    /// <summary>Attempts that were started again.</summary>
    public long Restarts { get; internal set; }

    /// <summary>Runs a body until it commits, gives up, or runs out of time.</summary>
    /// <param name="body">What it does.</param>
    /// <param name="request">What a retry is recognized by; None if nobody will retry.</param>
    /// <param name="acknowledgedThrough">The client has the answers up to this sequence.</param>
    /// <param name="done">Called once.</param>
    public void Run(ITransactionBody body, RequestId request, ulong acknowledgedThrough, Action<TransactionOutcome> done)
    {
        (request, acknowledgedThrough) = Identify(request, acknowledgedThrough);
        var run = new TransactionRun(_store, this, body, [], request, acknowledgedThrough, done);
        if (request.Try == 0)
        {
            Start(run);
            return;
        }

        new RetryFence(_store, request, before =>
        {
            if (before is null) Start(run);
            else done(before);
        }).Start();
    }

    /// <summary>Writes without reading: if all conditions hold, all writes happen.</summary>
    public void OneShot(
        IReadOnlyList<Condition> conditions, IReadOnlyList<KeyWrite> writes, RequestId request, ulong acknowledgedThrough,
        Action<TransactionOutcome> done)
    {
        (request, acknowledgedThrough) = Identify(request, acknowledgedThrough);
        Start(new TransactionRun(_store, this, new OneShotBody(writes), conditions, request, acknowledgedThrough, done));
    }

    /// <summary>Reads keys and spans of any ranges at one timestamp, on any replica that has it resolved.</summary>
    public void ReadAt(Timestamp timestamp, IReadOnlyList<Key> keys, IReadOnlyList<ScanSpan> spans, Action<ReplyBody> done)
    {
        // Reading a resolved timestamp is the same as a transaction that has no writes and needs no lease.
        Start(new TransactionRun(_store, this, new ReadBodyAt(keys, spans, done), [], RequestId.None, 0, outcome =>
        {
            if (outcome is TransactionOutcome.Unavailable) done(new ReplyBody.NotLeaseholder(default, ServerId.None));
        }, timestamp));
    }

    internal TransactionId NextId() => new(_life, ++_lastNumber);

    internal void Tick()
    {
        for (int i = _runs.Count - 1; i >= 0; i--)
        {
            TransactionRun run = _runs[i];
            if (!run.IsOver) run.Tick();
            if (run.IsOver) _runs.RemoveAt(i);
        }
    }

    internal void OnOver(TransactionRun run)
    {
        if (run.Request.Client == _life) _ownRequests.Remove(run.Request.Sequence);
    }

    private (RequestId Request, ulong AcknowledgedThrough) Identify(RequestId request, ulong acknowledgedThrough)
    {
        if (!request.IsNone) return (request, acknowledgedThrough);
        ulong through = _ownRequests.Count > 0 ? _ownRequests.Min - 1 : _lastOwnRequest;
        _ownRequests.Add(++_lastOwnRequest);
        return (new(_life, _lastOwnRequest), through);
    }

    private void Start(TransactionRun run)
    {
        run.Begin();
        if (!run.IsOver) _runs.Add(run);
    }

    private sealed class OneShotBody(IReadOnlyList<KeyWrite> writes) : ITransactionBody
    {
        public IEnumerable<TransactionStep> Run(Transaction transaction)
        {
            foreach (KeyWrite write in writes)
            {
                if (write.Value is null) transaction.Delete(write.Key);
                else transaction.Put(write.Key, write.Value);
            }

            return [];
        }
    }

    private sealed class ReadBodyAt(IReadOnlyList<Key> keys, IReadOnlyList<ScanSpan> spans, Action<ReplyBody> done) : ITransactionBody
    {
        public IEnumerable<TransactionStep> Run(Transaction transaction)
        {
            GetStep get = transaction.Get(keys);
            if (keys.Count > 0) yield return get;
            var results = new List<ScanResult>();
            foreach (ScanSpan span in spans)
            {
                ScanStep scan = transaction.Scan(span.Span, span.KeysMax);
                yield return scan;
                results.Add(new(scan.Entries, scan.IsTruncated ? scan.Entries[^1].Key.Next : null));
            }

            done(new ReplyBody.Read(transaction.ReadTimestamp, get.Values, results));
        }
    }
}
