namespace Banyan.Mutants;

/// <summary>A deliberate bug, and the workloads that should see it.</summary>
/// <param name="Name">As in the code: <c>Mutation.Is("...")</c>.</param>
/// <param name="Workloads">Tried in turn, seed by seed.</param>
internal sealed record Mutant(string Name, params string[] Workloads);
