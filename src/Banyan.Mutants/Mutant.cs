using Banyan.Simulator.World;

namespace Banyan.Mutants;

/// <summary>A deliberate bug, and what should see it.</summary>
/// <param name="Name">As in the code: <c>Mutation.Is("...")</c>.</param>
/// <param name="Workloads">Workloads of the simulator, tried in turn, seed by seed; an exploration comes first and once.</param>
internal sealed record Mutant(string Name, params string[] Workloads)
{
    /// <summary>Makes the faults frequent that bring the bug about, where a run of any kind meets it once in a thousand seeds.</summary>
    public Func<FaultOptions, FaultOptions>? Tune { get; init; }
}
