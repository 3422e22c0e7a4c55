namespace Banyan.Bench.Failover;

/// <summary>
/// When, after a kill, writes go on: for each range that the dead server led, the first write that was begun after the
/// kill and then acknowledged. Thread-safe.
/// </summary>
/// <param name="ranges">Ranges of the world, counted from 0.</param>
public sealed class FailoverWrites(int ranges)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<int> _missing = [];
    private readonly double?[] _firstMs = new double?[ranges];
    private long _killedAt = long.MaxValue;
    private TaskCompletionSource _allBack = Settled();

    /// <summary>A server is being killed.</summary>
    /// <param name="now">Ticks of a clock that also times the writes.</param>
    /// <param name="led">The ranges that it leads.</param>
    public void OnKill(long now, IEnumerable<int> led)
    {
        lock (_gate)
        {
            _killedAt = now;
            _missing.Clear();
            _missing.UnionWith(led);
            Array.Clear(_firstMs);
            _allBack = _missing.Count == 0 ? Settled() : new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>A write on a range was acknowledged.</summary>
    /// <param name="range">Counted from 0.</param>
    /// <param name="began">When it was begun.</param>
    /// <param name="sinceKill">From the kill, whose time is given, to now.</param>
    public void OnAcknowledged(int range, long began, Func<long, TimeSpan> sinceKill)
    {
        lock (_gate)
        {
            if (began < _killedAt || !_missing.Remove(range)) return;
            _firstMs[range] = sinceKill(_killedAt).TotalMilliseconds;
            if (_missing.Count == 0) _allBack.TrySetResult();
        }
    }

    /// <summary>Ends when every range that the dead server led has been written to.</summary>
    public Task AllBack
    {
        get
        {
            lock (_gate) return _allBack.Task;
        }
    }

    /// <summary>The ranges that are not back yet.</summary>
    public IReadOnlyList<int> Missing
    {
        get
        {
            lock (_gate) return [.. _missing];
        }
    }

    /// <summary>Milliseconds from the kill, by range, of those that the dead server led and that are back.</summary>
    public SortedDictionary<int, double> FirstMs
    {
        get
        {
            lock (_gate)
            {
                var all = new SortedDictionary<int, double>();
                for (int i = 0; i < _firstMs.Length; i++)
                {
                    if (_firstMs[i] is { } ms) all.Add(i, ms);
                }

                return all;
            }
        }
    }

    private static TaskCompletionSource Settled()
    {
        var settled = new TaskCompletionSource();
        settled.SetResult();
        return settled;
    }
}
