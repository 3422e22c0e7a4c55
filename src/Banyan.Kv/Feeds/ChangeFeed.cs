using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Feeds;

/// <summary>Committed changes at one timestamp: whole transactions, never half of one.</summary>
public readonly record struct ChangeBatch(Timestamp Timestamp, ArraySegment<VersionEvent> Changes);

/// <summary>
/// All ranges' changes merged into one order. A change is held back until every range on this server is resolved past
/// its timestamp: then nothing older can come any more, and what has the same timestamp is complete.
/// </summary>
public sealed class ChangeFeed
{
    private readonly Store.Store _store;
    private readonly List<VersionEvent> _held = []; // in no order
    private readonly List<VersionEvent> _due = [];
    private readonly List<IFeedSubscriber> _subscribers = [];
    private readonly SortedDictionary<Timestamp, List<Waiter>> _waiting = [];

    private readonly record struct Waiter(Timestamp Deadline, Action<bool> Done);

    internal ChangeFeed(Store.Store store) => _store = store;

    /// <summary>
    /// Everything at or below has been given to subscribers, and nothing more will come there. Never goes back. Zero until
    /// the server knows where it stands; what is below the first frontier nobody is told.
    /// </summary>
    public Timestamp Frontier { get; private set; }

    /// <summary>Whether someone waits for the frontier, with a time limit.</summary>
    internal bool HasWaiters => _waiting.Count > 0;

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
            if (Frontier.IsZero) break; // Begin finds them in the versions
            // The frontier promised that nothing more comes below it.
            Invariant.Holds(one.Timestamp > Frontier, "nothing comes below the frontier");
            _held.Add(one);
        }

        events.Clear();
    }

    // A checkpoint, and a snapshot, hold versions above the first frontier, which no entry of the log will tell of.
    private void Begin(Timestamp frontier)
    {
        Frontier = frontier;
        if (Mutation.Is("begin-a-feed-with-the-log")) return;
        foreach (Replica replica in _store.Replicas.Values)
        {
            if (replica.IsInitialized) CatchUp(replica.State);
        }
    }

    // A snapshot replaced the log's entries: what they would have said stands in the versions.
    internal void CatchUp(RangeState state)
    {
        state.Events.Clear();
        if (Frontier.IsZero) return;
        var known = new SortedSet<(Timestamp, Key)>();
        foreach (VersionEvent one in _held) known.Add((one.Timestamp, one.Key));
        foreach (VersionEvent one in state.VersionsAfter(Frontier))
        {
            if (known.Add((one.Timestamp, one.Key))) _held.Add(one);
        }
    }

    /// <summary>Moves the frontier as far as all ranges allow, and gives out what lies below it.</summary>
    public void Advance()
    {
        Timestamp frontier = _store.Closing.Frontier();
        if (frontier == Timestamp.MaxValue || frontier <= Frontier) return;
        if (Frontier.IsZero) Begin(frontier);
        TakeDue(frontier);
        VersionEvent[] due = _subscribers.Count == 0 ? [] : [.. _due];
        for (int start = 0; start < due.Length;)
        {
            Timestamp timestamp = due[start].Timestamp;
            int end = start + 1;
            while (end < due.Length && due[end].Timestamp == timestamp) end++;
            var batch = new ChangeBatch(timestamp, new(due, start, end - start));
            foreach (IFeedSubscriber subscriber in _subscribers) subscriber.OnBatch(batch);
            start = end;
        }

        _due.Clear();
        Frontier = frontier;
        foreach (IFeedSubscriber subscriber in _subscribers) subscriber.OnResolved(frontier);
        while (_waiting.Count > 0 && _waiting.First() is var (at, waiters) && at <= frontier)
        {
            _waiting.Remove(at);
            foreach (Waiter waiter in waiters) waiter.Done(true);
        }
    }

    // Sorted only now: few are held at a time, and each moves once.
    private void TakeDue(Timestamp frontier)
    {
        int kept = 0;
        for (int i = 0; i < _held.Count; i++)
        {
            VersionEvent one = _held[i];
            if (one.Timestamp <= frontier) _due.Add(one);
            else _held[kept++] = one;
        }

        _held.RemoveRange(kept, _held.Count - kept);
        _due.Sort(static (a, b) => a.Timestamp != b.Timestamp ? a.Timestamp.CompareTo(b.Timestamp) : a.Key.CompareTo(b.Key));
        DropRepeated();
    }

    // A snapshot of a right half tells what the left one's log tells again, where this server had not come to the cut.
    private void DropRepeated()
    {
        if (Mutation.Is("tell-a-version-twice")) return;
        int kept = 0;
        for (int i = 0; i < _due.Count; i++)
        {
            if (kept > 0 && _due[kept - 1].Timestamp == _due[i].Timestamp && _due[kept - 1].Key == _due[i].Key) continue;
            _due[kept++] = _due[i];
        }

        _due.RemoveRange(kept, _due.Count - kept);
    }
}
