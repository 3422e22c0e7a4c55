namespace Banyan.Simulator;

/// <summary>What became of one run.</summary>
/// <param name="Seed">Replays it.</param>
/// <param name="Operations">With an outcome.</param>
/// <param name="Commits">Of these.</param>
/// <param name="Violations">What must not be; empty if all is well.</param>
/// <param name="TraceHash">Over every message; equal in every run of a seed.</param>
/// <param name="SimulatedMicroseconds">How long the cluster ran.</param>
/// <param name="Events">That happened in this time.</param>
/// <param name="Outcomes">How often each came.</param>
/// <param name="Faults">How often each kind happened, rare ways of the code under test included.</param>
/// <param name="Sometimes">How often each state was reached that is worth reaching.</param>
public sealed record Verdict(
    ulong Seed, int Operations, int Commits, IReadOnlyList<string> Violations, ulong TraceHash, long SimulatedMicroseconds,
    long Events, IReadOnlyDictionary<string, int> Outcomes, IReadOnlyDictionary<string, long> Faults,
    IReadOnlyDictionary<string, long> Sometimes);
