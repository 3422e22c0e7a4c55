using Banyan.Bench.Load;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture.Load;

/// <summary>How many operations, how they ended, and how long the good ones took. Thread-safe.</summary>
internal sealed class LoadTotals
{
    private readonly Lock _gate = new();
    private readonly LatencyHistogram _latencies = new();
    private readonly SortedDictionary<string, long> _kinds = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _failures = new(StringComparer.Ordinal);
    private readonly long[] _outcomes = new long[3];

    public long Operations
    {
        get
        {
            lock (_gate) return _outcomes[0] + _outcomes[1] + _outcomes[2];
        }
    }

    public long Of(OperationOutcome outcome)
    {
        lock (_gate) return _outcomes[(int)outcome];
    }

    /// <summary>Operations by kind.</summary>
    public IReadOnlyDictionary<string, long> Kinds
    {
        get
        {
            lock (_gate) return new SortedDictionary<string, long>(_kinds, StringComparer.Ordinal);
        }
    }

    /// <summary>Why operations failed or stayed unknown, the most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Failures
    {
        get
        {
            lock (_gate) return [.. _failures.OrderByDescending(f => f.Value).Take(12)];
        }
    }

    public double LatencyMs(double share)
    {
        lock (_gate) return Math.Round(_latencies.Quantile(share) / 1e6, 2);
    }

    public double LatencyMaxMs
    {
        get
        {
            lock (_gate) return Math.Round(_latencies.MaxNanoseconds / 1e6, 2);
        }
    }

    public void Add(string kind, OperationOutcome outcome, long microseconds, string? why)
    {
        lock (_gate)
        {
            _outcomes[(int)outcome]++;
            _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
            if (outcome == OperationOutcome.Ok) _latencies.Record(microseconds * 1000);
            if (why is null) return;
            string reason = $"{kind}: {(why.Length <= 80 ? why : why[..80] + "…")}";
            if (_failures.Count < 200 || _failures.ContainsKey(reason)) _failures[reason] = _failures.GetValueOrDefault(reason) + 1;
        }
    }
}
