using System.Collections.Immutable;
using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Store;
using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <content>All writes and conditions lie in one range: one command commits, without intents unless it keeps being moved.</content>
internal sealed partial class CommitAttempt
{
    private void SendOnePhase(Timestamp timestamp)
    {
        Group group = _groups[0];
        Key key = group.FirstKey;
        KeySpan here = _store.Router.RangeOf(key).Span;
        ImmutableArray<KeySpan> readHere = transaction.ReadSpans.Count == 0 ? [] : [.. transaction.ReadSpans.Where(here.Contains)];
        bool allHere = readHere.Length == transaction.ReadSpans.Count;
        var command = new WriteCommand(
            meta, OnePhase: true, timestamp, run.Request, run.AcknowledgedThrough, reply, group.Writes, group.Conditions,
            readHere, transaction.ReadTimestamp, Staged: null);
        _store.Router.Send(key, new WriteBody(command, MayMove: allHere), OnOnePhase, run.TimeLeft());
    }

    private void OnOnePhase(ReplyBody body)
    {
        switch (body)
        {
            case ReplyBody.Applied { Outcome: CommandOutcome.Done done }:
                Committed(done.Timestamp, reply);
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.AlreadyDone before }:
                _store.Probes.Sometimes("a retry finds that it is done");
                Committed(before.Timestamp, before.Reply);
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.ConditionFailed failed }:
                run.Finish(new TransactionOutcome.ConditionFailed(failed.Key));
                break;
            case ReplyBody.NeedsTimestamp needed:
                Refresh(needed.Timestamp, unchanged =>
                {
                    if (!unchanged) run.Restart("what was read has changed");
                    else OnMovedOnePhase(needed.Timestamp);
                });
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.Refused refused }:
                OnOnePhaseRefused(refused.Why);
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.ReadChanged }:
                run.Restart("what was read has changed");
                break;
            case ReplyBody.WrongRange:
                run.Restart("a range was cut");
                break;
            case ReplyBody.Unsure:
                SettleOnePhase();
                break;
            case ReplyBody.Unknown:
                run.Finish(new TransactionOutcome.Ambiguous("the answer to the commit was lost"));
                break;
            case ReplyBody.Applied:
                run.Restart("aborted by another");
                break;
            default:
                run.Finish(new TransactionOutcome.Unavailable("no leaseholder answered in time"));
                break;
        }
    }

    // Two that read what the other writes would push each other up forever: an intent ends that, whoever refreshes meets it.
    private void OnMovedOnePhase(Timestamp timestamp)
    {
        if (++_timesMoved < 2 || _groups[0].Writes.Length == 0)
        {
            SendOnePhase(timestamp);
            return;
        }

        _store.Probes.Sometimes("a one-range commit that keeps moving lays intents");
        _isOnePhase = false;
        _timestamp = timestamp;
        SendAll();
    }

    private void OnOnePhaseRefused(string why)
    {
        if (LivesElsewhere(why)) run.Finish(new TransactionOutcome.Ambiguous(why));
        else run.Restart(why);
    }

    // An earlier transmission may have committed: find out, and bar it if it has not.
    private void SettleOnePhase()
    {
        Key key = _groups[0].FirstKey;
        var prevent = new PreventCommand(meta, Timestamp.MaxValue, [], run.Request);
        _store.Router.Send(key, new CommandBody(key, prevent), body =>
        {
            if (body is ReplyBody.Applied { Outcome: CommandOutcome.AlreadyDone before }) Committed(before.Timestamp, before.Reply);
            else if (body is ReplyBody.Applied { Outcome: CommandOutcome.Found }) run.Restart("the range moved");
            else run.Finish(new TransactionOutcome.Ambiguous("the answer to the commit was lost"));
        }, run.TimeLeft());
    }
}
