using Banyan.Simulator.Exploration;

namespace Banyan.Simulator.Tests.Exploration;

public sealed class CommitExplorationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ReaderKeys.Anchor, false)]
    [InlineData(ReaderKeys.Other, false)]
    [InlineData(ReaderKeys.Anchor, true)]
    [InlineData(ReaderKeys.Other, true)]
    public void Whoever_crashes_and_recovers_in_whatever_order_a_commit_is_whole(ReaderKeys reads, bool hasConditions)
    {
        ExplorationResult result = Run(new() { Reads = reads, HasConditions = hasConditions });
        Assert.Empty(result.Violations);
        Assert.True(result.Complete);
        Assert.True(result.States > 2_000, "not everything is the same state");
    }

    [Fact]
    public void Recovery_that_does_not_prevent_is_found_out() =>
        AssertFound("implicitly committed is never aborted", new() { RecoversWithoutPreventing = true });

    [Fact]
    public void A_coordinator_that_resolves_before_the_commit_is_explicit_is_found_out() =>
        AssertFound("a version without a commit", new() { ResolvesTooEarly = true });

    [Fact]
    public void A_bound_on_the_states_is_no_proof()
    {
        ExplorationResult result = Run(new() { StatesMax = 100 });
        Assert.False(result.Complete);
    }

    private void AssertFound(string claim, CommitExplorationOptions options)
    {
        string violation = Assert.Single(Run(options).Violations);
        output.WriteLine(violation);
        Assert.StartsWith(claim, violation);
    }

    private ExplorationResult Run(CommitExplorationOptions options)
    {
        ExplorationResult result = CommitExploration.Run(options);
        output.WriteLine(result.ToString());
        return result;
    }
}
