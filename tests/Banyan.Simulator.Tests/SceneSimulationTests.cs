using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests;

public class SceneSimulationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(21)]
    [InlineData(41)]
    public void The_tree_survives_every_mix_of_faults(ulong first)
    {
        for (ulong seed = first; seed < first + 20; seed++)
        {
            Verdict verdict = Simulation.Run(seed, 120, new SceneWorkload());
            Assert.True(verdict.Violations.Count == 0, $"seed {seed}: {string.Join("; ", verdict.Violations)}");
            Assert.InRange(verdict.Operations, 1, 120);
        }
    }

    [Fact]
    public void Without_faults_every_operation_is_done_or_refused_for_a_reason()
    {
        var workload = new SceneWorkload();
        Verdict verdict = Simulation.Run(7, 400, workload, FaultOptions.None);
        Assert.Empty(verdict.Violations);
        Assert.All(verdict.Outcomes.Keys, kind => Assert.True(kind == "Committed" || kind.StartsWith("GivenUp "), kind));
        Assert.True(verdict.Commits > 50, $"{verdict.Commits} commits");
        Assert.True(workload.Reaps > 5, $"{workload.Reaps} reaps");
        foreach (string refusal in (string[])["NoSuchNode", "DuplicateName", "Cycle", "IsRoot", "BadValue"])
            Assert.Contains("GivenUp " + refusal, verdict.Outcomes.Keys);
    }

    [Fact]
    public void A_seed_replays_to_the_same_trace()
    {
        Verdict first = Simulation.Run(11, 100, new SceneWorkload());
        Verdict again = Simulation.Run(11, 100, new SceneWorkload());
        Verdict other = Simulation.Run(12, 100, new SceneWorkload());
        Assert.Equal(first.TraceHash, again.TraceHash);
        Assert.Equal(first.Events, again.Events);
        Assert.NotEqual(first.TraceHash, other.TraceHash);
    }
}
