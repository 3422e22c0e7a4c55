using Banyan.Bench.Load;
using Banyan.Primitives;

namespace Banyan.Bench.Tests.Load;

public class LatencyHistogramTests
{
    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new LatencyHistogram();
        for (int i = 1; i <= 200; i++) histogram.Record(i);

        Assert.Equal(200, histogram.Count);
        Assert.Equal(1, histogram.Quantile(0.001));
        Assert.Equal(100, histogram.Quantile(0.5));
        Assert.Equal(198, histogram.Quantile(0.99));
        Assert.Equal(200, histogram.Quantile(1));
    }

    [Fact]
    public void A_quantile_is_never_too_low_and_at_most_a_128th_too_high()
    {
        var random = new SeededRandom(7);
        var histogram = new LatencyHistogram();
        var values = new List<long>();
        for (int i = 0; i < 20_000; i++)
        {
            // All magnitudes from nanoseconds to minutes.
            long value = (long)(random.NextUInt64() >> (25 + random.Next(38)));
            values.Add(value);
            histogram.Record(value);
        }

        values.Sort();
        foreach (double share in new[] { 0.0001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1 })
        {
            long exact = values[(int)Math.Ceiling(share * values.Count) - 1];
            long measured = histogram.Quantile(share);
            Assert.InRange(measured, exact, exact + exact / 128);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-5, 0)]
    [InlineData(255, 255)]
    [InlineData(256, 256)]
    [InlineData((1L << 40) - 1, (1L << 40) - 1)]
    [InlineData(1L << 50, 1L << 50)]
    public void A_single_value_comes_back_as_it_was_at_every_bound(long recorded, long expected)
    {
        var histogram = new LatencyHistogram();
        histogram.Record(recorded);
        Assert.Equal(expected, histogram.Quantile(0.5));
        Assert.Equal(expected, histogram.MaxNanoseconds);
    }

    [Fact]
    public void Added_histograms_measure_as_one()
    {
        var random = new SeededRandom(3);
        LatencyHistogram one = new(), other = new(), together = new();
        for (int i = 0; i < 1000; i++)
        {
            long value = random.Next(10_000_000);
            (i % 3 == 0 ? one : other).Record(value);
            together.Record(value);
        }

        one.Add(other);
        Assert.Equal(together.Count, one.Count);
        Assert.Equal(together.MaxNanoseconds, one.MaxNanoseconds);
        foreach (double share in new[] { 0.1, 0.5, 0.99, 1 }) Assert.Equal(together.Quantile(share), one.Quantile(share));
    }

    [Fact]
    public void Nothing_recorded_measures_as_zero() => Assert.Equal(0, new LatencyHistogram().Quantile(0.99));
}
