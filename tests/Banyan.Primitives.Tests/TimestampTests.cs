using Banyan.Primitives;

namespace Banyan.Primitives.Tests;

public sealed class TimestampTests
{
    [Fact]
    public void Next_of_a_full_logical_counter_carries_into_the_microseconds()
    {
        var full = new Timestamp((7UL << Timestamp.LogicalBits) | 0xFFF);
        Assert.Equal((8L, 0), (full.Next.Microseconds, full.Next.Logical));
    }

    [Theory]
    [InlineData("12.5", 12, 5)]
    [InlineData("12", 12, 0)]
    public void Parses_what_it_prints(string text, long microseconds, int logical)
    {
        Assert.True(Timestamp.TryParse(text, out Timestamp timestamp));
        Assert.Equal((microseconds, logical), (timestamp.Microseconds, timestamp.Logical));
        Assert.True(Timestamp.TryParse(timestamp.ToString(), out Timestamp again));
        Assert.Equal(timestamp, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.4096")]
    [InlineData("4503599627370496")]
    [InlineData("1.2.3")]
    public void Refuses_what_is_no_timestamp(string text) => Assert.False(Timestamp.TryParse(text, out _));

    [Fact]
    public void A_clock_never_goes_back_when_the_wall_clock_does()
    {
        var clock = new HybridClock(maxOffsetMicroseconds: 1000);
        clock.OnWallClock(5000);
        Timestamp before = clock.Now();
        clock.OnWallClock(4000);
        Assert.True(clock.Now() > before);
    }

    [Fact]
    public void A_clock_refuses_a_timestamp_beyond_the_offset_bound()
    {
        var clock = new HybridClock(maxOffsetMicroseconds: 1000);
        clock.OnWallClock(5000);
        Assert.False(clock.TryObserve(Timestamp.FromMicroseconds(6001)));
        Assert.True(clock.TryObserve(Timestamp.FromMicroseconds(6000)));
        Assert.True(clock.Now() > Timestamp.FromMicroseconds(6000));
    }
}
