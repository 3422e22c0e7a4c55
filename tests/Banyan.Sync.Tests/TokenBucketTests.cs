using Banyan.Primitives;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests;

public sealed class TokenBucketTests
{
    private static readonly Timestamp _start = Timestamp.FromMicroseconds(1_800_000_000_000_000);

    [Fact]
    public void It_holds_its_burst_and_refills_at_its_rate()
    {
        var bucket = new TokenBucket(tokensPerSecond: 10, burst: 3);
        Assert.True(bucket.TryTake(3, _start));
        Assert.False(bucket.TryTake(1, _start));
        Assert.False(bucket.TryTake(1, _start.Add(99_999)));
        Assert.True(bucket.TryTake(1, _start.Add(100_000)));
        Assert.False(bucket.TryTake(1, _start.Add(199_999)));
        Assert.False(bucket.TryTake(4, _start.Add(60_000_000)));
        Assert.True(bucket.TryTake(3, _start.Add(60_000_000)));
    }

    [Fact]
    public void What_is_refused_takes_nothing()
    {
        var bucket = new TokenBucket(tokensPerSecond: 1, burst: 5);
        Assert.False(bucket.TryTake(6, _start));
        Assert.True(bucket.TryTake(5, _start));
        Assert.True(bucket.TryTake(0, _start));
    }

    [Fact]
    public void A_clock_that_goes_back_brings_nothing()
    {
        var bucket = new TokenBucket(tokensPerSecond: 1, burst: 1);
        Assert.True(bucket.TryTake(1, _start.Add(10_000_000)));
        Assert.False(bucket.TryTake(1, _start));
        Assert.False(bucket.TryTake(1, _start.Add(10_000_000)));
        Assert.True(bucket.TryTake(1, _start.Add(11_000_000)));
    }

    [Fact]
    public void The_longest_rest_fills_the_largest_bucket_and_no_more()
    {
        var bucket = new TokenBucket(tokensPerSecond: int.MaxValue, burst: int.MaxValue);
        Assert.True(bucket.TryTake(int.MaxValue, _start));
        Assert.True(bucket.TryTake(int.MaxValue, Timestamp.MaxValue));
        Assert.False(bucket.TryTake(1, Timestamp.MaxValue));
    }

    [Fact]
    public void Between_any_two_times_no_more_is_taken_than_burst_and_rate_allow()
    {
        var random = new SeededRandom(5);
        for (int run = 0; run < 50; run++)
        {
            int rate = 1 + random.Next(1000), burst = 1 + random.Next(1000);
            var bucket = new TokenBucket(rate, burst);
            var taken = new List<(long At, long Tokens)>();
            long at = 0;
            for (int i = 0; i < 200; i++)
            {
                at += random.Next(random.Chance(0.1) ? 3_000_000 : 20_000);
                long tokens = random.Next(burst + 10);
                if (bucket.TryTake(tokens, _start.Add(at))) taken.Add((at, tokens));
            }

            Assert.NotEmpty(taken);
            for (int from = 0; from < taken.Count; from++)
            {
                long sum = 0;
                for (int to = from; to < taken.Count; to++)
                {
                    sum += taken[to].Tokens;
                    Assert.True(sum * 1_000_000 <= burst * 1_000_000L + rate * (taken[to].At - taken[from].At));
                }
            }
        }
    }

    [Fact]
    public void A_peer_is_held_to_packets_and_to_bytes()
    {
        PeerLimits limits = PeerLimits.Default with { PacketsPerSecond = 10, PacketsBurst = 2, BytesPerSecond = 100, BytesBurst = 50 };
        var rate = new PeerRate(limits);
        Assert.Null(rate.Take(1, 10, _start));
        Assert.Null(rate.Take(1, 10, _start));
        Assert.Equal("too many packets a second", rate.Take(1, 10, _start));
        Assert.Equal("too many bytes a second", new PeerRate(limits).Take(1, 51, _start));
        Assert.Null(rate.Take(1, 50, _start.Add(1_000_000)));
    }
}
