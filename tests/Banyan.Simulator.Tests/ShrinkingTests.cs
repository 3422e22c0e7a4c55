using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests;

/// <summary>A failing run is cut down to what it needs to fail, and to nothing that does not fail.</summary>
public sealed class ShrinkingTests
{
    private const ulong Seed = 3; // its mix has crashes, and much else

    [Fact]
    public void What_is_left_is_what_the_failure_needs()
    {
        var tried = new List<bool>();
        Shrinking.Result small = Shrinking.Shrink(
            Seed, 80, () => new FailsAfterCrashes(operationsMin: 7), new(), (_, _, failed) => tried.Add(failed))!;
        Assert.Equal([FailsAfterCrashes.Message], small.Verdict.Violations);
        Assert.InRange(small.Operations, 7, 40);
        Assert.DoesNotContain("crashes", small.Without);
        Assert.Superset(new HashSet<string> { "loss", "duplicates", "clocks", "splits", "partitions", "pauses" }, new HashSet<string>(small.Without));
        Assert.Contains(false, tried);

        // And it can be run again as it is told.
        Verdict again = Simulation.Run(Seed, small.Operations, new FailsAfterCrashes(operationsMin: 7), new RunOptions { Without = small.Without });
        Assert.Equal(small.Verdict.TraceHash, again.TraceHash);
        Assert.Equal(small.Verdict.Violations, again.Violations);
    }

    [Fact]
    public void A_run_that_does_not_fail_cannot_be_shrunk() =>
        Assert.Null(Shrinking.Shrink(Seed, 30, () => new AppendWorkload(), new(), (_, _, _) => { }));

    private sealed class FailsAfterCrashes(int operationsMin) : IWorkload
    {
        public const string Message = "it has crashed";
        private readonly AppendWorkload _inner = new();
        private SimulatedCluster? _cluster;

        public IReadOnlyList<Key> Cuts => _inner.Cuts;

        public bool StandsStaleReads => _inner.StandsStaleReads;

        public bool IsDone => _inner.IsDone;

        public int Operations => _inner.Operations;

        public int Commits => _inner.Commits;

        public IReadOnlyDictionary<string, int> Outcomes => _inner.Outcomes;

        public Key AnyCut(SeededRandom random) => _inner.AnyCut(random);

        public void Start(SimulatedCluster cluster, SeededRandom random, int operations) => _inner.Start(_cluster = cluster, random, operations);

        public void Stop() => _inner.Stop();

        public void Check(CommittedHistory history, List<string> violations)
        {
            if (_cluster!.Crashes > 0 && Operations >= operationsMin) violations.Add(Message);
        }
    }
}
