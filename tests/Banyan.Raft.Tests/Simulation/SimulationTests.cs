using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;

namespace Banyan.Raft.Tests.Simulation;

public sealed class SimulationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cluster_under_faults_is_always_safe_and_agrees_when_they_end(bool liveness)
    {
        (int elections, ulong committed) = (0, 0);
        for (ulong seed = 1; seed <= 400; seed++)
        {
            var simulation = new RaftSimulation(seed, new() { Liveness = liveness });
            try
            {
                simulation.Run();
            }
            catch (Exception e) when (e is RaftViolation or InvariantViolation)
            {
                Assert.Fail($"seed {seed}, liveness {liveness}: {e}");
            }

            elections += simulation.Elections;
            committed += simulation.Committed.Value;
        }

        // The faults must bite, and not so much that nothing happens.
        Assert.True(elections > 900, $"{elections} elections");
        Assert.True(committed > 10_000, $"{committed} entries");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_seed_replays_bit_for_bit(bool liveness)
    {
        ulong Run(ulong seed) => new RaftSimulation(seed, new() { Liveness = liveness }).Run();
        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));
    }
}
