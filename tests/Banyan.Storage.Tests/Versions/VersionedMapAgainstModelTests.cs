using System.Text;
using Banyan.Primitives;

namespace Banyan.Storage.Tests.Versions;

public sealed class VersionedMapAgainstModelTests
{
    [Fact]
    public void Does_what_the_naive_model_does_on_many_random_histories()
    {
        for (ulong seed = 0; seed < 300; seed++) new History(seed).Run(steps: 400);
    }

    [Fact]
    public void Does_what_the_naive_model_does_when_it_is_deep()
    {
        for (ulong seed = 0; seed < 3; seed++) new History(seed, keys: 20_000).Run(steps: 40_000, looksEvery: 4_000);
    }

    [Theory]
    [InlineData(Fault.LostWrite)]
    [InlineData(Fault.SnapshotThatMoves)]
    [InlineData(Fault.GarbageCollectedTooEarly)]
    public void The_comparison_catches_a_map_that_is_wrong(Fault fault) =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() =>
        {
            for (ulong seed = 0; seed < 20; seed++) new History(seed, fault: fault).Run(steps: 400);
        });

    public enum Fault { None, LostWrite, SnapshotThatMoves, GarbageCollectedTooEarly }

    /// <summary>A random history on the map and on the model, which must agree throughout.</summary>
    private sealed class History(ulong seed, int keys = 0, Fault fault = Fault.None)
    {
        private readonly SeededRandom _random = new(seed);
        private readonly List<(VersionedSnapshot Pinned, NaiveVersions? Expected)> _pins = [];
        private readonly List<(VersionedMap Map, NaiveVersions Model)> _cutOff = [];
        private VersionedMap _map = new();
        private NaiveVersions _model = new();
        private Key _cursor = Key.Min;
        private ulong _clock = 1;
        private ulong _horizon;
        private int _keys;

        public void Run(int steps, int looksEvery = 20)
        {
            _keys = keys > 0 ? keys : 1 << _random.Next(11);
            bool ascending = _random.Chance(0.2);
            double splits = _random.Chance(0.5) ? 0 : 20.0 / steps;
            double deletes = _random.NextDouble();
            for (int step = 0; step < steps; step++)
            {
                _clock += (ulong)_random.Next(3);
                int burst = _random.Chance(0.05) ? 40 : 1;
                for (int i = 0; i < burst; i++) Put(ascending ? step : _random.Next(_keys), deletes);
                if (_random.Chance(0.02)) Pin();
                if (_random.Chance(1.0 / looksEvery)) CollectGarbage();
                if (_random.Chance(splits)) Split();
                if (step % looksEvery == 0) Look(_map, _model);
            }

            Look(_map, _model);
            foreach ((VersionedMap map, NaiveVersions model) in _cutOff) Look(map, model);
            foreach ((VersionedSnapshot pinned, NaiveVersions? expected) in _pins)
            {
                if (expected is not null) Equal(expected.History(KeySpan.All), pinned.History(KeySpan.All));
            }
        }

        private void Pin()
        {
            VersionedSnapshot pinned = _map.Pin();
            if (fault == Fault.SnapshotThatMoves) Put(_random.Next(_keys), 0);
            // Copies of a large model take long: a few are enough.
            _pins.Add((pinned, _pins.Count < 100_000 / _keys ? _model.Copy() : null));
        }

        private Key KeyOf(int number) => Key.Of($"key/{number:d6}");

        private void Put(int number, double deletes)
        {
            Key key = KeyOf(number);
            ulong timestamp = Math.Max(_clock, _map.NewestTimestamp(key).Value + 1);
            _clock = Math.Max(_clock, timestamp);
            byte[]? value = _random.Chance(deletes * 0.5) ? null : Encoding.UTF8.GetBytes($"{timestamp}");
            if (fault != Fault.LostWrite || !_random.Chance(0.01)) _map.Put(key, new(timestamp), value);
            _model.Put(key, new(timestamp), value);
        }

        private void CollectGarbage()
        {
            _horizon = Math.Max(_horizon, (ulong)_random.NextInRange((long)_clock / 2, (long)_clock));
            if (fault == Fault.GarbageCollectedTooEarly) _horizon++;
            long dropped = 0;
            do dropped += _map.CollectGarbage(new(_horizon), ref _cursor, 1 + _random.Next(50));
            while (_cursor != Key.Min);
            // The sweep may have begun in the middle.
            do dropped += _map.CollectGarbage(new(_horizon), ref _cursor, 1000);
            while (_cursor != Key.Min);
            if (fault == Fault.GarbageCollectedTooEarly) _horizon--;
            Assert.Equal(_model.CollectGarbage(new(_horizon)), dropped);
        }

        private void Split()
        {
            Key at = _random.Chance(0.5) && _map.TryGetMiddleKey(out Key middle) ? middle : KeyOf(_random.Next(_keys + 1));
            VersionedMap right = _map.SplitOff(at);
            NaiveVersions rightModel = _model.SplitOff(at);
            if (_random.Chance(0.5))
            {
                (_map, right) = (right, _map);
                (_model, rightModel) = (rightModel, _model);
            }

            _cutOff.Add((right, rightModel));
        }

        private void Look(VersionedMap map, NaiveVersions model)
        {
            List<VersionRecord> all = model.History(KeySpan.All);
            Equal(all, map.History(KeySpan.All));
            Assert.Equal(all.Count, map.VersionCount);
            Assert.Equal(model.Keys.Count(), map.Count);
            Assert.Equal(Loaded(all).ApproximateBytes, map.ApproximateBytes);

            KeySpan span = new(KeyOf(_random.Next(_keys)), KeyOf(_random.Next(_keys + 1)));
            Timestamp at = new((ulong)_random.Next((int)_clock + 2));
            Timestamp upTo = new((ulong)_random.Next((int)_clock + 2));
            Equal(model.History(span), map.History(span));
            Equal(model.Scan(span, at), map.Scan(span, at));
            Equal(Enumerable.Reverse(model.Scan(span, at)), map.ScanReverse(span, at));
            Assert.Equal(model.AnyNewer(span, at, upTo), map.AnyNewer(span, at, upTo));
            Assert.Equal(model.Newest(span), map.NewestTimestamp(span));

            Key key = KeyOf(_random.Next(_keys));
            bool found = map.TryGetVersion(key, at, out VersionedValue version);
            Assert.Equal(model.Find(key, at), found ? version : null);
            Assert.Equal(model.Find(key, at) is { Value: not null }, map.TryGet(key, at, out _));
            Assert.Equal(model.Newest(KeySpan.Of(key)), map.NewestTimestamp(key));
        }

        private static VersionedMap Loaded(List<VersionRecord> records)
        {
            var map = new VersionedMap();
            var loader = new VersionedMapLoader(map);
            foreach (VersionRecord record in records) Assert.True(loader.TryAdd(record.Key, record.Timestamp, record.Value));
            loader.Finish();
            Equal(records, map.History(KeySpan.All));
            return map;
        }

        private static void Equal(IEnumerable<VersionRecord> expected, VersionedHistory actual)
        {
            foreach (VersionRecord record in expected)
            {
                Assert.True(actual.MoveNext());
                Assert.Equal(record, actual.Current);
            }

            Assert.False(actual.MoveNext());
        }

        private static void Equal(IEnumerable<VersionedEntry> expected, VersionedScan actual)
        {
            foreach (VersionedEntry entry in expected)
            {
                Assert.True(actual.MoveNext());
                Assert.Equal(entry, actual.Current);
            }

            Assert.False(actual.MoveNext());
        }
    }
}
