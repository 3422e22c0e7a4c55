using Banyan.Primitives;

namespace Banyan.Storage.Tests.Versions;

public sealed class VersionedMapTests
{
    private static readonly Key A = Key.Of("a");

    [Fact]
    public void A_version_that_is_not_the_newest_is_refused_and_changes_nothing()
    {
        var map = new VersionedMap();
        map.Put(A, new(5), [1]);
        Assert.Throws<InvariantViolation>(() => map.Put(A, new(5), [2]));
        Assert.True(map.TryGet(A, Timestamp.MaxValue, out VersionedValue value));
        Assert.Equal([1], value.Value!);
        Assert.Equal(1, map.VersionCount);
    }

    [Fact]
    public void A_tombstone_hides_the_value_and_shows_in_the_versions()
    {
        var map = new VersionedMap();
        map.Put(A, new(5), [1]);
        map.Put(A, new(7), null);
        Assert.True(map.TryGet(A, new(6), out _));
        Assert.False(map.TryGet(A, new(7), out _));
        Assert.True(map.TryGetVersion(A, new(7), out VersionedValue version));
        Assert.True(version.IsTombstone);
        Assert.Equal(new Timestamp(7), version.Timestamp);
        Assert.False(map.Scan(KeySpan.All, new(7)).MoveNext());
    }

    [Fact]
    public void A_scan_over_the_live_map_does_not_survive_a_write()
    {
        var map = new VersionedMap();
        map.Put(A, new(1), [1]);
        VersionedScan scan = map.Scan(KeySpan.All, new(1));
        map.Put(Key.Of("b"), new(1), [1]);
        Assert.Throws<InvariantViolation>(() => scan.MoveNext());
    }

    [Fact]
    public void A_scan_over_a_snapshot_survives_writes()
    {
        var map = new VersionedMap();
        for (int i = 0; i < 1000; i++) map.Put(Key.Of($"{i:d4}"), new(1), [1]);
        int seen = 0;
        foreach (VersionedEntry entry in map.Pin().Scan(KeySpan.All, Timestamp.MaxValue))
        {
            map.Put(entry.Key, new(2), [2]);
            Assert.Equal([1], entry.Value);
            seen++;
        }

        Assert.Equal(1000, seen);
    }

    [Fact]
    public void Garbage_collection_looks_at_no_more_keys_than_it_may_and_goes_on_where_it_stopped()
    {
        var map = new VersionedMap();
        for (int i = 0; i < 100; i++)
        {
            map.Put(Key.Of($"{i:d4}"), new(1), [1]);
            map.Put(Key.Of($"{i:d4}"), new(2), [2]);
        }

        Key cursor = Key.Min;
        Assert.Equal(30, map.CollectGarbage(new(2), ref cursor, 30));
        Assert.Equal(Key.Of("0029").Next, cursor);
        Assert.Equal(70, map.CollectGarbage(new(2), ref cursor, 71));
        Assert.Equal(Key.Min, cursor);
        Assert.Equal(100, map.VersionCount);
    }

    [Fact]
    public void Garbage_collection_of_every_key_leaves_an_empty_map()
    {
        var map = new VersionedMap();
        for (int i = 0; i < 10_000; i++) map.Put(Key.Of($"{i * 7919 % 10_000:d5}"), new(1), null);
        Key cursor = Key.Min;
        while (map.CollectGarbage(new(1), ref cursor, 500) > 0) { }
        Assert.Equal((0, 0, 0), (map.Count, map.VersionCount, map.ApproximateBytes));
        Assert.False(map.History(KeySpan.All).MoveNext());
        map.Put(A, new(1), [1]);
        Assert.True(map.TryGet(A, new(1), out _));
    }

    [Fact]
    public void A_loader_refuses_versions_out_of_order()
    {
        var loader = new VersionedMapLoader(new());
        Assert.True(loader.TryAdd(Key.Of("b"), new(5), [1]));
        Assert.False(loader.TryAdd(Key.Of("b"), new(5), [1]));
        Assert.False(loader.TryAdd(Key.Of("a"), new(6), [1]));
        Assert.True(loader.TryAdd(Key.Of("b"), new(4), null));
    }

    [Fact]
    public void The_middle_key_halves_the_bytes()
    {
        var map = new VersionedMap();
        Assert.False(map.TryGetMiddleKey(out _));
        map.Put(Key.Of("0000"), new(1), [1]);
        Assert.False(map.TryGetMiddleKey(out _));
        for (int i = 1; i < 5000; i++) map.Put(Key.Of($"{i:d4}"), new(1), new byte[i % 100]);
        Assert.True(map.TryGetMiddleKey(out Key middle));
        VersionedMap right = map.SplitOff(middle);
        Assert.InRange(right.ApproximateBytes - map.ApproximateBytes, -500, 500);
    }

    [Fact]
    public void Reads_and_scans_allocate_nothing_per_entry()
    {
        var map = new VersionedMap();
        for (int i = 0; i < 5000; i++) map.Put(Key.Of($"{i:d4}"), new(1), [1]);
        Key key = Key.Of("0777");
        int seen = 0;
        void Read()
        {
            foreach (VersionedEntry entry in map.Scan(KeySpan.All, new(1))) seen += entry.Value.Length;
            foreach (VersionRecord record in map.History(KeySpan.All)) seen += record.Value!.Length;
            if (map.TryGet(key, new(1), out _)) seen++;
            if (map.AnyNewer(KeySpan.All, new(1), new(2))) seen++;
        }

        Read();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2 * 10_001, seen);
    }
}
