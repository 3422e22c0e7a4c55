using Banyan.Simulator.Workloads;

namespace Banyan.Simulator;

/// <summary>Makes a failing run smaller: fewer operations, fewer kinds of faults, as long as it still fails.</summary>
public static class Shrinking
{
    /// <summary>A run that still fails, and why.</summary>
    /// <param name="Operations">That are needed.</param>
    /// <param name="Without">Kinds of faults that are not.</param>
    /// <param name="Verdict">Of the small run.</param>
    public sealed record Result(int Operations, IReadOnlyList<string> Without, Verdict Verdict);

    /// <summary>An attempt, in a line.</summary>
    public static string Tell(IReadOnlyList<string> without, int operations, bool failed) =>
        $"{(failed ? "fails" : "  clean")}: {operations} operations{(without.Count == 0 ? "" : ", without " + string.Join(", ", without))}";

    /// <summary>Shrinks a run; null if it does not fail as it is.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="operations">Of the run.</param>
    /// <param name="workload">Makes its workload.</param>
    /// <param name="options">Of the run; what it is spared already stays spared.</param>
    /// <param name="tried">Told of each attempt: what it is without, its operations, and whether it failed.</param>
    public static Result? Shrink(
        ulong seed, int operations, Func<IWorkload> workload, RunOptions options, Action<IReadOnlyList<string>, int, bool> tried)
    {
        var without = new List<string>(options.Without);
        Verdict? Try(int count, List<string> spared)
        {
            Verdict verdict = Simulation.Run(seed, count, workload(), options with { Without = spared });
            tried(spared, count, verdict.Violations.Count > 0);
            return verdict.Violations.Count > 0 ? verdict : null;
        }

        if (Try(operations, without) is not { } smallest) return null;
        bool isSmaller = true;
        while (isSmaller)
        {
            isSmaller = false;
            foreach (string kind in World.FaultKinds.All)
            {
                if (without.Contains(kind) || Try(operations, [.. without, kind]) is not { } still) continue;
                without.Add(kind);
                (smallest, isSmaller) = (still, true);
            }

            foreach (int fewer in (int[])[operations / 4, operations / 2, operations * 3 / 4, operations - 1])
            {
                if (fewer < 1 || fewer >= operations || Try(fewer, without) is not { } still) continue;
                (operations, smallest, isSmaller) = (fewer, still, true);
                break;
            }
        }

        return new(operations, without, smallest);
    }
}
