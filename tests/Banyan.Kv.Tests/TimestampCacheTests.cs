using Banyan.Kv.Leases;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Tests;

public class TimestampCacheTests
{
    private static readonly TransactionId _reader = new(1, 1);
    private static readonly TransactionId _other = new(1, 2);
    private readonly TimestampCache _cache = new();

    [Fact]
    public void A_write_goes_above_what_others_read()
    {
        _cache.Add(Key.Of("a"), At(10), _reader);
        Assert.Equal(At(10), _cache.Floor(Key.Of("a"), _other));
        Assert.Equal(At(10).Previous, _cache.Floor(Key.Of("a"), _reader));
        Assert.Equal(Timestamp.Zero, _cache.Floor(Key.Of("b"), _other));
    }

    [Fact]
    public void Two_readers_at_one_timestamp_bind_each_other()
    {
        _cache.Add(Key.Of("a"), At(10), _reader);
        _cache.Add(Key.Of("a"), At(10), _other);
        Assert.Equal(At(10), _cache.Floor(Key.Of("a"), _reader));
        Assert.Equal(At(10), _cache.Floor(Key.Of("a"), _other));
    }

    [Fact]
    public void A_span_binds_every_key_in_it()
    {
        _cache.Add(new KeySpan(Key.Of("b"), Key.Of("d")), At(10), _reader);
        Assert.Equal(At(10), _cache.Floor(Key.Of("c"), _other));
        Assert.Equal(Timestamp.Zero, _cache.Floor(Key.Of("d"), _other));
    }

    [Fact]
    public void Forgetting_only_ever_raises_the_floor()
    {
        var random = new SeededRandom(1);
        var reads = new SortedDictionary<Key, Timestamp>();
        for (int i = 1; i <= 50_000; i++)
        {
            var key = Key.Of("k" + random.Next(30_000));
            Timestamp at = At(1 + random.Next(1_000_000));
            _cache.Add(key, at, new(2, (ulong)i));
            reads[key] = Timestamp.Max(reads.GetValueOrDefault(key), at);
        }

        foreach ((Key key, Timestamp at) in reads) Assert.True(_cache.Floor(key, _other) >= at);
    }

    private static Timestamp At(long microseconds) => Timestamp.FromMicroseconds(microseconds);
}
