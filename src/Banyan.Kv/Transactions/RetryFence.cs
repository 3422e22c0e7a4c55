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
    // Ranges may be cut faster than a server learns of it, but not for ever.
    private const int AskedMax = 100_000;

    private readonly Timestamp _at = store.Clock.Now();
    private int _unanswered;
    private int _asked;
    private bool _failed;
    private TransactionOutcome? _found;

    /// <summary>Asks; <c>done</c> gets the outcome of the earlier try, or null if the retry may run.</summary>
    public void Start()
    {
        _unanswered = 1;
        Ask(KeySpan.All);
        Answered();
    }

    // Piece by piece, as this server believes that the ranges lie. Each range says whether it has the whole piece: the half
    // of a range that was cut knows nothing of what took effect in the other.
    private void Ask(KeySpan span)
    {
        while (!span.IsEmpty)
        {
            KeySpan piece = store.Router.FirstPiece(span);
            span = new(piece.End, span.End);
            _unanswered++;
            _asked++;
            store.Router.Send(
                piece.Start, new CommandBody(piece.Start, new FenceCommand(request, _at, piece)), reply => OnFenced(piece, reply));
        }
    }

    private void OnFenced(KeySpan piece, ReplyBody reply)
    {
        switch (reply)
        {
            case ReplyBody.Applied { Outcome: CommandOutcome.AlreadyDone before }:
                store.Probes.Sometimes("a fence finds the request done");
                _found = new TransactionOutcome.Committed(before.Timestamp, before.Reply);
                break;
            case ReplyBody.Applied { Outcome: CommandOutcome.Fenced { Record: null } }:
                break;
            case ReplyBody.WrongRange when _asked < AskedMax:
                store.Probes.Sometimes("a fence finds a range cut");
                Ask(piece);
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
