using Banyan.Server.Torture.Processes;

namespace Banyan.Server.Torture.Faults;

/// <summary>The kinds of faults by their names on the command line.</summary>
internal static class FaultCatalogue
{
    public const string Clock = "clock";
    public const string FarClock = "clock-far";
    public const string FullDisk = "disk-full";
    public const string ReadOnlyDisk = "disk-read-only";

    /// <summary>All kinds.</summary>
    public static readonly string[] All =
    [
        "kill", "kill-all", "pause", "one-way", "partition", "leader-split", "freeze", "delay", "slow", "reset", Clock, FarClock, FullDisk, ReadOnlyDisk, "damage",
    ];

    /// <summary>Whether some of these kinds need clocks that can be set.</summary>
    public static bool NeedClocks(IEnumerable<string> kinds) => kinds.Any(k => k is Clock or FarClock);

    /// <summary>Whether some of these kinds need a disk of their own.</summary>
    public static bool NeedSmallDisk(IEnumerable<string> kinds) => kinds.Any(k => k is FullDisk or ReadOnlyDisk);

    /// <summary>Whether a cluster can be befallen by a kind.</summary>
    public static bool IsPossible(string kind, TortureCluster cluster) => kind switch
    {
        Clock or FarClock => cluster.Clocks is not null,
        FullDisk or ReadOnlyDisk => cluster.SmallDisk is not null,
        "one-way" or "partition" or "leader-split" or "freeze" or "delay" or "slow" or "reset" => cluster.Servers.Count > 1,
        _ => true,
    };

    /// <summary>A new fault of a kind.</summary>
    public static Fault Make(string kind) => kind switch
    {
        "kill" => new KillFault(killsAll: false),
        "kill-all" => new KillFault(killsAll: true),
        "pause" => new PauseFault(),
        "one-way" => new OneWayFault(),
        "partition" => new PartitionFault(),
        "leader-split" => new LeaderSplitFault(),
        "freeze" => new FreezeFault(),
        "delay" => new DelayFault(),
        "slow" => new SlowFault(),
        "reset" => new ResetFault(),
        Clock => new ClockFault(isFar: false),
        FarClock => new ClockFault(isFar: true),
        FullDisk => new FullDiskFault(),
        ReadOnlyDisk => new ReadOnlyDiskFault(),
        "damage" => new DamageFault(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such fault"),
    };
}
