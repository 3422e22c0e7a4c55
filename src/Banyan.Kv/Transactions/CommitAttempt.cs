using System.Collections.Immutable;
using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Store;
using Banyan.Kv.Tracing;
using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>
/// The commit of one attempt. One range: one command. Several: parallel commits, in which the writes and the STAGING
/// record go out together and the client is answered as soon as all of them are replicated.
/// </summary>
/// <remarks>
/// <code>
/// Start ─┬─ one range ─────────────► Done ─► committed
///        └─ writes + staging record ─► all Done at or below the record ─► committed ─► explicit ─► resolve ─► resolved
///                                    ├─ pushed up ─► refresh reads ─► stage again, alone (trap 1) ─► committed
///                                    └─ refused or lost ─► recovery decides (trap 3) ─► restart, or what it was
/// </code>
/// HAZARD: once the staging record may be out, only its recovery may say "aborted".
/// </remarks>
internal sealed partial class CommitAttempt(TransactionRun run, Transaction transaction, TransactionMeta meta, ReadOnlyMemory<byte> reply)
{
    private readonly Store.Store _store = run.Store;
    private readonly IStoreTrace? _trace = run.Store.Options.TwoPhaseCommit ? null : run.Store.Options.Trace;
    private readonly List<Group> _groups = [];
    private Timestamp _timestamp = transaction.ReadTimestamp;
    private Timestamp _stagedAt;
    private Timestamp _nextHeartbeat = meta.StartedAt.Add(run.Store.Options.TransactionHeartbeatMicroseconds);
    private bool _isHeartbeatUnderWay;
    private int _unanswered;
    private bool _isOnePhase;
    private int _timesMoved;
    private bool _mayBeStaged;
    private uint _stagingAttempt;
    private bool _unknown;
    private string? _refused;
    private string? _livesElsewhere;
    private Key? _failedCondition;
    private CommandOutcome.AlreadyDone? _doneBefore;
    private bool _isAnswered;

    private sealed class Group(List<KeyWrite> writes)
    {
        public readonly ImmutableArray<KeyWrite> Writes = [.. writes];
        public ImmutableArray<Condition> Conditions = [];
        public bool HasAnchor;
        public bool Landed;

        public Key FirstKey => Writes.Length > 0 ? Writes[0].Key : Conditions[0].Key;
    }

    private IReadOnlyList<PromisedWrite> Promises => [.. transaction.Writes.Values.Select(w => new PromisedWrite(w.Key, w.Sequence))];

    private bool HasReads => transaction.ReadSpans.Count > 0 || run.Conditions.Count > 0;

    public void Start()
    {
        foreach (List<KeyWrite> writes in _store.Router.GroupByRange(transaction.Writes.Values, w => w.Key)) _groups.Add(new(writes));
        if (_groups.Count <= 1 && ConditionsLieWith(_groups))
        {
            _isOnePhase = true;
            SendOnePhase(_timestamp);
            return;
        }

        if (!ConditionsLieWith(_groups))
        {
            // What is only looked at must be read first: it is no promise that a recovery could check.
            run.Finish(new TransactionOutcome.GivenUp("a condition on a range without a write"));
            return;
        }

        SendAll();
    }

    private void SendAll()
    {
        foreach (Group group in _groups) group.HasAnchor = group.Writes.Any(w => w.Key == meta.Anchor);
        SendWrites(staged: !_store.Options.TwoPhaseCommit);
    }

    /// <summary>Keeps the record alive while the commit takes its time.</summary>
    public void Tick(Timestamp now)
    {
        if (_isAnswered || _isOnePhase || _isHeartbeatUnderWay || now < _nextHeartbeat) return;
        _nextHeartbeat = now.Add(_store.Options.TransactionHeartbeatMicroseconds);
        // One at a time: where commits are slow because the log is, more heartbeats would make it slower still.
        _isHeartbeatUnderWay = true;
        SendToAnchor(new HeartbeatCommand(meta, now, run.Request), _ => _isHeartbeatUnderWay = false);
    }

    private bool ConditionsLieWith(List<Group> groups)
    {
        foreach (Condition condition in run.Conditions)
        {
            RangeId range = _store.Router.RangeOf(condition.Key).Id;
            Group? group = GroupAt(groups, range);
            if (group is null && groups.Count == 0) groups.Add(group = new([]));
            if (group is null) return false;
            if (!group.Conditions.Contains(condition)) group.Conditions = group.Conditions.Add(condition);
        }

        return true;
    }

    private Group? GroupAt(List<Group> groups, RangeId range)
    {
        foreach (Group group in groups)
        {
            Key key = group.FirstKey;
            if (_store.Router.RangeOf(key).Id == range) return group;
        }

        return null;
    }

    // A fence or a late duplicate says that the request lives on elsewhere, and no attempt here can change that; anything else
    // only ends this attempt.
    private static bool LivesElsewhere(string why) => why is RefusedBecause.Fenced or RefusedBecause.Acknowledged;

    private void SendWrites(bool staged)
    {
        IReadOnlyList<PromisedWrite> promises = Promises;
        _trace?.On(new(TransactionStepKind.Begin, meta.Id) { Timestamp = _timestamp, Flag = HasReads, Ranges = [.. _groups.OrderBy(g => !g.HasAnchor).Select(RangeOf)] });
        _mayBeStaged = staged;
        if (staged) _stagingAttempt++;
        _unanswered = _groups.Count;
        foreach (Group group in _groups)
        {
            bool stagesHere = staged && group.HasAnchor;
            var command = new WriteCommand(
                meta, OnePhase: false, _timestamp, run.Request, run.AcknowledgedThrough, reply, group.Writes, group.Conditions,
                [], Timestamp.Zero, stagesHere ? promises : null)
            {
                StagingAttempt = stagesHere ? _stagingAttempt : 0,
            };
            // Trap 1: a record may not be staged above what the reads are good for.
            bool mayMove = !stagesHere || !HasReads || Mutation.Is("stage-above-the-reads");
            Timestamp stagedUpTo = !stagesHere ? Timestamp.Zero : mayMove ? Timestamp.MaxValue : _timestamp;
            _store.Router.Send(group.Writes[0].Key, new WriteBody(command, mayMove), body => OnWritten(group, stagedUpTo, body), run.TimeLeft());
        }
    }

    // stagedUpTo: the highest timestamp at which the record may have been staged with this write; Zero if it was not sent along.
    private void OnWritten(Group group, Timestamp stagedUpTo, ReplyBody body)
    {
        bool stagesHere = !stagedUpTo.IsZero;
        _trace?.On(TransactionEvent.OfReply(meta.Id, RangeOf(group), body));
        switch (body)
        {
            case ReplyBody.Applied { Outcome: CommandOutcome.Done done }:
                group.Landed = true;
                _timestamp = Timestamp.Max(_timestamp, done.Timestamp);
                if (stagesHere && done.Timestamp <= stagedUpTo) _stagedAt = done.Timestamp;
                break;
            case ReplyBody.NeedsTimestamp needed:
                _timestamp = Timestamp.Max(_timestamp, needed.Timestamp);
                if (stagesHere) _mayBeStaged = false;
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.ConditionFailed failed }:
                _failedCondition = failed.Key;
                _refused = "a condition does not hold";
                if (stagesHere) _mayBeStaged = false;
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.AlreadyDone before }:
                _doneBefore = before;
                _refused = "done before";
                if (stagesHere) _mayBeStaged = false;
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.Refused refused }:
                _refused = refused.Why;
                if (LivesElsewhere(refused.Why)) _livesElsewhere = refused.Why;
                break;
            case ReplyBody.Applied or ReplyBody.WrongRange:
                _refused = "aborted by another, or a range was cut";
                break;
            case ReplyBody.Unknown or ReplyBody.Unsure:
                _unknown = true;
                break;
            default:
                _refused = Unreachable;
                break;
        }

        if (--_unanswered == (Mutation.Is("answer-before-all-writes") && _groups.Count > 1 && !_stagedAt.IsZero && !_isAnswered ? 1 : 0)) OnAllWritten();
    }

    private const string Unreachable = "no leaseholder answered in time";

    private void OnAllWritten()
    {
        if (_unknown || _refused is not null)
        {
            _trace?.On(new(TransactionStepKind.GiveUp, meta.Id));
            Decide();
            return;
        }

        bool staged = !_stagedAt.IsZero;
        if (staged && _timestamp <= _stagedAt)
        {
            Committed(_stagedAt, reply);
            return;
        }

        if (_timestamp <= transaction.ReadTimestamp || !HasReads) Finalize(staged);
        else
        {
            Refresh(_timestamp, unchanged =>
            {
                if (unchanged)
                {
                    Finalize(staged);
                    return;
                }

                _refused = "what was read has changed";
                _trace?.On(new(TransactionStepKind.GiveUp, meta.Id));
                Decide();
            });
        }
    }

    // All intents stand at or below _timestamp and the reads are good up to it.
    private void Finalize(bool staged)
    {
        if (_store.Options.TwoPhaseCommit)
        {
            SendToAnchor(End(commit: true, expectStaging: Timestamp.Zero), OnDecidedInTwoPhases);
            return;
        }

        _store.Probes.Sometimes("a record is staged again, alone");
        Group anchor = _groups.Find(g => g.HasAnchor)!;
        _trace?.On(new(TransactionStepKind.StageAgain, meta.Id) { Timestamp = _timestamp, Flag = !anchor.Landed });
        _mayBeStaged = true;
        // Trap 1: alone, after every other write has landed. The anchor's own writes come along if they have not.
        var command = new WriteCommand(
            meta, OnePhase: false, _timestamp, run.Request, run.AcknowledgedThrough, reply,
            anchor.Landed ? [] : anchor.Writes, anchor.Landed ? [] : anchor.Conditions, [], Timestamp.Zero, Promises)
        {
            StagingAttempt = ++_stagingAttempt,
        };
        // Trap 1.
        if (Mutation.Is("answer-a-moved-attempt-early"))
        {
            Committed(_timestamp, reply);
            return;
        }

        _unanswered = 1;
        Timestamp stagedUpTo = HasReads ? _timestamp : Timestamp.MaxValue;
        _store.Router.Send(meta.Anchor, new WriteBody(command, MayMove: !HasReads), body => OnWritten(anchor, stagedUpTo, body), run.TimeLeft());
    }

    private void OnDecidedInTwoPhases(ReplyBody body)
    {
        switch (body)
        {
            case ReplyBody.Applied { Outcome: CommandOutcome.RecordState { Record: { Status: TransactionStatus.Committed } record } }:
                Answer(new TransactionOutcome.Committed(record.Timestamp, reply));
                ResolveAll(record.Timestamp);
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.AlreadyDone before }:
                _doneBefore = before;
                CleanUp();
                AfterAbort();
                break;
            case ReplyBody.Applied:
                CleanUp();
                run.Restart("aborted by another");
                break;
            default:
                Answer(new TransactionOutcome.Ambiguous("the answer to the commit was lost"));
                break;
        }
    }

    // Something went wrong. If the record may be staging, whether it is committed is a question of fact.
    private void Decide()
    {
        if (_mayBeStaged)
        {
            Timestamp stagedAt = _stagedAt.IsZero ? _timestamp : _stagedAt;
            var record = new TransactionRecord(
                meta, TransactionStatus.Staging, stagedAt, stagedAt, run.Request, reply, Promises);
            new Recovery(_store, record, result => OnRecovered(result.Record, result.DoneBefore), isOwn: true).Start();
            return;
        }

        SendToAnchor(End(commit: false, expectStaging: Timestamp.Zero), body =>
        {
            CommandOutcome? outcome = (body as ReplyBody.Applied)?.Outcome;
            OnRecovered((outcome as CommandOutcome.RecordState)?.Record, outcome as CommandOutcome.AlreadyDone);
        });
    }

    private void OnRecovered(TransactionRecord? record, CommandOutcome.AlreadyDone? doneBefore)
    {
        _doneBefore ??= doneBefore;
        _trace?.On(new(TransactionStepKind.Recovered, meta.Id) { Status = record?.Status, Timestamp = record?.Timestamp ?? default });
        switch (record)
        {
            case { Status: TransactionStatus.Committed }:
                Committed(record.Timestamp, reply);
                break;
            case { Status: TransactionStatus.Aborted }:
                CleanUp();
                AfterAbort();
                break;
            case null when _doneBefore is not null:
                // This attempt's record was forgotten, or never came to be, and never will: either way the request was done.
                CleanUp();
                AfterAbort();
                break;
            case null when _mayBeStaged && !_unknown:
                // No record, and what was promised is prevented: make that explicit.
                _mayBeStaged = false;
                Decide();
                break;
            default:
                Answer(new TransactionOutcome.Ambiguous("the answer to the commit was lost"));
                break;
        }
    }

    private void AfterAbort()
    {
        if (_doneBefore is { } before) run.Finish(new TransactionOutcome.Committed(before.Timestamp, before.Reply));
        else if (_failedCondition is { } key) run.Finish(new TransactionOutcome.ConditionFailed(key));
        else if (_livesElsewhere is { } why) run.Finish(new TransactionOutcome.Ambiguous(why));
        else if (_refused == Unreachable) run.Finish(new TransactionOutcome.Unavailable(Unreachable));
        else run.Restart(_refused ?? "aborted by another");
    }

    private void Committed(Timestamp timestamp, ReadOnlyMemory<byte> answer)
    {
        Answer(new TransactionOutcome.Committed(timestamp, answer));
        if (_isOnePhase) return;
        if (Mutation.Is("resolve-before-the-commit-is-explicit")) ResolveAll(timestamp);
        // Trap 11: resolve only once the commit is explicit.
        SendToAnchor(End(commit: true, expectStaging: timestamp, timestamp), body =>
        {
            if (body is ReplyBody.Applied { Outcome: CommandOutcome.RecordState { Record: { Status: TransactionStatus.Committed } record } })
                ResolveAll(record.Timestamp);
        });
    }

    private void Answer(TransactionOutcome outcome)
    {
        _isAnswered = true;
        if (!_isOnePhase) _trace?.On(TransactionEvent.OfAnswer(meta.Id, outcome));
        if (outcome is TransactionOutcome.Committed)
        {
            run.Coordinator.Commits++;
            if (_groups.Count > 1) run.Coordinator.CrossRangeCommits++;
        }

        run.Finish(outcome);
    }

    private EndCommand End(bool commit, Timestamp expectStaging, Timestamp? at = null) =>
        new(meta, commit, at ?? _timestamp, expectStaging, run.Request, reply, Promises, LocalKeys);

    private Key[] LocalKeys => [.. _groups.Find(g => g.HasAnchor)!.Writes.Select(w => w.Key)];

    private void ResolveAll(Timestamp timestamp)
    {
        int unresolved = 0;
        bool all = true;
        if (_groups.Count == 1) SendToAnchor(new ResolvedCommand(meta, LocalKeys), _ => { });
        foreach (Group group in _groups)
        {
            if (group.HasAnchor) continue;
            unresolved++;
            Resolve(group, commit: true, timestamp, body =>
            {
                all &= body is ReplyBody.Applied;
                if (--unresolved == 0 && all) SendToAnchor(new ResolvedCommand(meta, LocalKeys), _ => { });
            });
        }
    }

    // Intents of an aborted attempt: whoever meets one would remove it; this is only quicker.
    private void CleanUp()
    {
        foreach (Group group in _groups)
        {
            if (!group.HasAnchor) Resolve(group, commit: false, _timestamp, _ => { });
        }
    }

    private void Resolve(Group group, bool commit, Timestamp timestamp, Action<ReplyBody> done)
    {
        Key[] keys = [.. group.Writes.Select(w => w.Key)];
        _store.Router.Send(keys[0], new CommandBody(keys[0], new ResolveCommand(meta.Id, commit, timestamp, keys)), done);
    }

    private RangeId RangeOf(Group group) => _store.Router.RangeOf(group.Writes[0].Key).Id;

    private void SendToAnchor(Command command, Action<ReplyBody> done) =>
        _store.Router.Send(meta.Anchor, new CommandBody(meta.Anchor, command), done);

    private void Refresh(Timestamp to, Action<bool> done)
    {
        var spans = new List<KeySpan>(transaction.ReadSpans);
        foreach (Condition condition in run.Conditions) spans.Add(KeySpan.Of(condition.Key));
        var byRange = new SortedDictionary<RangeId, List<KeySpan>>();
        foreach (KeySpan span in spans)
        {
            // A span of several ranges is refreshed piece by piece.
            for (Key from = span.Start; from < span.End;)
            {
                RangeId range = _store.Router.RangeOf(from).Id;
                KeySpan piece = _store.Router.FirstPiece(new(from, span.End));
                if (!byRange.TryGetValue(range, out List<KeySpan>? pieces)) byRange.Add(range, pieces = []);
                pieces.Add(piece);
                from = piece.End;
            }
        }

        int unanswered = byRange.Count;
        bool unchanged = true;
        _store.Probes.Sometimes("reads are refreshed");
        if (unanswered == 0) done(true);
        foreach (List<KeySpan> pieces in byRange.Values)
        {
            _store.Router.Send(pieces[0].Start, new RefreshBody(meta.Id, transaction.ReadTimestamp, to, pieces), body =>
            {
                unchanged &= body is ReplyBody.Refreshed { Unchanged: true };
                if (--unanswered == 0) done(unchanged);
            }, run.TimeLeft());
        }
    }
}
