namespace Banyan.Simulator.Exploration;

/// <summary>What there is to explore, by name: each is complete within its bounds in seconds.</summary>
public static class ExplorationCatalogue
{
    /// <summary>Names, what each goes through, and how to run it.</summary>
    public static readonly IReadOnlyList<(string Name, string What, Func<ExplorationResult> Run)> All =
    [
        ("election", "three members, an election, two entries, a crash, a lost message", static () => RaftExploration.Run()),
        ("election-any-order", "an election, an entry, a crash; any message may overtake any other, or be lost",
            static () => RaftExploration.Run(new() { Proposals = 1, Losses = 0, Reorders = true })),
        ("two-candidates", "two election timers at any moments", static () => RaftExploration.Run(new() { Timers = 2, Proposals = 0, Crashes = 0, Losses = 0 })),
        ("torn-logs", "two elections and a crash over logs that earlier terms have torn",
            static () => RaftExploration.Run(new() { TornLogs = true, OneEntryAMessage = true, Timers = 2, Proposals = 0, Losses = 0 })),
        ("one-voter", "a voter alone with one that learns: two elections, two entries, a crash; any order of messages",
            static () => RaftExploration.Run(new() { OneVoter = true, Timers = 2, Proposals = 2, Crashes = 1, Losses = 0, Reorders = true })),
        ("commit", "a commit over two ranges, its coordinator may die at any step, a reader recovers what it meets at the record",
            static () => CommitExploration.Run()),
        ("commit-read-other", "the same, the reader meets the other range's intent", static () => CommitExploration.Run(new() { Reads = ReaderKeys.Other })),
        ("commit-conditions", "a commit that must not move without asking", static () => CommitExploration.Run(new() { HasConditions = true })),
        ("commit-conditions-read-other", "the same, the reader meets the other range's intent",
            static () => CommitExploration.Run(new() { Reads = ReaderKeys.Other, HasConditions = true })),
    ];
}
