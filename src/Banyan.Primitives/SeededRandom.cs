namespace Banyan.Primitives;

/// <summary>Random numbers that are the same on every run and machine for the same seed (xoshiro256**, Blackman and Vigna).</summary>
public sealed class SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Seeds the four words with splitmix64, as the authors advise.</summary>
    public SeededRandom(ulong seed)
    {
        _s0 = StableHash.SplitMix(ref seed);
        _s1 = StableHash.SplitMix(ref seed);
        _s2 = StableHash.SplitMix(ref seed);
        _s3 = StableHash.SplitMix(ref seed);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, <paramref name="bound"/>); the bound is at least 1.</summary>
    public int Next(int bound)
    {
        Invariant.Holds(bound >= 1);
        return (int)(UInt128.CreateTruncating(NextUInt64()) * (uint)bound >> 64);
    }

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>], both included.</summary>
    public long NextInRange(long low, long high)
    {
        Invariant.Holds(low <= high);
        ulong span = (ulong)(high - low) + 1;
        return span == 0 ? (long)NextUInt64() : low + (long)(ulong)(UInt128.CreateTruncating(NextUInt64()) * span >> 64);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>A generator of its own for a part, so that parts do not disturb each other's draws.</summary>
    public SeededRandom Fork() => new(NextUInt64());
}
