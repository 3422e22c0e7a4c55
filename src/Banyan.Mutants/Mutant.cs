namespace Banyan.Mutants;

/// <summary>A deliberate bug, and what should see it.</summary>
/// <param name="Name">As in the code: <c>Mutation.Is("...")</c>.</param>
/// <param name="Workloads">Workloads of the simulator, tried in turn, seed by seed; an exploration comes first and once.</param>
internal sealed record Mutant(string Name, params string[] Workloads);
