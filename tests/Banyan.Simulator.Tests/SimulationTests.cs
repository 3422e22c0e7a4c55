using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests;

public class SimulationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(21)]
    [InlineData(41)]
    public void Appends_survive_every_mix_of_faults(ulong first)
    {
        for (ulong seed = first; seed < first + 20; seed++)
        {
            Verdict verdict = Simulation.Run(seed, 150, new AppendWorkload());
            Assert.True(verdict.Violations.Count == 0, $"seed {seed}: {string.Join("; ", verdict.Violations)}");
            Assert.InRange(verdict.Operations, 1, 150);
        }
    }

    // Each of these once found a bug: two that pushed each other up forever (185, 276, 302), a record that could never
    // be staged below closed time (256), a leadership that could not be handed over in a slow network (235, 190), a
    // scan that met a gap in the directory (175).
    [Theory]
    [InlineData(175)]
    [InlineData(185)]
    [InlineData(190)]
    [InlineData(235)]
    [InlineData(256)]
    [InlineData(276)]
    [InlineData(302)]
    public void Seeds_that_found_a_bug_stay_clean(ulong seed) =>
        Assert.Empty(Simulation.Run(seed, 200, new AppendWorkload()).Violations);

    [Fact]
    public void Without_faults_every_transaction_commits()
    {
        Verdict verdict = Simulation.Run(7, 300, new AppendWorkload(), FaultOptions.None);
        Assert.Empty(verdict.Violations);
        Assert.Equal(300, verdict.Commits);
    }

    [Fact]
    public void A_seed_replays_to_the_same_trace()
    {
        Verdict first = Simulation.Run(11, 100, new AppendWorkload());
        Verdict again = Simulation.Run(11, 100, new AppendWorkload());
        Verdict other = Simulation.Run(12, 100, new AppendWorkload());
        Assert.Equal(first.TraceHash, again.TraceHash);
        Assert.Equal(first.Events, again.Events);
        Assert.NotEqual(first.TraceHash, other.TraceHash);
    }

    [Fact]
    public void A_run_has_as_many_servers_as_it_is_told()
    {
        int servers = 0;
        Verdict four = Simulation.Run(11, 60, new AppendWorkload(), new RunOptions { Servers = 4, Watch = c => servers = c.ServerIds.Length });
        Assert.Equal(4, servers);
        Assert.Empty(four.Violations);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void To_be_told_what_the_seed_says_anyway_changes_nothing(ulong seed)
    {
        int servers = 0;
        Verdict left = Simulation.Run(seed, 60, new AppendWorkload(), new RunOptions { Watch = c => servers = c.ServerIds.Length });
        Verdict told = Simulation.Run(seed, 60, new AppendWorkload(), new RunOptions { Servers = servers });
        Assert.Equal(left.TraceHash, told.TraceHash);
    }

    [Theory]
    [InlineData("append", 10, 200)]
    [InlineData("scene", 5, 120)]
    public void Disks_that_lie_are_found_out(string workload, ulong seeds, int operations)
    {
        var lying = new FaultOptions
        {
            DisksLie = true,
            FlushMin = 5_000,
            FlushMax = 50_000,
            CrashEvery = 300_000,
            DownMax = 200_000,
        };
        int caught = 0;
        for (ulong seed = 1; seed <= seeds; seed++)
        {
            if (Simulation.Run(seed, operations, WorkloadCatalogue.TryMake(workload)!, lying).Violations.Count > 0) caught++;
        }

        Assert.True(caught > 0, "no run noticed that what was acknowledged is lost");
    }
}
