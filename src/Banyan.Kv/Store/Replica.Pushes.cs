using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Store;

/// <content>
/// Waiting for other transactions. Where the intent is, requests are parked behind a push; where the record is, pushes
/// wait in a queue until the record is final, its coordinator is gone, or a circle of waiters is found.
/// </content>
public sealed partial class Replica
{
    // At the intent's range: what waits for which transaction, and as whom it was pushed.
    private readonly SortedDictionary<(TransactionId Pushee, TransactionId Pusher), PushUnderWay> _pushesUnderWay = [];

    // At the record's range: who waits for a transaction.
    private readonly SortedDictionary<TransactionId, List<PushWaiter>> _pushWaiters = [];
    private readonly SortedSet<TransactionId> _recoveries = [];

    private sealed class PushUnderWay
    {
        public readonly List<Parked> Waiting = [];
        public bool Failed;
    }

    private sealed class PushWaiter(PushBody body, Parked request)
    {
        public readonly PushBody Body = body;
        public readonly Parked Request = request;
        public IReadOnlyList<TransactionId> Dependents = [];
        public Timestamp AskedAt;
        public bool Asking;
    }

    // Pushes whoever is in the way, then resolves its intents here, then starts the request again.
    private void PushAndPark(TransactionMeta pushee, TransactionMeta? pusher, Parked? request)
    {
        var id = (pushee.Id, pusher?.Id ?? TransactionId.None);
        bool underWay = _pushesUnderWay.TryGetValue(id, out PushUnderWay? push);
        if (!underWay) _pushesUnderWay.Add(id, push = new());
        if (request is not null) Park(push!.Waiting, request);
        if (underWay) return;
        _store.Router.Send(pushee.Anchor, new PushBody(pushee, pusher), reply => OnPushed(pushee, id, reply));
    }

    private void OnPushed(TransactionMeta pushee, (TransactionId, TransactionId) id, ReplyBody reply)
    {
        if (reply is not ReplyBody.Pushed pushed)
        {
            Fail(id);
            return;
        }

        var keys = new List<Key>();
        for (int at = 0; at < State.Intents.Count; at++)
        {
            if (State.Intents.At(at).Meta.Id == pushee.Id) keys.Add(State.Intents.Keys[at]);
        }

        if (keys.Count == 0 || !HoldsLeaseAt(Timestamp.Zero))
        {
            Release(id);
            return;
        }

        Propose(new ResolveCommand(pushee.Id, pushed.Committed, pushed.Timestamp, keys), outcome =>
        {
            if (outcome is CommandOutcome.Done) Release(id);
            else Fail(id);
        });
    }

    // Unavailable, or too much to do: whoever still waits pushes again at the next tick. At once would be a circle.
    private void Fail((TransactionId, TransactionId) id)
    {
        if (_pushesUnderWay.TryGetValue(id, out PushUnderWay? push) && push.Waiting.Count > 0) push.Failed = true;
        else Release(id);
    }

    private void Release((TransactionId, TransactionId) id)
    {
        if (!_pushesUnderWay.Remove(id, out PushUnderWay? push)) return;
        foreach (Parked request in push.Waiting) Unpark(request);
    }

    private void HandlePush(PushBody push, Parked request)
    {
        if (!State.Descriptor.Span.Contains(push.Pushee.Anchor))
        {
            request.Reply(WrongRange());
            return;
        }

        if (!_pushWaiters.TryGetValue(push.Pushee.Id, out List<PushWaiter>? waiters))
            _pushWaiters.Add(push.Pushee.Id, waiters = []);
        waiters.Add(new(push, request) { AskedAt = _store.Clock.Reading });
        _parked++;
        Judge(push.Pushee, force: false);
    }

    // Whether a pushee's waiters can be answered, or its fate be decided.
    private void Judge(TransactionMeta pushee, bool force)
    {
        State.Records.TryGetValue(pushee.Id, out TransactionRecord? record);
        if (record is { IsFinal: true })
        {
            AnswerWaiters(record);
            return;
        }

        Timestamp heardOf = record?.LastHeartbeat ?? pushee.StartedAt;
        bool expired = heardOf.Add(_store.Options.TransactionExpiryMicroseconds) < _store.Clock.Reading
            || _store.Probes.Buggify("give a living coordinator up");
        if ((!expired && !force) || !_recoveries.Add(pushee.Id)) return;
        if (record is { Status: TransactionStatus.Staging } && !Mutation.Is("abort-a-staging-record"))
        {
            new Recovery(_store, record, result => OnDecided(pushee, result.Record)).Start();
            return;
        }

        Propose(
            new PushAbortCommand(pushee),
            outcome => OnDecided(pushee, (outcome as CommandOutcome.RecordState)?.Record));
    }

    private void OnDecided(TransactionMeta pushee, TransactionRecord? record)
    {
        _recoveries.Remove(pushee.Id);
        if (record is { IsFinal: true }) AnswerWaiters(record);
    }

    private void AnswerWaiters(TransactionRecord record)
    {
        if (!_pushWaiters.Remove(record.Meta.Id, out List<PushWaiter>? waiters)) return;
        foreach (PushWaiter waiter in waiters)
        {
            _parked--;
            waiter.Request.Reply(new ReplyBody.Pushed(record.Status == TransactionStatus.Committed, record.Timestamp));
        }
    }

    // Under a new lease they ask again: what they waited for may have ended under another leaseholder.
    private void TurnPushWaitersAway()
    {
        foreach (PushWaiter waiter in _pushWaiters.Values.SelectMany(waiters => waiters).ToList())
        {
            _parked--;
            waiter.Request.Reply(NotLeaseholder());
        }

        _pushWaiters.Clear();
    }

    private void OnRecordsMayHaveChanged(List<CommandOutcome> outcomes)
    {
        if (_pushWaiters.Count == 0) return;
        foreach (CommandOutcome outcome in outcomes)
        {
            if (outcome is CommandOutcome.RecordState { Record: { IsFinal: true } record }) AnswerWaiters(record);
        }
    }

    private void TickPushes()
    {
        if (_pushesUnderWay.Count > 0)
        {
            foreach ((TransactionId, TransactionId) id in _pushesUnderWay.Where(p => p.Value.Failed).Select(p => p.Key).ToList()) Release(id);
        }

        if (_pushWaiters.Count == 0) return;
        bool serving = HoldsLeaseAt(Timestamp.Zero);
        Timestamp now = _store.Clock.Reading;
        foreach (List<PushWaiter> waiters in _pushWaiters.Values.ToArray())
        {
            TransactionMeta pushee = waiters[0].Body.Pushee;
            for (int i = waiters.Count - 1; i >= 0; i--)
            {
                PushWaiter waiter = waiters[i];
                if (serving && waiter.Request.Deadline > now && State.Descriptor.Span.Contains(pushee.Anchor))
                {
                    AskForDependents(waiter, now);
                    continue;
                }

                waiters.RemoveAt(i);
                _parked--;
                waiter.Request.Reply(NotLeaseholder());
            }

            if (waiters.Count == 0) _pushWaiters.Remove(pushee.Id);
            else Judge(pushee, force: false);
        }
    }

    // A waiter's own record knows who waits for it. If the one that it waits for is among them, they wait in a circle.
    private void AskForDependents(PushWaiter waiter, Timestamp now)
    {
        if (waiter.Body.Pusher is not { } pusher || waiter.Asking) return;
        if (waiter.AskedAt.Add(DeadlockCheckMicroseconds) > now) return;
        waiter.Asking = true;
        _store.Router.Send(pusher.Anchor, new DependentsBody(pusher.Id), reply =>
        {
            waiter.Asking = false;
            waiter.AskedAt = _store.Clock.Reading;
            if (reply is not ReplyBody.Dependents dependents) return;
            waiter.Dependents = dependents.Ids;
            TransactionMeta pushee = waiter.Body.Pushee;
            if (!dependents.Ids.Contains(pushee.Id) || !pushee.GivesWayTo(pusher)) return;
            _store.Probes.Sometimes("a deadlock is broken");
            Judge(pushee, force: true);
        });
    }

    private const long DeadlockCheckMicroseconds = 50_000;
    private const int DependentsMax = 256;

    private List<TransactionId> DependentsOf(TransactionId id)
    {
        var all = new SortedSet<TransactionId>();
        if (_pushWaiters.TryGetValue(id, out List<PushWaiter>? waiters))
        {
            foreach (PushWaiter waiter in waiters)
            {
                if (waiter.Body.Pusher is { } pusher) all.Add(pusher.Id);
                all.UnionWith(waiter.Dependents);
            }
        }

        return [.. all.Take(DependentsMax)];
    }
}
