using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Leases;

/// <summary>
/// Up to which timestamp the leaseholder has served reads, by key and span: no write may go at or below it.
/// </summary>
/// <remarks>
/// Two generations of bounded size. When the young one is full, the old one is dropped and the low-water mark rises to
/// the highest timestamp in it: forgetting only ever pushes writes up. A new lease starts with its own start as the
/// low-water mark, which stands for all that earlier leaseholders have served (trap 12).
/// </remarks>
public sealed class TimestampCache
{
    private const int KeysMax = 8192;
    private const int SpansMax = 64;

    private Generation _young = new();
    private Generation _old = new();

    private readonly record struct Served(Timestamp Timestamp, TransactionId Reader);

    private sealed class Generation
    {
        public readonly Dictionary<Key, Served> Keys = [];
        public readonly List<(KeySpan Span, Served Served)> Spans = [];
        public Timestamp Highest;

        public void Clear()
        {
            Keys.Clear();
            Spans.Clear();
            Highest = Timestamp.Zero;
        }
    }

    /// <summary>Everything was served up to here.</summary>
    public Timestamp LowWater { get; private set; }

    /// <summary>Raises the low-water mark.</summary>
    public void RaiseLowWater(Timestamp timestamp) => LowWater = Timestamp.Max(LowWater, timestamp);

    /// <summary>Notes that a key was read. A read without a transaction, or of two, spares nobody.</summary>
    public void Add(Key key, Timestamp timestamp, TransactionId reader)
    {
        if (timestamp <= LowWater) return;
        if (_young.Keys.TryGetValue(key, out Served before))
        {
            if (before.Timestamp > timestamp) return;
            if (before.Timestamp == timestamp && before.Reader != reader) reader = TransactionId.None;
        }

        _young.Keys[key] = new(timestamp, reader);
        _young.Highest = Timestamp.Max(_young.Highest, timestamp);
        if (_young.Keys.Count >= KeysMax) Rotate();
    }

    /// <summary>Notes that a span was read.</summary>
    public void Add(KeySpan span, Timestamp timestamp, TransactionId reader)
    {
        if (timestamp <= LowWater) return;
        if (span.End.Length == span.Start.Length + 1 && span.End == span.Start.Next)
        {
            Add(span.Start, timestamp, reader);
            return;
        }

        _young.Spans.Add((span, new(timestamp, reader)));
        _young.Highest = Timestamp.Max(_young.Highest, timestamp);
        if (_young.Spans.Count >= SpansMax) Rotate();
    }

    /// <summary>A write of a key by a transaction must go above this; its own reads do not count.</summary>
    public Timestamp Floor(Key key, TransactionId writer) =>
        Timestamp.Max(LowWater, Timestamp.Max(Floor(_young, key, writer), Floor(_old, key, writer)));

    private static Timestamp Floor(Generation generation, Key key, TransactionId writer)
    {
        Timestamp floor = Timestamp.Zero;
        if (generation.Keys.TryGetValue(key, out Served served)) floor = Counted(served, writer);
        foreach ((KeySpan span, Served spanServed) in generation.Spans)
        {
            if (span.Contains(key)) floor = Timestamp.Max(floor, Counted(spanServed, writer));
        }

        return floor;
    }

    // A transaction writes at or above its own reads anyway: just below them is floor enough.
    private static Timestamp Counted(Served served, TransactionId writer) =>
        !writer.IsNone && served.Reader == writer ? served.Timestamp.Previous : served.Timestamp;

    private void Rotate()
    {
        RaiseLowWater(_old.Highest);
        (_young, _old) = (_old, _young);
        _young.Clear();
    }
}
