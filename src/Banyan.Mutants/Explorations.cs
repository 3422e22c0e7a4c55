using Banyan.Simulator.Exploration;

namespace Banyan.Mutants;

/// <summary>Bounded explorations under which some mutants are sure to show, where a simulation meets them once in a thousand seeds.</summary>
internal static class Explorations
{
    /// <summary>Three members, with nothing and with logs torn by earlier terms.</summary>
    public const string Elections = "exploration of elections";

    /// <summary>A commit over two ranges, and its recovery.</summary>
    public const string Commits = "exploration of commits";

    /// <summary>Whether this names an exploration, not a workload.</summary>
    public static bool Has(string name) => name is Elections or Commits;

    /// <summary>What it finds first; null if nothing.</summary>
    public static string? FirstViolation(string name)
    {
        ExplorationResult[] results = name == Elections
            ? [
                RaftExploration.Run(new() { Timers = 2, Proposals = 0, Crashes = 1, Losses = 0 }),
                RaftExploration.Run(new() { TornLogs = true, OneEntryAMessage = true, Timers = 2, Proposals = 0, Crashes = 1, Losses = 0 }),
            ]
            : [CommitExploration.Run(new())];
        return results.SelectMany(r => r.Violations).FirstOrDefault();
    }
}
