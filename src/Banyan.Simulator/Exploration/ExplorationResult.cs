namespace Banyan.Simulator.Exploration;

/// <summary>What an exhaustive exploration came to.</summary>
/// <param name="Name">Of what.</param>
/// <param name="States">Different states seen.</param>
/// <param name="Transitions">Steps tried, those that led to a known state included.</param>
/// <param name="Executions">Steps of the real code that were run: the others repeat one of these.</param>
/// <param name="Depth">Longest path, in steps.</param>
/// <param name="Violations">What must not be, each with the steps that lead there; empty if all is well.</param>
/// <param name="Complete">Whether every state within the bounds was seen.</param>
public sealed record ExplorationResult(
    string Name, long States, long Transitions, long Executions, int Depth, IReadOnlyList<string> Violations, bool Complete)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: {States} states, {Transitions} transitions, {Executions} executions, depth {Depth}, "
        + $"{(Complete ? "complete" : "not complete")}, {Violations.Count} violations";
}
