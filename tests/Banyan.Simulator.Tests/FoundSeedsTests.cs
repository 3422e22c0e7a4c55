using Banyan.Simulator.Workloads;

namespace Banyan.Simulator.Tests;

/// <summary>Runs that once showed a bug in the core. What each of them showed stands beside it.</summary>
public class FoundSeedsTests
{
    [Theory]
    [InlineData("bank", 1, 120)] // a scan within the clocks' uncertainty pushed all clocks ahead
    [InlineData("register", 9, 120)] // a late copy moved a staging record that was committed as it stood
    [InlineData("register", 10, 120)] // a late copy was answered with its own timestamp, not the first one's
    [InlineData("register", 30, 150)] // a resent command failed on a condition because of its own intents
    [InlineData("sequential", 2, 120)] // a restarted follower was not told again what is committed
    [InlineData("sequential", 17, 150)] // as register 9
    [InlineData("append", 1187, 150)] // a snapshot of a left half left a gap, over which the feed went on
    [InlineData("append", 1153, 150)] // a push whose resolution found no room in the log was tried again at once, for ever
    [InlineData("append", 1036, 150)] // waiting pushes turned the recovery away that they waited for
    [InlineData("append", 98, 150)] // pushes that waited when a lease began counted as waiting for good
    [InlineData("append", 2066, 120)] // a coordinator that came late took a forgotten commit for an abort
    [InlineData("append", 2991, 120)] // a late answer of a former life hid that a follower lacked the last commit
    [InlineData("register", 26, 150)] // a copy of a commit that came too late was refused, and its transaction run again
    [InlineData("register", 2643, 120)] // a run was taken to be at rest while nobody led
    [InlineData("append", 387, 200)] // requests sent again and again kept a slow range from ever answering
    [InlineData("list-append", 2138, 120)] // heartbeats sent before the last was answered filled the log
    [InlineData("monotonic", 8489, 120)] // whoever waited for a transaction kept its own refresh out
    [InlineData("bank", 8712, 120)] // a transfer was taken for another that looked just like it
    [InlineData("sequential", 15723, 120)] // a vote cast in the turn in which a split came was never written
    [InlineData("games", 1, 100)] // a state that came after its synchronizer had gone was kept for ever
    [InlineData("games", 2, 100)] // a node that was named after the one before was taken for it
    [InlineData("games", 3, 100)] // a join that committed after its gateway had restarted left a peer for ever
    [InlineData("games", 16, 100)] // a stock client went on with a spawn of which nobody knew what had become of it
    [InlineData("games", 17, 100)] // a spawn that came again was refused because of what it had done itself
    [InlineData("games", 18, 100)] // a client that lost a node of its own forgot those of the same number
    [InlineData("games", 26, 100)] // whoever resumed elsewhere met a peer again that was said to have gone
    [InlineData("games", 38, 100)] // a despawn that came again meant nothing to the next gateway
    [InlineData("games", 146, 100)] // a change over two ranges whose answer the client had was tried again and again
    [InlineData("games-near", 124, 100)] // an old connection that became idle late undid the leaving of the one after it
    [InlineData("games-near", 139, 150)] // a gateway that hung took a spawn for refused that the client's next gateway had made
    [InlineData("games-near", 207, 150)] // a call to a peer that had just gone out of sight meant nothing to the next gateway
    [InlineData("games-code", 1, 100)] // an answer of the game's code to a stock client overtook a later one
    [InlineData("games-code", 3, 100)] // a state that the code had set never came to a server that had started since
    [InlineData("games-code", 109, 100)] // a call that waited for the code was kept for its next start, which was told it twice
    [InlineData("games-code", 896, 100)] // a server that had just taken over the code told itself what had arrived
    public void What_was_found_once_stays_mended(string workload, ulong seed, int operations)
    {
        Verdict verdict = Simulation.Run(seed, operations, WorkloadCatalogue.TryMake(workload)!, new RunOptions());
        Assert.True(verdict.Violations.Count == 0, string.Join("; ", verdict.Violations));
    }

    [Fact]
    public void A_run_tells_which_faults_and_rare_states_it_has_seen()
    {
        var faults = new SortedSet<string>();
        var states = new SortedSet<string>();
        for (ulong seed = 1; seed <= 12; seed++)
        {
            Verdict verdict = Simulation.Run(seed, 60, new AppendWorkload(), new RunOptions());
            faults.UnionWith(verdict.Faults.Where(f => f.Value > 0).Select(f => f.Key));
            states.UnionWith(verdict.Sometimes.Keys);
        }

        Assert.Superset(new SortedSet<string> { "crashes", "partitions", "lostMessages", "duplicatedMessages", "cloggedMessages", "pauses", "clockJumps" }, faults);
        Assert.Contains(faults, f => f.StartsWith("buggify: ", StringComparison.Ordinal));
        Assert.Superset(new SortedSet<string> { "a lease begins", "reads are refreshed", "a recovery ends in Committed" }, states);
    }

    [Fact]
    public void A_run_is_spared_the_kinds_of_faults_that_it_is_told_to_be()
    {
        Verdict verdict = Simulation.Run(2, 60, new AppendWorkload(), new RunOptions { Without = ["crashes", "loss", "partitions", "probes"] });
        Assert.Empty(verdict.Violations);
        Assert.Equal(0, verdict.Faults["crashes"]);
        Assert.Equal(0, verdict.Faults["lostMessages"]);
        Assert.Equal(0, verdict.Faults["partitions"]);
        Assert.DoesNotContain(verdict.Faults.Keys, f => f.StartsWith("buggify: ", StringComparison.Ordinal));
    }
}
