using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Store;
using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>
/// Before a client's retry runs: finds out whether an earlier try took effect, on whichever range it may have, and makes
/// sure that none still can.
/// </summary>
/// <remarks>
/// It asks all ranges, since only the lost server knew which ones the try had touched. This is the price of a retry
/// through another server, not of a commit.
/// </remarks>
internal sealed class RetryFence(Store.Store store, RequestId request, Action<TransactionOutcome?> done)
{
    private int _unanswered;
    private bool _failed;
    private TransactionOutcome? _found;

    /// <summary>Asks; <c>done</c> gets the outcome of the earlier try, or null if the retry may run.</summary>
    public void Start()
    {
        Key[] starts = [.. store.Directory.Entries.Select(e => e.Descriptor.Span.Start)];
        _unanswered = starts.Length;
        Timestamp at = store.Clock.Now();
        foreach (Key start in starts)
            store.Router.Send(start, new CommandBody(start, new FenceCommand(request, at)), OnFenced);
    }

    private void OnFenced(ReplyBody reply)
    {
        switch (reply)
        {
            case ReplyBody.Applied { Outcome: CommandOutcome.AlreadyDone before }:
                store.Probes.Sometimes("a fence finds the request done");
                _found = new TransactionOutcome.Committed(before.Timestamp, before.Reply);
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.Fenced { Record: null } }:
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.Fenced { Record: { } record } }:
                store.Probes.Sometimes("a fence finds the request's record");
                Settle(record);
                return;
            default:
                _failed = true;
                break;
        }

        Answered();
    }

    private void Settle(TransactionRecord record)
    {
        switch (record.Status)
        {
            case TransactionStatus.Committed:
                OnSettled(record);
                break;
            case TransactionStatus.Staging:
                new Recovery(store, record, OnRecovered).Start();
                break;
            default:
                store.Router.Send(
                    record.Meta.Anchor, new CommandBody(record.Meta.Anchor, new PushAbortCommand(record.Meta)),
                    reply => OnPushed((reply as ReplyBody.Applied)?.Outcome is CommandOutcome.RecordState state ? state.Record : null));
                break;
        }
    }

    private void OnPushed(TransactionRecord? record)
    {
        // It may have begun to stage in between.
        if (record is { Status: TransactionStatus.Staging }) new Recovery(store, record, OnRecovered).Start();
        else OnSettled(record);
    }

    private void OnRecovered(Recovery.Result result)
    {
        if (result.DoneBefore is not { } before)
        {
            OnSettled(result.Record);
            return;
        }

        _found = new TransactionOutcome.Committed(before.Timestamp, before.Reply);
        Answered();
    }

    private void OnSettled(TransactionRecord? record)
    {
        if (record is { Status: TransactionStatus.Committed })
            _found = new TransactionOutcome.Committed(record.Timestamp, record.Reply);
        else if (record is not { Status: TransactionStatus.Aborted }) _failed = true;
        // An aborted attempt may have had another try at the same request behind it: fenced off as well by now.
        Answered();
    }

    private void Answered()
    {
        if (--_unanswered > 0) return;
        if (_found is null && _failed) _found = new TransactionOutcome.Ambiguous("not every range could say whether an earlier try took effect");
        done(_found);
    }
}
