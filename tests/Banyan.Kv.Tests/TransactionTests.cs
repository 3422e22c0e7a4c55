using Banyan.Kv.Commands;
using Banyan.Kv.Feeds;
using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Tests;

public class TransactionTests
{
    private static readonly byte[] _one = [1];
    private static readonly byte[] _two = [2];

    [Fact]
    public void What_one_server_commits_every_server_reads()
    {
        var cluster = new CalmCluster(cuts: ["m"]);
        cluster.Commit(1, t => t.Put(Key.Of("a"), _one));
        cluster.Commit(2, t => t.Put(Key.Of("z"), _two));
        for (int server = 1; server <= 3; server++)
        {
            Assert.Equal(_one, cluster.Read(server, "a"));
            Assert.Equal(_two, cluster.Read(server, "z"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_transaction_over_ranges_has_one_timestamp(bool twoPhase)
    {
        var cluster = new CalmCluster(new StoreOptions { TwoPhaseCommit = twoPhase }, "g", "p");
        Timestamp at = cluster.Commit(3, t =>
        {
            t.Put(Key.Of("a"), _one);
            t.Put(Key.Of("k"), _one);
            t.Put(Key.Of("z"), _one);
        });
        cluster.Run(1_000_000);
        StoreSnapshot now = cluster.Store(1).Feed.Snapshot()!;
        Assert.Equal(3, now.ChangesAfter(at.Previous)[at].Count);
    }

    [Fact]
    public void A_request_id_commits_once_however_often_it_is_tried()
    {
        var cluster = new CalmCluster(cuts: ["m"]);
        var body = new CalmCluster.Body(t => Increment(t, "a"));
        Assert.IsType<TransactionOutcome.Committed>(cluster.Transact(1, body, new RequestId(7, 1)));
        for (uint attempt = 1; attempt <= 3; attempt++)
            Assert.IsType<TransactionOutcome.Committed>(cluster.Transact((int)attempt, body, new RequestId(7, 1, attempt)));
        Assert.Equal(_one, cluster.Read(2, "a"));
    }

    [Theory]
    [InlineData("a")] // one range: one command
    [InlineData("a", "z")] // two: a staging record
    public void A_request_whose_answer_its_client_has_is_told_so_at_once(params string[] keys)
    {
        var cluster = new CalmCluster(cuts: ["m"]);
        var body = new CalmCluster.Body(t => Increment(t, keys));
        Assert.IsType<TransactionOutcome.Committed>(cluster.Transact(1, body, new RequestId(7, 2)));
        TransactionOutcome late = cluster.Transact(2, body, new RequestId(7, 1, 1), waitMicroseconds: 1_000_000);
        Assert.Equal(new TransactionOutcome.Ambiguous(RefusedBecause.Acknowledged), late);
        Assert.All(keys, key => Assert.Equal(_one, cluster.Read(3, key)));
    }

    [Fact]
    public void Increments_from_all_servers_at_once_are_all_counted()
    {
        var cluster = new CalmCluster(cuts: ["m"]);
        int committed = 0;
        for (int i = 0; i < 30; i++)
        {
            var server = new ServerId((uint)(i % 3) + 1);
            cluster.World.Server(server).Do(store => store.Coordinator.Run(
                new CalmCluster.Body(t => Increment(t, "a", "z")), RequestId.None, 0,
                outcome => committed += outcome is TransactionOutcome.Committed ? 1 : 0));
        }

        cluster.Run(15_000_000);
        Assert.True(committed > 0);
        Assert.Equal(new byte[] { (byte)committed }, cluster.Read(1, "a"));
        Assert.Equal(new byte[] { (byte)committed }, cluster.Read(1, "z"));
    }

    [Fact]
    public void A_condition_that_does_not_hold_leaves_nothing_behind()
    {
        var cluster = new CalmCluster();
        TransactionOutcome? outcome = null;
        cluster.World.Server(new(1)).Do(store => store.Coordinator.OneShot(
            [new Condition(Key.Of("a"), ConditionKind.Exists)], [new KeyWrite(Key.Of("b"), _one, 1)], RequestId.None, 0, o => outcome = o));
        cluster.Run(1_000_000);
        Assert.IsType<TransactionOutcome.ConditionFailed>(outcome);
        Assert.Null(cluster.Read(1, "b"));
    }

    [Fact]
    public void A_read_in_the_past_sees_the_past_on_every_server()
    {
        var cluster = new CalmCluster();
        Timestamp first = cluster.Commit(1, t => t.Put(Key.Of("a"), _one));
        cluster.Commit(1, t => t.Put(Key.Of("a"), _two));
        cluster.Run(1_000_000);
        for (int server = 1; server <= 3; server++)
        {
            Assert.Equal(_one, cluster.Store(server).Feed.Snapshot(first)!.Get(Key.Of("a")));
            Assert.Equal(_two, cluster.Store(server).Feed.Snapshot()!.Get(Key.Of("a")));
        }
    }

    [Fact]
    public void Without_a_majority_writes_end_as_unavailable_or_ambiguous_and_the_past_can_still_be_read()
    {
        var cluster = new CalmCluster();
        Timestamp at = cluster.Commit(1, t => t.Put(Key.Of("a"), _one));
        cluster.Run(1_000_000);
        cluster.World.Server(new(2)).Crash();
        cluster.World.Server(new(3)).Crash();
        TransactionOutcome outcome = cluster.Transact(1, new CalmCluster.Body(t =>
        {
            t.Put(Key.Of("a"), _two);
            return [];
        }));
        Assert.True(outcome is TransactionOutcome.Unavailable or TransactionOutcome.Ambiguous, outcome.ToString());
        Assert.Equal(_one, cluster.Store(1).Feed.Snapshot(at)!.Get(Key.Of("a")));
        bool? resolved = null;
        cluster.World.Server(new(1)).Do(store => store.Feed.WhenResolved(store.Clock.Now(), 500_000, r => resolved = r));
        cluster.Run(1_000_000);
        Assert.False(resolved);
    }

    [Fact]
    public void The_feed_gives_whole_transactions_in_order_and_each_once()
    {
        var cluster = new CalmCluster(cuts: ["m"]);
        var seen = new RecordingSubscriber();
        cluster.World.Server(new(2)).Do(store => store.Feed.Subscribe(seen));
        var commits = new List<Timestamp>();
        for (byte i = 1; i <= 20; i++)
        {
            commits.Add(cluster.Commit(i % 3 + 1, t =>
            {
                t.Put(Key.Of("a"), [i]);
                t.Put(Key.Of("z"), [i]);
            }));
        }

        cluster.Run(2_000_000);
        Assert.Equal(commits, seen.Batches.Select(b => b.Timestamp));
        Assert.All(seen.Batches, b => Assert.Equal(2, b.Changes.Count));
        Assert.All(seen.Batches, b => Assert.Equal(b.Changes[0].Value, b.Changes[1].Value));
    }

    [Fact]
    public void One_clock_that_is_ahead_is_not_listened_to_and_only_most_of_them_fence_a_server_off()
    {
        Store.Store store = new CalmCluster().Store(1);
        var message = new PeerMessage.OfDirectory([]);
        Timestamp ahead = store.Clock.Reading.Add(10_000_000);
        Assert.False(store.Receive(new(2), ahead, message));
        Assert.Null(store.ClockFault);
        Assert.False(store.Receive(new(3), ahead, message));
        Assert.Contains("s3 is", store.ClockFault);
        Assert.True(store.Receive(new(3), store.Clock.Reading, message));
        Assert.Null(store.ClockFault);
    }

    [Fact]
    public void Under_a_storm_of_writes_less_history_is_kept()
    {
        var options = new StoreOptions { HistoryBytesMax = 20_000 };
        var cluster = new CalmCluster(options);
        Timestamp first = cluster.Commit(1, t => t.Put(Key.Of("a"), new byte[100]));
        for (int i = 0; i < 400; i++)
        {
            cluster.Commit(1, t => t.Put(Key.Of("a"), new byte[100]));
            cluster.Run(50_000);
        }

        cluster.Run(10_000_000);
        Assert.Null(cluster.Store(1).Feed.Snapshot(first));
        Assert.InRange(cluster.Store(1).Replicas.Values.Single().State.Versions.VersionCount, 1, 200);
    }

    private static IEnumerable<TransactionStep> Increment(Transaction t, params string[] keys)
    {
        GetStep get = t.Get([.. keys.Select(Key.Of)]);
        yield return get;
        for (int i = 0; i < keys.Length; i++) t.Put(Key.Of(keys[i]), [(byte)((get.Values[i]?[0] ?? 0) + 1)]);
    }

    private sealed class RecordingSubscriber : IFeedSubscriber
    {
        public List<ChangeBatch> Batches { get; } = [];

        public void OnBatch(ChangeBatch batch) => Batches.Add(batch);

        public void OnResolved(Timestamp timestamp)
        {
            if (Batches.Count > 0) Assert.True(timestamp >= Batches[^1].Timestamp);
        }
    }
}
