using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>One transaction from its first attempt to its outcome: the reads of an attempt, then its commit.</summary>
/// <remarks>The commit itself is in <see cref="CommitAttempt"/>.</remarks>
internal sealed class TransactionRun(
    Store.Store store, Coordinator coordinator, ITransactionBody body, IReadOnlyList<Condition> conditions,
    RequestId request, ulong acknowledgedThrough, Action<TransactionOutcome> done, Timestamp? readAt = null)
{
    private const int BackoffMicrosecondsMax = 200_000;

    private readonly Timestamp _deadline = store.Clock.Reading.Add(store.Options.RequestTimeoutMicroseconds);
    private readonly ulong _priority = store.Clock.Reading.Value;
    private Transaction _transaction = null!;
    private IEnumerator<TransactionStep> _steps = null!;
    private CommitAttempt? _commit;
    private TransactionId _id;
    private Timestamp _uncertainUntil;
    private Timestamp _retryAt = Timestamp.MaxValue;
    private int _attempt;
    private int _unanswered;
    private ReplyBody? _trouble;

    public Store.Store Store => store;

    public Coordinator Coordinator => coordinator;

    public IReadOnlyList<Condition> Conditions => conditions;

    public RequestId Request => request;

    public ulong AcknowledgedThrough => acknowledgedThrough;

    public bool IsOver { get; private set; }

    public Timestamp Deadline => _deadline;

    /// <summary>Starts an attempt.</summary>
    public void Begin()
    {
        _retryAt = Timestamp.MaxValue;
        _attempt++;
        _commit = null;
        _id = coordinator.NextId();
        Timestamp now = readAt ?? store.Clock.Now();
        _transaction = new(now);
        _uncertainUntil = readAt ?? now.Add(store.Options.MaxOffsetMicroseconds);
        _steps = body.Run(_transaction).GetEnumerator();
        Continue();
    }

    /// <summary>Heartbeats and backed-off attempts.</summary>
    public void Tick()
    {
        Timestamp now = store.Clock.Reading;
        if (_retryAt <= now) Begin();
        else _commit?.Tick(now);
    }

    /// <summary>The attempt came to nothing and left nothing behind: try again, after a pause that grows with the attempts.</summary>
    public void Restart(string why)
    {
        coordinator.Restarts++;
        _commit = null;
        // A little luck, taken from the clock's own counter, keeps two rivals from meeting again and again.
        long spread = (long)(StableHash.Add((ulong)_attempt, store.Clock.Now().Value) % BackoffMicrosecondsMax);
        Timestamp at = store.Clock.Reading.Add(_attempt <= 1 ? spread % 2_000 : spread * Math.Min(_attempt, 8) / 8);
        if (at >= _deadline) Finish(new TransactionOutcome.Unavailable($"too much contention: {why}"));
        else _retryAt = at;
    }

    public void Finish(TransactionOutcome outcome)
    {
        Invariant.Holds(!IsOver);
        IsOver = true;
        coordinator.OnOver(this);
        done(outcome);
    }

    private void Continue()
    {
        while (_steps.MoveNext())
        {
            Issue(_steps.Current);
            if (!_steps.Current.IsDone) return; // goes on when the replies are in
        }

        _steps.Dispose();
        if (_transaction.GivenUp is { } why) Finish(new TransactionOutcome.GivenUp(why));
        else if (_transaction.Writes.Count == 0 && conditions.Count == 0) Finish(new TransactionOutcome.Committed(_transaction.ReadTimestamp, body.Reply));
        else (_commit = new(this, _transaction, NewMeta(), body.Reply)).Start();
    }

    private TransactionMeta NewMeta() => new(
        _id,
        _transaction.Writes.Count > 0 ? _transaction.Writes.First().Key : conditions[0].Key,
        _priority, store.Clock.Now());

    private void Issue(TransactionStep step)
    {
        _trouble = null;
        switch (step)
        {
            case GetStep get:
                IssueGet(get);
                break;
            case ScanStep scan:
                scan.Entries.Clear();
                IssueScan(scan, scan.Span.Start);
                break;
            default:
                Invariant.Unreachable(step.GetType().Name);
                break;
        }
    }

    private void IssueGet(GetStep step)
    {
        var wanted = new List<int>();
        for (int i = 0; i < step.Keys.Count; i++)
        {
            if (_transaction.TryGetOwn(step.Keys[i], out byte[]? own)) step.Values[i] = own;
            else wanted.Add(i);
        }

        if (wanted.Count == 0)
        {
            step.IsDone = true;
            return;
        }

        List<List<int>> groups = store.Router.GroupByRange(wanted, i => step.Keys[i]);
        _unanswered = groups.Count;
        foreach (List<int> group in groups)
        {
            Key[] keys = [.. group.Select(i => step.Keys[i])];
            store.Router.Send(keys[0], ReadBody(keys, []), reply =>
            {
                if (reply is ReplyBody.Read read)
                {
                    for (int i = 0; i < group.Count; i++) step.Values[group[i]] = read.Values[i];
                }
                else
                {
                    _trouble = reply;
                }

                if (--_unanswered > 0 || IsOver) return;
                if (_trouble is not null)
                {
                    OnTrouble(step, _trouble);
                    return;
                }

                foreach (int i in wanted) _transaction.ReadSpans.Add(KeySpan.Of(step.Keys[i]));
                step.IsDone = true;
                Continue();
            }, TimeLeft());
        }
    }

    private void IssueScan(ScanStep step, Key from)
    {
        KeySpan here = store.Router.FirstPiece(new(from, step.Span.End));
        if (here.IsEmpty)
        {
            EndScan(step);
            return;
        }

        var span = new ScanSpan(here, step.KeysMax - step.Entries.Count + 1);
        store.Router.Send(from, ReadBody([], [span]), reply =>
        {
            if (IsOver) return;
            if (reply is not ReplyBody.Read read)
            {
                OnTrouble(step, reply);
                return;
            }

            step.Entries.AddRange(read.Spans[0].Entries);
            if (step.Entries.Count > step.KeysMax || read.Spans[0].ResumeAt is not null || here.End >= step.Span.End) EndScan(step);
            else IssueScan(step, here.End);
            if (step.IsDone) Continue();
        }, TimeLeft());
    }

    private void EndScan(ScanStep step)
    {
        _transaction.ReadSpans.Add(step.Span);
        Key end = step.Span.End;
        if (step.Entries.Count > step.KeysMax)
        {
            // Decided before own writes are laid over: a deletion does not make room for what was not read.
            step.IsTruncated = true;
            end = step.Entries[step.KeysMax].Key;
            step.Entries.RemoveRange(step.KeysMax, step.Entries.Count - step.KeysMax);
        }

        if (_transaction.Writes.Count > 0) LayOwnWritesOver(step, end);
        if (step.Entries.Count > step.KeysMax)
        {
            step.IsTruncated = true;
            step.Entries.RemoveRange(step.KeysMax, step.Entries.Count - step.KeysMax);
        }

        step.IsDone = true;
    }

    private void LayOwnWritesOver(ScanStep step, Key end)
    {
        var here = new KeySpan(step.Span.Start, end);
        var merged = new SortedDictionary<Key, byte[]>();
        foreach ((Key key, byte[] value) in step.Entries) merged[key] = value;
        foreach (KeyWrite write in _transaction.Writes.Values)
        {
            if (!here.Contains(write.Key)) continue;
            if (write.Value is null) merged.Remove(write.Key);
            else merged[write.Key] = write.Value;
        }

        step.Entries.Clear();
        step.Entries.AddRange(merged);
    }

    private ReadBody ReadBody(IReadOnlyList<Key> keys, IReadOnlyList<ScanSpan> spans) => new(
        _id, _transaction.ReadTimestamp, _uncertainUntil, AnyReplica: readAt is not null, keys, spans);

    public long TimeLeft() => Math.Max(1, _deadline.Microseconds - store.Clock.Reading.Microseconds);

    private void OnTrouble(TransactionStep step, ReplyBody trouble)
    {
        switch (trouble)
        {
            case ReplyBody.Uncertain uncertain when _transaction.ReadSpans.Count == 0:
                // Nothing read so far: reading later costs nothing.
                _transaction.ReadTimestamp = uncertain.Timestamp;
                Issue(step);
                break;
            case ReplyBody.Uncertain:
                Restart("a newer version within the clocks' uncertainty");
                break;
            case ReplyBody.WrongRange:
                Restart("a range was cut");
                break;
            case ReplyBody.HistoryGone gone:
                Finish(new TransactionOutcome.GivenUp($"history is kept from {gone.KeptFrom} on, asked for {_transaction.ReadTimestamp}"));
                break;
            default:
                Finish(new TransactionOutcome.Unavailable("no leaseholder answered in time"));
                break;
        }
    }
}
