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

    internal ChangeFeed(Store.Store store) => _store = store;

    /// <summary>Everything at or below has been given to subscribers, and nothing more will come there. Never goes back.</summary>
    public Timestamp Frontier { get; private set; }

    /// <summary>Changes that are held back.</summary>
    public int HeldCount => _held.Count;

    /// <summary>Adds a subscriber; it gets what comes after <see cref="Frontier"/>.</summary>
    public void Subscribe(IFeedSubscriber subscriber) => _subscribers.Add(subscriber);

    /// <summary>Takes a subscriber away.</summary>
    public void Unsubscribe(IFeedSubscriber subscriber) => _subscribers.Remove(subscriber);

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
    }

    private void Hold(VersionEvent one)
    {
        if (!_held.TryGetValue(one.Timestamp, out List<VersionEvent>? at)) _held.Add(one.Timestamp, at = []);
        at.Add(one);
    }
}
