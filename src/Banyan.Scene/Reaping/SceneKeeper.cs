using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Scene.Reaping;

/// <summary>Founds the world, and reaps what was despawned on ranges that this server leads.</summary>
public sealed class SceneKeeper : IFeedSubscriber
{
    private const long RetryMicroseconds = 1_000_000;

    private readonly Store _store;
    private readonly SortedDictionary<Key, Timestamp> _notes = []; // when each may be tried
    private bool _founded;
    private bool _founding;
    private bool _scanned;
    private int _reaping;

    /// <summary>Subscribes to the store's changes.</summary>
    public SceneKeeper(Store store)
    {
        _store = store;
        store.Feed.Subscribe(this);
    }

    /// <inheritdoc/>
    public void OnBatch(ChangeBatch batch)
    {
        foreach (VersionEvent change in batch.Changes)
        {
            if (!SceneKeys.IsReap(change.Key)) continue;
            if (change.Value is null) _notes.Remove(change.Key);
            else _notes[change.Key] = Timestamp.Zero;
        }
    }

    /// <inheritdoc/>
    public void OnResolved(Timestamp timestamp)
    {
        if (_scanned || _store.Feed.Snapshot() is not { } snapshot) return;
        // Notes of before this server's life.
        _scanned = true;
        _founded = snapshot.Get(SceneKeys.Header(NodePlace.Root)) is not null;
        foreach (Storage.VersionedEntry entry in snapshot.Scan(SceneKeys.All))
        {
            if (SceneKeys.IsReap(entry.Key)) _notes.TryAdd(entry.Key, Timestamp.Zero);
        }
    }

    /// <summary>On the loop, now and then.</summary>
    public void Tick()
    {
        if (!_founded && !_founding && _scanned && Leads(SceneKeys.Header(NodePlace.Root))) Found();
        if (_reaping > 0) return;
        Timestamp now = _store.Clock.Reading;
        foreach ((Key note, Timestamp from) in _notes)
        {
            if (from > now || !Leads(note)) continue;
            Reap(note);
            return;
        }
    }

    private bool Leads(Key key) =>
        _store.Replicas.TryGetValue(_store.Router.RangeOf(key).Id, out Replica? replica) && replica.HoldsLeaseAt(Timestamp.Zero);

    private void Found()
    {
        _founding = true;
        _store.Coordinator.Run(new FoundWorld(), RequestId.None, 0, outcome =>
        {
            _founding = false;
            _founded = outcome is TransactionOutcome.Committed;
        });
    }

    private void Reap(Key note)
    {
        Invariant.Holds(SceneKeys.TryParse(note, out SceneKey key));
        _reaping++;
        _notes[note] = _store.Clock.Reading.Add(RetryMicroseconds);
        _store.Coordinator.Run(new ReapTransaction(key.Node), RequestId.None, 0, _ => _reaping--);
    }
}
