using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Store;

/// <content>What is done now and then: old versions, intents that nobody meets, records whose coordinator is gone.</content>
public sealed partial class Replica
{
    private readonly SortedSet<TransactionId> _beingResolved = [];
    private Key _garbageCursor;
    private Timestamp _nextHousekeeping;

    private void TickHousekeeping()
    {
        Timestamp now = _store.Clock.Reading;
        if (now < _nextHousekeeping) return;
        _nextHousekeeping = now.Add(HousekeepingMicroseconds);
        CollectGarbage();
        if (!HoldsLeaseAt(Timestamp.Zero)) return;
        if (PrefersAnother(now))
        {
            Log.TransferTo(State.Descriptor.PreferredLeader);
            return;
        }

        Timestamp old = now.Add(-_store.Options.TransactionExpiryMicroseconds);
        PushAbandonedIntents(old);
        ResolveForAbsentCoordinators(old);
    }

    // A sweep looks at every key with a past: the next one begins when a good part of the history has grown over since.
    private void CollectGarbage()
    {
        long history = HistoryAffordable();
        Timestamp horizon = Closed.Add(-history);
        if (horizon > HistoryFrom) HistoryFrom = horizon;
        if (_garbageCursor == Key.Min)
        {
            if (HistoryFrom < _sweptFor.Add(history / SweepsPerHistory)) return;
            _sweptFor = HistoryFrom;
        }

        State.Versions.CollectGarbage(HistoryFrom, ref _garbageCursor, entriesMax: 4096);
    }

    private const int SweepsPerHistory = 16;
    private Timestamp _sweptFor;

    // Under a storm of writes the past is cut short: old versions must not fill the memory.
    private long HistoryAffordable()
    {
        VersionedMap versions = State.Versions;
        long old = versions.VersionCount - versions.Count;
        long oldBytes = versions.VersionCount == 0 ? 0 : (long)((double)versions.ApproximateBytes * old / versions.VersionCount);
        long most = _store.Options.HistoryMicroseconds;
        _history = oldBytes > _store.Options.HistoryBytesMax
            ? Math.Max(Math.Min(_history, most) * 9 / 10, Math.Min(most, HistoryMicrosecondsMin))
            : Math.Min(_history + _history / 50 + 1, most);
        return _history;
    }

    private const long HistoryMicrosecondsMin = 5_000_000;
    private long _history = long.MaxValue / 1024;

    // Leases go back to where they were spread, once that server has been alive for a while.
    private bool PrefersAnother(Timestamp now)
    {
        ServerId preferred = State.Descriptor.PreferredLeader;
        if (preferred.IsNone || preferred == _store.Self || _inFlight.Count > 0 || _batch.Count > 0 || !_store.Liveness.IsAlive(preferred))
        {
            if (_inFlight.Count == 0) _preferredSince = Timestamp.MaxValue;
            return false;
        }

        if (_preferredSince == Timestamp.MaxValue) _preferredSince = now;
        return now >= _preferredSince.Add(_store.Options.LeaseReturnMicroseconds);
    }

    private Timestamp _preferredSince = Timestamp.MaxValue;

    // They would hold up the resolved timestamp.
    private void PushAbandonedIntents(Timestamp old)
    {
        for (int at = 0; at < State.Intents.Count; at++)
        {
            Intent intent = State.Intents.At(at);
            if (intent.Timestamp <= old) PushAndPark(intent.Meta, null, null);
        }
    }

    // A commit whose coordinator has died before it resolved all intents: its record would stay for good.
    private void ResolveForAbsentCoordinators(Timestamp old)
    {
        foreach (TransactionRecord record in State.Records.Values)
        {
            if (record.Status != TransactionStatus.Committed || record.InFlight.Count == 0 || record.LastHeartbeat > old) continue;
            if (record.Timestamp > old || !_beingResolved.Add(record.Meta.Id)) continue;
            List<List<PromisedWrite>> groups = _store.Router.GroupByRange(record.InFlight, w => w.Key);
            int unanswered = groups.Count;
            bool all = true;
            foreach (List<PromisedWrite> group in groups)
            {
                var resolve = new ResolveCommand(record.Meta.Id, true, record.Timestamp, [.. group.Select(w => w.Key)]);
                _store.Router.Send(group[0].Key, new CommandBody(group[0].Key, resolve), reply =>
                {
                    all &= reply is ReplyBody.Applied;
                    if (--unanswered > 0) return;
                    _beingResolved.Remove(record.Meta.Id);
                    if (all && HoldsLeaseAt(Timestamp.Zero)) Propose(new ResolvedCommand(record.Meta, []), _ => { });
                });
            }
        }
    }

    private const long HousekeepingMicroseconds = 100_000;
}
