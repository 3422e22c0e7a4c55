using Banyan.Kv.Store;
using Banyan.Primitives;

namespace Banyan.Kv.Tests;

/// <summary>What a cluster does, and does not do, while nobody asks anything of it.</summary>
public class QuietClusterTests
{
    private const int Ranges = 60;

    [Fact]
    public void Quiet_ranges_are_named_in_no_message_and_cost_no_flush_of_their_own()
    {
        CalmCluster cluster = Quiet();
        var kinds = new SortedDictionary<string, int>();
        int named = 0;
        cluster.World.Network.OnSent = bytes =>
        {
            PeerMessage message = Decode(bytes);
            kinds[message.GetType().Name] = kinds.GetValueOrDefault(message.GetType().Name) + 1;
            if (message is PeerMessage.OfClosed closed) named += closed.Changed.Count + closed.Gone.Count;
        };
        ulong logBefore = cluster.Store(1).Wal.EndPosition;
        cluster.Run(11_000_000);

        // The directory is told now and then; all else is about servers, not ranges.
        Assert.Equal((string[])["OfClosed", "OfDirectory", "OfLiveness"], kinds.Keys);
        Assert.Equal(0, named);
        Assert.InRange(kinds["OfClosed"], 6 * 11 * 5, 6 * 11 * 11);
        Assert.InRange(kinds["OfDirectory"], 6, 12);
        // Promises reach a second further than asked: one record a second, where every heartbeat would be two in a tenth.
        Assert.InRange(cluster.Store(1).Wal.EndPosition - logBefore, 8u, 14u);
    }

    [Fact]
    public void Quiet_ranges_close_all_the_same()
    {
        CalmCluster cluster = Quiet();
        for (int i = 0; i < 20; i++)
        {
            cluster.Run(77_000);
            for (int server = 1; server <= 3; server++)
            {
                Kv.Store.Store store = cluster.Store(server);
                long trailing = store.Clock.Reading.Microseconds - store.Feed.Frontier.Microseconds;
                Assert.InRange(trailing, 90_000, 330_000);
                Assert.All(store.Replicas.Values, r => Assert.True(r.Resolved >= store.Feed.Frontier));
            }
        }
    }

    [Fact]
    public void Ticks_may_be_left_out_while_nothing_goes_on_and_not_while_something_does()
    {
        CalmCluster cluster = Quiet();
        long quiet = 0;
        for (int i = 0; i < 100; i++)
        {
            cluster.Run(3_000);
            quiet = Math.Max(quiet, cluster.Store(2).QuietMicroseconds);
        }

        Assert.InRange(quiet, 50_000, 100_000);
        cluster.World.Server(new(2)).Do(store => store.Coordinator.Run(
            new CalmCluster.Body(t =>
            {
                t.Put(Key.Of("k30"), [1]);
                return [];
            }), default, 0, _ => { }));
        Assert.Equal(0, cluster.Store(2).QuietMicroseconds);
    }

    [Fact]
    public void Whoever_misses_closed_timestamps_asks_for_all_and_catches_up()
    {
        CalmCluster cluster = Quiet();
        int asked = 0, all = 0;
        cluster.World.Network.OnSent = bytes =>
        {
            PeerMessage message = Decode(bytes);
            if (message is PeerMessage.OfClosedMissed) asked++;
            if (message is PeerMessage.OfClosed { IsAll: true }) all++;
        };
        // Shorter than support lasts, so that nobody loses a lease over it.
        Timestamp before = cluster.Store(2).Feed.Frontier;
        cluster.World.Network.Cut(new(1), new(2));
        cluster.Run(250_000);
        Assert.InRange(cluster.Store(2).Feed.Frontier.Microseconds - before.Microseconds, 0, 120_000);
        Assert.True(cluster.Store(3).Feed.Frontier.Microseconds - before.Microseconds > 120_000);
        cluster.World.Network.Heal();
        cluster.Run(400_000);
        Assert.InRange(asked, 1, 4);
        Assert.InRange(all, 1, 4);
        Assert.True(cluster.Store(2).Feed.Frontier.Microseconds - before.Microseconds > 300_000);
    }

    [Fact]
    public void What_is_written_in_a_quiet_range_lies_above_all_that_was_closed_there()
    {
        CalmCluster cluster = Quiet();
        for (int i = 0; i < 30; i++)
        {
            cluster.Run(40_000 + i * 7_000);
            Timestamp highest = Timestamp.Zero;
            for (int server = 1; server <= 3; server++) highest = Timestamp.Max(highest, cluster.Store(server).Feed.Frontier);
            Timestamp at = cluster.Commit(1 + i % 3, t => t.Put(Key.Of($"k{i + 10}"), [1]));
            Assert.True(at > highest);
        }
    }

    private static PeerMessage Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes.Span);
        reader.Timestamp();
        Assert.True(PeerMessageCodec.TryDecode(ref reader, out PeerMessage message));
        return message;
    }

    private static CalmCluster Quiet()
    {
        var cluster = new CalmCluster(cuts: [.. Enumerable.Range(10, Ranges - 1).Select(i => $"k{i}")]);
        cluster.Run(20_000_000);
        return cluster;
    }
}
