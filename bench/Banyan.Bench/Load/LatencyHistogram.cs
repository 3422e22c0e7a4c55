using System.Numerics;
using Banyan.Primitives;

namespace Banyan.Bench.Load;

/// <summary>Counts latencies in log-linear buckets: bounded memory, and a relative error below 1/128 at every size.</summary>
/// <remarks>
/// Nanoseconds below 256 have a bucket each; above, every power of two is cut into 128 equal buckets (the layout of
/// HdrHistogram). Values of 2^40 ns (18 minutes) and more land in the last bucket. Not thread-safe: one per client,
/// then <see cref="Add"/>.
/// </remarks>
public sealed class LatencyHistogram
{
    private const int SubBucketBits = 7;
    private const int ValueBits = 40;
    private const long ValueMax = (1L << ValueBits) - 1;
    private const int BucketCount = (ValueBits - SubBucketBits + 1) << SubBucketBits;

    private readonly long[] _counts = new long[BucketCount];

    /// <summary>How many values were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The largest value recorded, in nanoseconds, exact; 0 if there is none.</summary>
    public long MaxNanoseconds { get; private set; }

    /// <summary>Records one latency; a negative one (a clock's jitter) counts as 0.</summary>
    public void Record(long nanoseconds)
    {
        long value = Math.Clamp(nanoseconds, 0, ValueMax);
        _counts[BucketOf(value)]++;
        Count++;
        MaxNanoseconds = Math.Max(MaxNanoseconds, nanoseconds);
    }

    /// <summary>Adds everything that another histogram has recorded.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < BucketCount; i++) _counts[i] += other._counts[i];
        Count += other.Count;
        MaxNanoseconds = Math.Max(MaxNanoseconds, other.MaxNanoseconds);
    }

    /// <summary>
    /// The smallest bucket bound, in nanoseconds, that at least the given share (above 0, at most 1) of the values do
    /// not exceed: never too low, at most 1/128 too high. 0 if nothing was recorded.
    /// </summary>
    public long Quantile(double share)
    {
        Invariant.Holds(share > 0 && share <= 1);
        if (Count == 0) return 0;

        long rank = Math.Clamp((long)Math.Ceiling(share * Count), 1, Count);
        long seen = 0;
        for (int i = 0; i < BucketCount; i++)
        {
            seen += _counts[i];
            if (seen >= rank) return i == BucketCount - 1 ? MaxNanoseconds : Math.Min(UpperBoundOf(i), MaxNanoseconds);
        }

        Invariant.Unreachable("the counts add up to Count");
        return 0;
    }

    /// <summary><see cref="Quantile"/> in milliseconds.</summary>
    public double QuantileMs(double share) => Quantile(share) / 1e6;

    private static int BucketOf(long value)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)value) - SubBucketBits);
        return (shift << SubBucketBits) + (int)(value >> shift);
    }

    private static long UpperBoundOf(int bucket)
    {
        int shift = Math.Max(0, (bucket >> SubBucketBits) - 1);
        long mantissa = bucket - (shift << SubBucketBits);
        return ((mantissa + 1) << shift) - 1;
    }
}
