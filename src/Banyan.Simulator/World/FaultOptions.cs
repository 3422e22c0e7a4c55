using Banyan.Primitives;

namespace Banyan.Simulator.World;

/// <summary>What goes wrong in a run, and how fast things are. Times are in microseconds.</summary>
public sealed record FaultOptions
{
    /// <summary>One way between two servers, least.</summary>
    public long DelayMin { get; init; } = 200;

    /// <summary>One way between two servers, most; differences reorder messages.</summary>
    public long DelayMax { get; init; } = 1_000;

    /// <summary>Probability that a message is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Probability that a message comes twice.</summary>
    public double Duplication { get; init; }

    /// <summary>How much later than the first the second copy of a message may come.</summary>
    public long DuplicateDelayMax { get; init; }

    /// <summary>Between two clogs of a link, on average; 0 for none. What is sent into a clog comes all at once when it ends.</summary>
    public long ClogEvery { get; init; }

    /// <summary>How long a clog lasts, at most.</summary>
    public long ClogMax { get; init; } = 500_000;

    /// <summary>A flush, least.</summary>
    public long FlushMin { get; init; } = 100;

    /// <summary>A flush, most.</summary>
    public long FlushMax { get; init; } = 1_000;

    /// <summary>Between two crashes, on average; 0 for none.</summary>
    public long CrashEvery { get; init; }

    /// <summary>Probability that a server dies in the middle of sending: some of a round's messages are out, others not.</summary>
    public double CrashWhileSending { get; init; }

    /// <summary>Probability that a flush fails, which ends the server as a broken disk would.</summary>
    public double FlushFails { get; init; }

    /// <summary>Between two pauses of a server, on average; 0 for none. It handles nothing, then everything that has come meanwhile.</summary>
    public long PauseEvery { get; init; }

    /// <summary>How long a pause lasts, at most.</summary>
    public long PauseMax { get; init; } = 1_000_000;

    /// <summary>How long a crashed server stays away, at most.</summary>
    public long DownMax { get; init; } = 2_000_000;

    /// <summary>Between two partitions, on average; 0 for none.</summary>
    public long PartitionEvery { get; init; }

    /// <summary>How long a partition lasts, at most.</summary>
    public long PartitionMax { get; init; } = 2_000_000;

    /// <summary>How far a server's clock is off, at most, either way.</summary>
    public long ClockOffsetMax { get; init; } = 20_000;

    /// <summary>Between two jumps of a server's clock, on average; 0 for none. It stays as near to the right time as <see cref="ClockOffsetMax"/>.</summary>
    public long ClockJumpEvery { get; init; }

    /// <summary>
    /// Probability that a jump leads beyond the bound (ε) that the cluster was promised. Then reads may be stale; nothing
    /// may be lost, torn or out of order.
    /// </summary>
    public double ClockJumpsTooFar { get; init; }

    /// <summary>Between two cuts of a range, on average; 0 for none.</summary>
    public long SplitEvery { get; init; }

    /// <summary>Between two faults of a game client's connection, on average; 0 for none. It breaks, falls silent, or its client has no network for a while.</summary>
    public long ConnectionFaultEvery { get; init; }

    /// <summary>Between two checkpoints of a server, on average; 0 for none.</summary>
    public long CheckpointEvery { get; init; } = 5_000_000;

    /// <summary>
    /// Whether a server handles all that arrives at the same moment before it sends and flushes, as a busy one does;
    /// else every message is a round of its own.
    /// </summary>
    public bool CoalescesArrivals { get; init; }

    /// <summary>
    /// Disks say "flushed" before they have written anything. No system can stand that: a control that the checkers see
    /// what is lost.
    /// </summary>
    public bool DisksLie { get; init; }

    /// <summary>Nothing goes wrong.</summary>
    public static readonly FaultOptions None = new() { ClockOffsetMax = 0 };

    /// <summary>A mix of its own for each seed: each fault is absent in some runs and frequent in others (swarm testing).</summary>
    public static FaultOptions Swarm(SeededRandom random) => new()
    {
        DelayMin = 50 + random.Next(500),
        DelayMax = 600 + random.Next(random.Chance(0.2) ? 40_000 : 4_000),
        Loss = random.Chance(0.5) ? random.NextDouble() * (random.Chance(0.2) ? 0.3 : 0.15) : 0,
        Duplication = random.Chance(0.5) ? random.NextDouble() * (random.Chance(0.2) ? 0.5 : 0.2) : 0,
        DuplicateDelayMax = random.Chance(0.3) ? random.Next(3_000_000) : 0,
        ClogEvery = random.Chance(0.3) ? 200_000 + random.Next(2_000_000) : 0,
        ClogMax = 50_000 + random.Next(1_500_000),
        FlushMin = 50,
        FlushMax = 100 + random.Next(random.Chance(0.2) ? 50_000 : 3_000),
        CrashEvery = random.Chance(0.6) ? 500_000 + random.Next(4_000_000) : 0,
        CrashWhileSending = random.Chance(0.3) ? random.NextDouble() * 0.0015 : 0,
        FlushFails = random.Chance(0.15) ? random.NextDouble() * 0.002 : 0,
        PauseEvery = random.Chance(0.3) ? 500_000 + random.Next(4_000_000) : 0,
        PauseMax = 20_000 + random.Next(1_500_000),
        DownMax = 200_000 + random.Next(3_000_000),
        PartitionEvery = random.Chance(0.5) ? 500_000 + random.Next(4_000_000) : 0,
        PartitionMax = 200_000 + random.Next(3_000_000),
        ClockOffsetMax = random.Next(45_000),
        ClockJumpEvery = random.Chance(0.3) ? 300_000 + random.Next(3_000_000) : 0,
        ClockJumpsTooFar = random.Chance(0.2) ? 0.3 : 0,
        SplitEvery = random.Chance(0.4) ? 500_000 + random.Next(5_000_000) : 0,
        CheckpointEvery = random.Chance(0.7) ? 500_000 + random.Next(5_000_000) : 0,
        CoalescesArrivals = random.Chance(0.5),
        ConnectionFaultEvery = 8_000_000,
    };

    /// <summary>The same, but with a run of many short lives, many cuts of ranges or clocks as far apart as they may be.</summary>
    public FaultOptions Hastened(SeededRandom random) => this with
    {
        CrashEvery = random.Chance(0.7) ? 200_000 + random.Next(600_000) : CrashEvery,
        DownMax = random.Chance(0.5) ? 2_000 + random.Next(100_000) : DownMax,
        CrashWhileSending = random.Chance(0.3) ? random.NextDouble() * 0.005 : CrashWhileSending,
        SplitEvery = random.Chance(0.4) ? 30_000 + random.Next(300_000) : SplitEvery,
        ClockOffsetMax = random.Chance(0.5) ? 48_000 : ClockOffsetMax,
        DuplicateDelayMax = random.Chance(0.2) ? 3_000_000 : DuplicateDelayMax,
    };
}
