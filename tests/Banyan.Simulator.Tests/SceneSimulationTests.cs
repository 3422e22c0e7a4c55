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
        // In some worlds nothing gets done in time; not in all of them.
        long operations = 0;
        for (ulong seed = first; seed < first + 20; seed++)
        {
            Verdict verdict = Simulation.Run(seed, 120, new SceneWorkload());
            Assert.True(verdict.Violations.Count == 0, $"seed {seed}: {string.Join("; ", verdict.Violations)}");
            operations += verdict.Operations;
        }

        Assert.InRange(operations, 20 * 60, 20 * 120);
    }

    [Fact]
    public void Without_faults_every_operation_is_done_or_refused_for_a_reason()
    {
        // What a single seed does to its tree is its own: one that deletes much has little left to change.
        var outcomes = new SortedDictionary<string, int>();
        long commits = 0, restarts = 0, reaps = 0;
        for (ulong seed = 7; seed < 10; seed++)
        {
            var workload = new SceneWorkload();
            SimulatedCluster? cluster = null;
            Verdict verdict = Simulation.Run(seed, 400, workload, FaultOptions.None, c => cluster = c);
            Assert.Empty(verdict.Violations);
            foreach ((string kind, int count) in verdict.Outcomes) outcomes[kind] = outcomes.GetValueOrDefault(kind) + count;
            commits += verdict.Commits;
            restarts += cluster!.Servers.Sum(s => s.Store!.Coordinator.Restarts);
            reaps += workload.Reaps;
        }

        Assert.All(outcomes.Keys, kind => Assert.True(kind == "Committed" || kind.StartsWith("GivenUp "), kind));
        Assert.True(commits > 200, $"{commits} commits: {string.Join(", ", outcomes)}");
        Assert.True(restarts > 50, $"{restarts} transactions met another");
        Assert.True(reaps > 10, $"{reaps} reaps");
        foreach (string refusal in (string[])["NoSuchNode", "DuplicateName", "Cycle", "IsRoot", "BadValue"])
            Assert.Contains("GivenUp " + refusal, outcomes.Keys);
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
