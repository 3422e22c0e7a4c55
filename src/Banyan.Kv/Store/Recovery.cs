using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Tracing;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Store;

/// <summary>
/// Decides a staging transaction whose coordinator is gone: asks after every promised write, and commits if all stand;
/// else the missing one has been prevented from ever landing, and the transaction is aborted.
/// </summary>
/// <remarks>
/// The decision is written only if the record still stages exactly the attempt that was asked about (trap 5): if its
/// coordinator was quicker, the outcome is the coordinator's.
/// </remarks>
internal sealed class Recovery(Store store, TransactionRecord record, Action<Recovery.Result> done, bool isOwn = false)
{
    /// <summary>What it came to.</summary>
    /// <param name="Record">The record as it stands; null if it is not there, or nobody could say.</param>
    /// <param name="DoneBefore">It is not there, and the client's history knows that the request was done: by this transaction or by another try.</param>
    public readonly record struct Result(TransactionRecord? Record, CommandOutcome.AlreadyDone? DoneBefore);

    private int _unanswered;
    private bool _missing;
    private bool _failed;

    /// <summary>Asks all ranges at once.</summary>
    public void Start()
    {
        store.Options.Trace?.On(new(isOwn ? TransactionStepKind.RecoverOwn : TransactionStepKind.Recover, record.Meta.Id) { Timestamp = record.Timestamp });
        List<List<PromisedWrite>> groups = store.Router.GroupByRange(record.InFlight, w => w.Key);
        _unanswered = groups.Count;
        if (_unanswered == 0) Decide();
        foreach (List<PromisedWrite> group in groups)
            store.Router.Send(group[0].Key, new CommandBody(group[0].Key, new PreventCommand(record.Meta, record.Timestamp, group)), OnAnswer);
    }

    private void OnAnswer(ReplyBody reply)
    {
        switch (reply)
        {
            case ReplyBody.Applied { Outcome: CommandOutcome.Found found }:
                _missing |= !found.All;
                break;
            default:
                _failed = true;
                break;
        }

        if (--_unanswered > 0) return;
        // A missing write decides alone; otherwise all must have answered. Whoever still waits starts another recovery.
        if (_failed && !_missing) done(default);
        else Decide();
    }

    private void Decide()
    {
        store.Router.Send(record.Meta.Anchor, new CommandBody(record.Meta.Anchor, new EndCommand(
            record.Meta, Commit: !_missing || Mutation.Is("recover-without-all-writes"), record.Timestamp, ExpectStaging: record.Timestamp,
            record.Request, record.Reply, record.InFlight, LocalKeys: [])), OnDecided);
    }

    private void OnDecided(ReplyBody reply)
    {
        CommandOutcome? outcome = (reply as ReplyBody.Applied)?.Outcome;
        TransactionRecord? final = (outcome as CommandOutcome.RecordState)?.Record;
        if (final is { IsFinal: true }) store.Probes.Sometimes($"a recovery ends in {final.Status}");
        if (final is { IsFinal: true })
        {
            foreach (List<PromisedWrite> group in store.Router.GroupByRange(record.InFlight, w => w.Key))
            {
                store.Router.Send(group[0].Key, new CommandBody(group[0].Key, new ResolveCommand(
                    final.Meta.Id, final.Status == TransactionStatus.Committed, final.Timestamp,
                    [.. group.Select(w => w.Key)])), _ => { });
            }
        }

        done(new(final, outcome as CommandOutcome.AlreadyDone));
    }
}
