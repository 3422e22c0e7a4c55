using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;

namespace Banyan.Raft.Tests.Simulation;

/// <summary>A checker that nothing can fail proves nothing: each broken host must be caught, by what its cluster does.</summary>
public sealed class NegativeControlTests
{
    [Theory]
    [InlineData(nameof(ClusterFaults.ForgetsVote), false, false, "one vote a term")]
    [InlineData(nameof(ClusterFaults.AcknowledgesBeforeFlush), false, true, "leader completeness")]
    [InlineData(nameof(ClusterFaults.AcknowledgesBeforeFlush), false, false, "acknowledged is durable")]
    [InlineData(nameof(ClusterFaults.AcknowledgesBeforeFlush), true, false, "acknowledged is durable")]
    [InlineData(nameof(ClusterFaults.LosesLastEntry), false, true, "leader completeness")]
    [InlineData(nameof(ClusterFaults.LosesLastEntry), true, true, "leader completeness")]
    [InlineData(nameof(ClusterFaults.VotesBeforeFlush), false, false, "vote is durable before it is told")]
    [InlineData(nameof(ClusterFaults.WithdrawsSupportEarly), true, true, "leases disjoint")]
    public void A_broken_host_is_caught(string fault, bool liveness, bool consequencesOnly, string claim)
    {
        var faults = Enum.Parse<ClusterFaults>(fault);
        List<string> caught = [];
        for (ulong seed = 1; seed <= 2000; seed++)
        {
            try
            {
                new RaftSimulation(seed, new() { Liveness = liveness, Faults = faults, ConsequencesOnly = consequencesOnly }).Run();
            }
            catch (RaftViolation e)
            {
                caught.Add(e.Claim);
                if (e.Claim == claim) return;
            }
            catch (InvariantViolation e)
            {
                // The code's own assertions may be the first to notice.
                caught.Add(e.Message);
            }
        }

        Assert.Fail($"{faults} was never caught as '{claim}', only as: {string.Join(", ", caught.Distinct())}");
    }
}
