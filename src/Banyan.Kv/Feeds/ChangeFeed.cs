using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Feeds;

/// <summary>Committed changes at one timestamp: whole transactions, never half of one.</summary>
public sealed record ChangeBatch(Timestamp Timestamp, IReadOnlyList<VersionEvent> Changes);

/// <summary>
/// All ranges' changes merged into one order. A change is held back until every range on this server is resolved past
/// its timestamp: then nothing older can come any more, and what has the same timestamp is complete.
/// </summary>
public sealed class ChangeFeed
{
    private readonly Store.Store _store;
    private readonly SortedDictionary<Timestamp, List<VersionEvent>> _held = [];
    private readonly List<IFeedSubscriber> _subscribers = [];
    private readonly SortedDictionary<Timestamp, List<Waiter>> _waiting = [];

    private readonly record struct Waiter(Timestamp Deadline, Action<bool> Done);

    internal ChangeFeed(Store.Store store) => _store = store;

    /// <summary>Everything at or below has been given to subscribers, and nothing more will come there. Never goes back.</summary>
    public Timestamp Frontier { get; private set; }

    /// <summary>Changes that are held back.</summary>
    public int HeldCount => _held.Count;

    /// <summary>Adds a subscriber; it gets what comes after <see cref="Frontier"/>.</summary>
    public void Subscribe(IFeedSubscriber subscriber) => _subscribers.Add(subscriber);

    /// <summary>Takes a subscriber away.</summary>
    public void Unsubscribe(IFeedSubscriber subscriber) => _subscribers.Remove(subscriber);

    /// <summary>The world as it is at the frontier, or at an earlier timestamp.</summary>
    /// <returns>Null if the timestamp lies above the frontier or before the history that is kept.</returns>
    public StoreSnapshot? Snapshot(Timestamp? at = null) => StoreSnapshot.TryTake(_store, at ?? Frontier);

    /// <summary>Calls back with true once the frontier has reached a timestamp, or with false after so many microseconds.</summary>
    public void WhenResolved(Timestamp timestamp, long timeoutMicroseconds, Action<bool> done)
    {
        if (timestamp <= Frontier)
        {
            done(true);
            return;
        }

        if (!_waiting.TryGetValue(timestamp, out List<Waiter>? waiters)) _waiting.Add(timestamp, waiters = []);
        waiters.Add(new(_store.Clock.Reading.Add(timeoutMicroseconds), done));
    }

    internal void Tick()
    {
        Advance();
        if (_waiting.Count == 0) return;
        Timestamp now = _store.Clock.Reading;
        foreach ((Timestamp timestamp, List<Waiter> waiters) in _waiting.ToArray())
        {
            foreach (Waiter late in waiters.FindAll(w => w.Deadline < now))
            {
                waiters.Remove(late);
                late.Done(false);
            }

            if (waiters.Count == 0) _waiting.Remove(timestamp);
        }
    }

    internal void Take(List<VersionEvent> events)
    {
        foreach (VersionEvent one in events)
        {
            // The frontier promised that nothing more comes below it.
            Invariant.Holds(one.Timestamp > Frontier);
            Hold(one);
        }

        events.Clear();
    }

    // A snapshot replaced the log's entries: what they would have said stands in the versions.
    internal void CatchUp(RangeState state)
    {
        foreach (VersionEvent one in state.VersionsAfter(Frontier))
        {
            if (_held.TryGetValue(one.Timestamp, out List<VersionEvent>? held) && held.Any(e => e.Key == one.Key)) continue;
            Hold(one);
        }

        state.Events.Clear();
    }

    /// <summary>Moves the frontier as far as all ranges allow, and gives out what lies below it.</summary>
    public void Advance()
    {
        Timestamp frontier = Timestamp.MaxValue;
        foreach (Store.Replica replica in _store.Replicas.Values)
        {
            if (!replica.IsInitialized) return;
            frontier = Timestamp.Min(frontier, replica.State.Resolved);
        }

        if (frontier == Timestamp.MaxValue || frontier <= Frontier) return;
        while (_held.Count > 0)
        {
            (Timestamp timestamp, List<VersionEvent> changes) = _held.First();
            if (timestamp > frontier) break;
            _held.Remove(timestamp);
            changes.Sort((a, b) => a.Key.CompareTo(b.Key));
            var batch = new ChangeBatch(timestamp, changes);
            foreach (IFeedSubscriber subscriber in _subscribers) subscriber.OnBatch(batch);
        }

        Frontier = frontier;
        foreach (IFeedSubscriber subscriber in _subscribers) subscriber.OnResolved(frontier);
        while (_waiting.Count > 0 && _waiting.First() is var (due, waiters) && due <= frontier)
        {
            _waiting.Remove(due);
            foreach (Waiter waiter in waiters) waiter.Done(true);
        }
    }

    private void Hold(VersionEvent one)
    {
        if (!_held.TryGetValue(one.Timestamp, out List<VersionEvent>? at)) _held.Add(one.Timestamp, at = []);
        at.Add(one);
    }
}
