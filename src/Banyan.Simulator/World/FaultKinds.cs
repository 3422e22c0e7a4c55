namespace Banyan.Simulator.World;

/// <summary>The kinds of faults that a run can be spared, one by one: how a failing run is made small.</summary>
public static class FaultKinds
{
    /// <summary>Rare ways in the code under test (<see cref="SimulatedProbes"/>).</summary>
    public const string Probes = "probes";

    /// <summary>The stores' knobs as in production.</summary>
    public const string Knobs = "knobs";

    private static readonly SortedDictionary<string, Func<FaultOptions, FaultOptions>> _spared = new(StringComparer.Ordinal)
    {
        ["checkpoints"] = f => f with { CheckpointEvery = 0 },
        ["clocks"] = f => f with { ClockJumpEvery = 0, ClockOffsetMax = 0 },
        ["clogs"] = f => f with { ClogEvery = 0 },
        ["connections"] = f => f with { ConnectionFaultEvery = 0 },
        ["crashes"] = f => f with { CrashEvery = 0, CrashWhileSending = 0, FlushFails = 0 },
        ["duplicates"] = f => f with { Duplication = 0 },
        [Knobs] = f => f,
        ["loss"] = f => f with { Loss = 0 },
        ["partitions"] = f => f with { PartitionEvery = 0 },
        ["pauses"] = f => f with { PauseEvery = 0 },
        [Probes] = f => f,
        ["slow-flushes"] = f => f with { FlushMax = Math.Min(f.FlushMax, 200) },
        ["slow-network"] = f => f with { DelayMax = Math.Min(f.DelayMax, f.DelayMin + 200) },
        ["splits"] = f => f with { SplitEvery = 0 },
    };

    /// <summary>All kinds, in order.</summary>
    public static IReadOnlyCollection<string> All => _spared.Keys;

    /// <summary>The same faults without some kinds.</summary>
    public static FaultOptions Without(FaultOptions faults, IEnumerable<string> kinds)
    {
        foreach (string kind in kinds) faults = _spared[kind](faults);
        return faults;
    }
}
