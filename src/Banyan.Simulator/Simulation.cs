using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;
using Banyan.Storage;

namespace Banyan.Simulator;

/// <summary>One run: a cluster and its clients under faults, then a calm end in which everything must get done, then the checks.</summary>
public static class Simulation
{
    private const long FaultyMicrosecondsMax = 60_000_000;
    private const long CalmMicrosecondsMax = 60_000_000;

    // With more ranges than that each sees hardly any of a run's operations, and a restart is all there is to see.
    private const int SplitsMax = 20;

    /// <summary>Runs a seed.</summary>
    /// <param name="seed">Decides everything that is left to chance.</param>
    /// <param name="operations">Transactions of all clients together.</param>
    /// <param name="workload">What they do; a new one for each run.</param>
    /// <param name="faults">What goes wrong; null for a mix that the seed decides.</param>
    /// <param name="watch">Called with the cluster before it starts, for tests that look inside.</param>
    public static Verdict Run(
        ulong seed, int operations, IWorkload workload, FaultOptions? faults = null, Action<SimulatedCluster>? watch = null) =>
        Run(seed, operations, workload, new RunOptions { Faults = faults, Watch = watch });

    /// <summary>Runs a seed.</summary>
    /// <param name="seed">Decides everything that is left to chance.</param>
    /// <param name="operations">Transactions of all clients together.</param>
    /// <param name="workload">What they do; a new one for each run.</param>
    /// <param name="options">What the seed does not decide.</param>
    public static Verdict Run(ulong seed, int operations, IWorkload workload, RunOptions options)
    {
        var random = new SeededRandom(seed);
        bool isSwarm = options.Faults is null;
        FaultOptions faults = options.Faults ?? SwarmOf(seed, random.Fork());
        faults = FaultKinds.Without(options.Tune?.Invoke(faults) ?? faults, options.Without);
        if (!workload.StandsStaleReads) faults = faults with { ClockJumpsTooFar = 0 };
        // Drawn in any case: a seed means the same run whatever is said about it, but for what is said.
        int drawn = random.Chance(0.3) ? 5 : 3;
        int servers = options.Servers ?? drawn;
        var probes = new SimulatedProbes(random.Fork());
        probes.IsOn = !options.Without.Contains(FaultKinds.Probes);
        StoreOptions? knobs = isSwarm ? StoreKnobs.Swarm(random.Fork(), probes) : null;
        if (knobs is not null && options.Without.Contains(FaultKinds.Knobs)) knobs = new() { Probes = probes };
        var time = new VirtualTime();
        if (options.Trace is { } trace) knobs = (knobs ?? new()) with { Trace = trace(time) };
        var cluster = new SimulatedCluster(random.NextUInt64(), servers, workload.Cuts, faults, knobs, time);
        var violations = new List<string>();
        SeededRandom splits = random.Fork();
        cluster.OnSplitDue = () => Split(cluster, workload.AnyCut(splits), splits);
        try
        {
            options.Watch?.Invoke(cluster);
            cluster.Start();
            workload.Start(cluster, random.Fork(), operations);
            while (!workload.IsDone && cluster.Time.Now < FaultyMicrosecondsMax) cluster.Time.RunUntil(cluster.Time.Now + 100_000);
            // In a slow enough world not all of them were begun: what was begun must end now.
            workload.Stop();
            cluster.Heal();
            long calmUntil = cluster.Time.Now + CalmMicrosecondsMax;
            while (!(workload.IsDone && Replicas.AreSettled(cluster)) && cluster.Time.Now < calmUntil)
                cluster.Time.RunUntil(cluster.Time.Now + 100_000);
            if (!workload.IsDone) violations.Add("after all faults had ended, not every operation got an outcome");
            Replicas.Compare(cluster, violations);
            CommittedHistory history = Replicas.HistoryOf(cluster);
            foreach (SimulatedServer server in cluster.Servers) server.Told.Check(server.Id, history, violations);
            workload.Check(history, violations);
        }
        catch (Exception broken)
        {
            // Whatever a run dies of would have ended a server.
            violations.Add($"at {cluster.Time.Now} µs: {broken.Message}\n{broken.StackTrace}");
        }

        return new(
            seed, workload.Operations, workload.Commits, violations, cluster.Network.TraceHash, cluster.Time.Now,
            cluster.Time.Events, workload.Outcomes, FaultsOf(cluster),
            cluster.Probes?.States ?? new Dictionary<string, long>());
    }

    private static FaultOptions SwarmOf(ulong seed, SeededRandom random)
    {
        FaultOptions faults = FaultOptions.Swarm(random);
        return seed % 3 == 0 ? faults.Hastened(random) : faults;
    }

    private static SortedDictionary<string, long> FaultsOf(SimulatedCluster cluster)
    {
        var faults = new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            ["clockJumps"] = cluster.ClockJumps,
            ["cloggedMessages"] = cluster.Network.Clogged,
            ["crashes"] = cluster.Crashes,
            ["duplicatedMessages"] = cluster.Network.Duplicated,
            ["failedFlushes"] = cluster.FailedFlushes,
            ["lostMessages"] = cluster.Network.Lost,
            ["partitions"] = cluster.Partitions,
            ["pauses"] = cluster.Pauses,
            ["splits"] = cluster.Splits,
        };
        foreach ((string site, long fired) in cluster.Probes?.Fired ?? []) faults.Add("buggify: " + site, fired);
        return faults;
    }

    private static void Split(SimulatedCluster cluster, Key at, SeededRandom random)
    {
        if (cluster.Splits >= SplitsMax) return;
        SimulatedServer? server = cluster.Any(up: true);
        var id = new RangeId(1000 + random.NextUInt64() % 1_000_000);
        ServerId preferred = cluster.ServerIds[random.Next(cluster.ServerIds.Length)];
        server?.Do(store =>
        {
            ulong generation = store.Router.RangeOf(at).Generation;
            store.Router.Send(at, new CommandBody(at, new SplitCommand(at, id, preferred, generation)), reply =>
            {
                if (reply is ReplyBody.Applied { Outcome: CommandOutcome.Done }) cluster.Splits++;
            });
        });
    }
}
