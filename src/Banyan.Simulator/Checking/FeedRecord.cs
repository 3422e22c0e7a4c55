using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Primitives;

namespace Banyan.Simulator.Checking;

/// <summary>
/// What a server's change feed has told in one life: a subscriber that begins at the first frontier must be told every
/// version that comes after it, once, in order, and nothing else.
/// </summary>
internal sealed class FeedRecord : IFeedSubscriber
{
    private readonly SortedDictionary<Key, SortedDictionary<Timestamp, byte[]?>> _told = [];
    private Timestamp _frontier; // Zero until it begins

    /// <summary>What is below was there when it began.</summary>
    public Timestamp From { get; private set; }

    /// <inheritdoc/>
    public void OnBatch(ChangeBatch batch)
    {
        if (_frontier.IsZero) return;
        Invariant.Holds(batch.Timestamp > _frontier, "a feed tells nothing below what is resolved");
        foreach (VersionEvent change in batch.Changes)
        {
            Invariant.Holds(change.Timestamp == batch.Timestamp, "a batch has one timestamp");
            if (!_told.TryGetValue(change.Key, out SortedDictionary<Timestamp, byte[]?>? versions)) _told.Add(change.Key, versions = []);
            Invariant.Holds(versions.TryAdd(change.Timestamp, change.Value), "a feed tells a version once");
        }
    }

    /// <inheritdoc/>
    public void OnResolved(Timestamp timestamp)
    {
        Invariant.Holds(timestamp > _frontier, "a frontier never goes back");
        if (_frontier.IsZero) From = timestamp;
        _frontier = timestamp;
    }

    /// <summary>Compares it with what is committed.</summary>
    public void Check(ServerId server, CommittedHistory history, List<string> violations)
    {
        foreach ((Key key, SortedList<Timestamp, byte[]?> versions) in history.Keys)
        {
            SortedDictionary<Timestamp, byte[]?> told = _told.GetValueOrDefault(key) ?? [];
            foreach ((Timestamp at, byte[]? value) in versions)
            {
                if (at <= From || at > _frontier) continue;
                if (!told.Remove(at, out byte[]? said)) violations.Add($"{server}'s feed, which is past {_frontier}, has not told of {key} at {at}");
                else if (!said.AsSpan().SequenceEqual(value)) violations.Add($"{server}'s feed has told another value of {key} at {at}");
            }
        }

        foreach ((Key key, SortedDictionary<Timestamp, byte[]?> told) in _told)
        {
            foreach (Timestamp at in told.Keys) violations.Add($"{server}'s feed has told of {key} at {at}, which is not committed");
        }
    }
}
