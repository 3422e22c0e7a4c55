using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Simulator.Checking;

namespace Banyan.Simulator.Tests.Checking;

/// <summary>A feed that tells too little, too much, twice or late is seen.</summary>
public sealed class FeedRecordTests
{
    private static readonly Key _a = Key.Of("a");
    private static readonly Key _b = Key.Of("b");

    [Fact]
    public void A_feed_that_tells_what_is_committed_after_its_beginning_is_right()
    {
        FeedRecord record = Begun(at: 5);
        Tell(record, 6, (_a, 1), (_b, 1));
        record.OnResolved(At(7));
        Assert.Empty(Violations(record, (_a, 3, 9), (_a, 6, 1), (_b, 6, 1), (_b, 8, 1)));
    }

    [Fact]
    public void What_was_not_told_is_seen()
    {
        FeedRecord record = Begun(at: 5);
        Tell(record, 6, (_a, 1));
        record.OnResolved(At(7));
        Assert.Contains("has not told of b", Assert.Single(Violations(record, (_a, 6, 1), (_b, 6, 1))));
    }

    [Fact]
    public void Another_value_is_seen()
    {
        FeedRecord record = Begun(at: 5);
        Tell(record, 6, (_a, 2));
        record.OnResolved(At(7));
        Assert.Contains("another value of a", Assert.Single(Violations(record, (_a, 6, 1))));
    }

    [Fact]
    public void What_is_not_committed_is_seen()
    {
        FeedRecord record = Begun(at: 5);
        Tell(record, 6, (_a, 1));
        record.OnResolved(At(7));
        Assert.Contains("which is not committed", Assert.Single(Violations(record)));
    }

    [Fact]
    public void A_version_told_twice_is_seen() =>
        Assert.Throws<InvariantViolation>(() => Tell(Begun(at: 5), 6, (_a, 1), (_a, 1)));

    [Fact]
    public void A_version_told_too_late_is_seen()
    {
        FeedRecord record = Begun(at: 5);
        record.OnResolved(At(7));
        Assert.Throws<InvariantViolation>(() => Tell(record, 6, (_a, 1)));
    }

    [Fact]
    public void A_frontier_that_goes_back_is_seen() => Assert.Throws<InvariantViolation>(() => Begun(at: 5).OnResolved(At(4)));

    private static FeedRecord Begun(long at)
    {
        var record = new FeedRecord();
        record.OnResolved(At(at));
        return record;
    }

    private static void Tell(FeedRecord record, long at, params (Key Key, byte Value)[] changes) =>
        record.OnBatch(new(At(at), changes.Select(c => new VersionEvent(c.Key, At(at), [c.Value])).ToArray()));

    private static List<string> Violations(FeedRecord record, params (Key Key, long At, byte Value)[] committed)
    {
        var history = new CommittedHistory();
        foreach ((Key key, long at, byte value) in committed) history.Add(key, At(at), [value]);
        var violations = new List<string>();
        record.Check(new ServerId(1), history, violations);
        return violations;
    }

    private static Timestamp At(long microseconds) => Timestamp.Zero.Add(microseconds);
}
