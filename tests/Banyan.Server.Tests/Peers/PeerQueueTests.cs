using Banyan.Primitives;
using Banyan.Server.Peers;
using static Banyan.Server.Tests.Peers.Loopback;

namespace Banyan.Server.Tests.Peers;

public sealed class PeerQueueTests
{
    [Fact]
    public void Short_messages_share_a_write()
    {
        var queue = new PeerQueue(Options());
        for (int i = 0; i < 10; i++) Assert.True(queue.TryAdd(Numbered(i)));
        Assert.Equal(10, queue.Messages);
        Assert.Equal(10 * (PeerFrame.HeaderBytes + 4), queue.Bytes);
        Assert.True(queue.TryTake(out PeerWrite write));
        Assert.Equal(10, write.Messages);
        Assert.Equal(10 * (PeerFrame.HeaderBytes + 4), write.Bytes.Length);
        write.Dispose();
        Assert.True(queue.IsEmpty);
        Assert.Equal(0, queue.Bytes);
        Assert.False(queue.TryTake(out _));
    }

    [Fact]
    public void The_bounds_hold_and_one_message_always_fits()
    {
        var queue = new PeerQueue(Options() with { QueueBytesMax = 100, QueueMessagesMax = 3 });
        Assert.True(queue.TryAdd(new byte[1000]));
        Assert.False(queue.TryAdd(new byte[1]));
        Assert.Equal(1, queue.Clear());
        for (int i = 0; i < 3; i++) Assert.True(queue.TryAdd([]));
        Assert.False(queue.TryAdd([]));
        Assert.Equal(3, queue.Messages);
    }

    [Fact]
    public void A_long_message_shares_the_way_with_short_ones()
    {
        var inbox = new RecordingInbox();
        var queue = new PeerQueue(Options() with { BulkBytesMin = 1000 });
        Assert.True(queue.TryAdd(Numbered(-1, 3 * PeerQueue.FragmentBytes)));
        for (int i = 0; i < 4; i++) Assert.True(queue.TryAdd(Numbered(i)));
        Assert.True(queue.HasBulk);
        Assert.Equal([0, 1, 2, 3, -1], Through(queue, inbox));
        Assert.Equal(0, queue.Messages);
    }

    [Fact]
    public void A_long_message_that_was_cut_is_dropped_and_the_next_is_whole()
    {
        var inbox = new RecordingInbox();
        var queue = new PeerQueue(Options() with { BulkBytesMin = 1000 });
        Assert.True(queue.TryAdd(Numbered(1, 3 * PeerQueue.FragmentBytes)));
        Assert.True(queue.TryAdd(Numbered(2, 2 * PeerQueue.FragmentBytes)));
        Assert.True(queue.TryTake(out PeerWrite write));
        write.Dispose();
        Assert.Equal(1, queue.DropCutMessage());
        Assert.Equal(0, queue.DropCutMessage());
        Assert.Equal(2 * PeerQueue.FragmentBytes, queue.Bytes);
        Assert.Equal([2], Through(queue, inbox));
    }

    [Fact]
    public void Long_messages_have_a_bound_of_their_own()
    {
        var queue = new PeerQueue(Options() with { BulkBytesMin = 1000, MessageBytesMax = 5000 });
        Assert.False(queue.TryAdd(new byte[5001]));
        Assert.True(queue.TryAdd(new byte[3000]));
        Assert.False(queue.TryAdd(new byte[3000]));
        Assert.True(queue.TryAdd(new byte[500]));
        Assert.Equal(2, queue.Clear());
        Assert.True(queue.IsEmpty);
        Assert.True(queue.TryAdd(new byte[5000]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_mix_of_messages_arrives_once_and_in_order_of_its_kind(ulong seed)
    {
        var random = new SeededRandom(seed);
        var inbox = new RecordingInbox();
        var queue = new PeerQueue(Options() with { BulkBytesMin = 300_000 });
        List<int> arrived = [];
        var lengths = new List<int>();
        for (int round = 0; round < 20; round++)
        {
            for (int i = random.Next(20); i > 0; i--)
            {
                lengths.Add(4 + random.Next(random.Chance(0.1) ? 700_000 : 40_000));
                Assert.True(queue.TryAdd(Numbered(lengths.Count - 1, lengths[^1])));
            }

            arrived.AddRange(Through(queue, inbox));
        }

        Assert.Equal(Enumerable.Range(0, lengths.Count), arrived.Order());
        Assert.Equal(arrived.Where(i => lengths[i] <= 300_000).Order(), arrived.Where(i => lengths[i] <= 300_000));
        Assert.Equal(arrived.Where(i => lengths[i] > 300_000).Order(), arrived.Where(i => lengths[i] > 300_000));
    }

    // Takes all that waits, over the reader to the inbox: the messages' numbers.
    private static List<int> Through(PeerQueue queue, RecordingInbox inbox)
    {
        using var reader = new PeerStreamReader(S1, inbox, int.MaxValue);
        while (queue.TryTake(out PeerWrite write))
        {
            PeerStreamReaderTests.Feed(reader, write.Bytes.Span, int.MaxValue);
            write.Dispose();
        }

        List<int> numbers = [];
        while (inbox.TryNext(out byte[] message)) numbers.Add(NumberOf(message));
        return numbers;
    }
}
