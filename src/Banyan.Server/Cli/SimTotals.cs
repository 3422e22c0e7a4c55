using System.Diagnostics;
using System.Text.Json;
using Banyan.Simulator;

namespace Banyan.Server.Cli;

/// <summary>What many runs came to together. Runs may be added from any thread.</summary>
internal sealed class SimTotals
{
    private readonly Lock _gate = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly SortedDictionary<string, long> _faults = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _sometimes = new(StringComparer.Ordinal);
    private readonly SortedSet<ulong> _failed = [];
    private long _seeds;
    private long _operations;
    private long _simulated;

    /// <summary>Of all runs.</summary>
    public long Violations { get; private set; }

    public void Add(Verdict verdict)
    {
        lock (_gate)
        {
            _seeds++;
            _operations += verdict.Operations;
            _simulated += verdict.SimulatedMicroseconds;
            Violations += verdict.Violations.Count;
            if (verdict.Violations.Count > 0) _failed.Add(verdict.Seed);
            foreach ((string kind, long count) in verdict.Faults) _faults[kind] = _faults.GetValueOrDefault(kind) + count;
            foreach ((string state, long count) in verdict.Sometimes) _sometimes[state] = _sometimes.GetValueOrDefault(state) + count;
        }
    }

    public void Write(bool json)
    {
        double speed = _simulated / 1e6 / Stopwatch.GetElapsedTime(_started).TotalSeconds;
        if (!json)
        {
            Console.WriteLine($"{_seeds} seeds, {_operations} operations, {Violations} violations, {speed:F0} simulated seconds a second");
            return;
        }

        JsonOutput.WriteObject(w =>
        {
            w.WriteNumber("seeds", _seeds);
            w.WriteNumber("operations", _operations);
            w.WriteNumber("violations", Violations);
            w.WriteStartArray("failedSeeds");
            foreach (ulong seed in _failed) w.WriteNumberValue(seed);
            w.WriteEndArray();
            WriteCounts(w, "faults", _faults);
            WriteCounts(w, "sometimes", _sometimes);
            w.WriteNumber("simulatedSecondsPerSecond", Math.Round(speed, 1));
        });
    }

    public static void WriteCounts(Utf8JsonWriter w, string name, IReadOnlyDictionary<string, long> counts)
    {
        w.WriteStartObject(name);
        foreach ((string kind, long count) in counts) w.WriteNumber(kind, count);
        w.WriteEndObject();
    }
}
