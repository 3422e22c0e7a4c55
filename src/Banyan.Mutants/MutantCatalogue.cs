using Banyan.Simulator.World;

namespace Banyan.Mutants;

/// <summary>All mutants. Each stands in the code under its name, where the line that it breaks is.</summary>
internal static class MutantCatalogue
{
    public static readonly Mutant[] All =
    [
        // Raft
        new("forget-the-vote-on-restart", Explorations.Elections, "append"),
        new("vote-twice", "append"),
        new("vote-for-a-shorter-log", "append"),
        new("vote-though-promised", "append", "register"),
        new("commit-without-a-quorum", "append"),
        new("commit-an-older-term", Explorations.Elections),
        new("append-without-looking-back", "append"),
        new("answer-before-the-flush", "append"),
        // Leases and liveness
        new("withdraw-support-early", "register", "append"),
        new("serve-after-the-lease", "register", "append"),
        new("begin-a-lease-in-the-past", "append"),
        new("lose-the-low-water-mark", "append", "register"),
        // Timestamps
        new("write-below-reads", "append"),
        new("write-below-closed", "append"),
        new("write-below-a-version", "register"),
        new("close-before-the-entry", "append"),
        new("trust-the-clock", "append", "register"),
        new("read-through-intents", "append"),
        new("refresh-always-passes", "append"),
        new("commit-over-changed-reads", "append"),
        // Transactions
        new("overwrite-an-intent", "append"),
        new("stage-above-the-reads", "append"),
        new("stage-a-late-copy-higher", "register", "append"),
        new("answer-before-all-writes", "append", "bank"),
        new("answer-a-moved-attempt-early", "append"),
        new("resolve-before-the-commit-is-explicit", "append"),
        new("abort-a-staging-record", "append"),
        new("recover-without-preventing", Explorations.Commits, "append"),
        new("recover-without-all-writes", "append"),
        new("write-though-prevented", "append"),
        new("end-a-record-twice", "append"),
        new("apply-a-retry-twice", "append", "bank"),
        new("ignore-the-fence", "sets") { Tune = CrashesAndClogs },
        // Ranges
        new("resolve-what-lies-elsewhere", "append", "register"),
        new("cut-a-range-without-its-intents", "append"),
        new("cut-a-range-without-its-clients", "append"),
        new("an-image-without-intents", "append"),
        new("resolve-over-a-gap", "append") { Tune = CutsWhileAway },
        new("fence-half-a-range", "sets") { Tune = CutsAndClogs },
        new("forget-a-vote-in-the-turn-of-a-cut", "append", "sequential") { Tune = CutsAndPauses },
        // The change feed
        new("begin-a-feed-with-the-log", "append"),
        new("tell-a-version-twice", "append"),
        // The tree
        new("move-below-itself", "scene"),
        new("spawn-without-reading-the-name", "scene"),
        new("move-without-attachments", "scene"),
        // Godot clients' sessions
        new("confirm-a-message-on-send", "games"),
        new("overtake-a-lost-message", "games"),
        new("take-a-state-of-anyone", "games"),
        new("change-twice", "games"),
        new("resume-without-memory", "games"),
        new("leave-without-grace", "games"),
        new("despawn-what-was-moved", "games"),
        new("forget-what-goes-along", "games"),
        new("tell-only-once-what-is-taken", "games"),
        new("keep-what-has-gone-out-of-sight", "games-near"),
        new("change-beside-the-next-code", "games-code"),
        new("begin-with-an-old-tree", "games-code"),
        new("confirm-a-call-before-its-changes", "games-code"),
        new("take-a-call-twice", "games-code"),
        new("tell-a-state-once", "games-code"),
        new("keep-calls-for-the-next-start", "games-code"),
        new("change-a-tree-twice", "games-trees"),
        new("answer-before-the-change-is-told", "games-trees"),
    ];

    // What a server has sent arrives after it has died and its client has gone elsewhere, but not so late that it is refused
    // for its timestamp.
    private static FaultOptions CrashesAndClogs(FaultOptions faults) => faults with
    {
        CrashEvery = 100_000,
        DownMax = 100_000,
        ClogEvery = 5_000,
        ClogMax = 150_000,
        PartitionEvery = 0,
        SplitEvery = 0,
        Loss = 0,
        DelayMax = 1_000,
        FlushMax = 1_000,
    };

    // A server that hears late of a cut is asked by a client whose own server has died.
    private static FaultOptions CutsAndClogs(FaultOptions faults) => CrashesAndClogs(faults) with
    {
        SplitEvery = 200_000,
        CrashEvery = 120_000,
        ClogEvery = 40_000,
        ClogMax = 1_000_000,
    };

    // A server comes back after ranges were cut, and hears of one half long before the other.
    private static FaultOptions CutsWhileAway(FaultOptions faults) => CutsAndClogs(faults) with
    {
        CrashEvery = 400_000,
        DownMax = 2_000_000,
        ClogEvery = 30_000,
    };

    // A server that stood still hears of a cut and of an election in the new half in one turn, and dies soon after.
    private static FaultOptions CutsAndPauses(FaultOptions faults) => faults with
    {
        CoalescesArrivals = true,
        SplitEvery = 60_000,
        PauseEvery = 40_000,
        PauseMax = 80_000,
        CrashEvery = 80_000,
        DownMax = 30_000,
        PartitionEvery = 0,
        ClogEvery = 0,
    };
}
