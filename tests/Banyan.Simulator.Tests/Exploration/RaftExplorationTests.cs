using System.Reflection;
using Banyan.Raft;
using Banyan.Simulator.Exploration;

namespace Banyan.Simulator.Tests.Exploration;

public sealed class RaftExplorationTests(ITestOutputHelper output)
{
    [Fact]
    public void One_election_two_entries_a_crash_and_a_loss() => AssertHolds(new() { Timers = 1, Proposals = 2, Crashes = 1, Losses = 1 });

    [Fact]
    public void One_election_an_entry_and_a_crash_in_any_order_of_messages() =>
        AssertHolds(new() { Timers = 1, Proposals = 1, Crashes = 1, Losses = 0, Reorders = true });

    [Fact]
    public void Two_candidates_at_once() => AssertHolds(new() { Timers = 2, Proposals = 0, Crashes = 0, Losses = 0 });

    [Fact]
    public void Two_elections_over_torn_logs() =>
        AssertHolds(new() { TornLogs = true, OneEntryAMessage = true, Timers = 2, Proposals = 0, Crashes = 0, Losses = 0 });

    [Fact]
    public void A_voter_alone_with_one_that_learns() =>
        AssertHolds(new() { OneVoter = true, Timers = 2, Proposals = 2, Crashes = 1, Losses = 0, Reorders = true });

    [Fact]
    public void A_voter_that_leads_before_its_own_vote_is_flushed_is_found_out() =>
        AssertFound("m.Index <= _log.LastIndex", new() { OneVoter = true, Timers = 2, Proposals = 2, Crashes = 1, Losses = 0, Reorders = true, LeadsBeforeFlush = true });

    [Fact]
    public void A_member_that_forgets_its_vote_is_found_out() =>
        AssertFound("one leader a term", new() { Timers = 2, Proposals = 0, Losses = 0, ForgetsVote = true });

    [Fact]
    public void A_member_that_acknowledges_before_the_flush_is_found_out() =>
        AssertFound("leader completeness", new() { Timers = 2, Proposals = 1, Losses = 0, AcknowledgesBeforeFlush = true });

    [Fact]
    public void A_member_that_loses_what_it_flushed_is_found_out() =>
        AssertFound("leader completeness", new() { Timers = 2, Proposals = 2, Losses = 0, LosesLastEntry = true });

    [Fact]
    public void Two_explorations_see_the_same()
    {
        var options = new RaftExplorationOptions { Timers = 1, Proposals = 1, Crashes = 0 };
        Assert.Equal(Run(options) with { Violations = [] }, Run(options) with { Violations = [] });
    }

    [Fact]
    public void No_field_of_a_group_is_forgotten_in_the_comparison_of_states()
    {
        IEnumerable<string> fields = typeof(RaftGroup).GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Select(f => f.Name);
        Assert.Equal(GroupEncoding.Fields.Keys, fields.Order(StringComparer.Ordinal));
    }

    private void AssertHolds(RaftExplorationOptions options)
    {
        ExplorationResult result = Run(options);
        Assert.Empty(result.Violations);
        Assert.True(result.Complete);
        Assert.True(result.States > 10_000, "not everything is the same state");
    }

    private void AssertFound(string claim, RaftExplorationOptions options)
    {
        ExplorationResult result = Run(options);
        string violation = Assert.Single(result.Violations);
        output.WriteLine(violation);
        Assert.Contains(claim, violation);
    }

    private ExplorationResult Run(RaftExplorationOptions options)
    {
        ExplorationResult result = RaftExploration.Run(options);
        output.WriteLine(result.ToString());
        return result;
    }
}
