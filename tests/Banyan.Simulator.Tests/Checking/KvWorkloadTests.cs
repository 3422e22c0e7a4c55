using Banyan.Simulator.Workloads.Kv;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests.Checking;

/// <summary>Each workload without faults, and through mixes of faults.</summary>
public class KvWorkloadTests
{
    internal static RecordedWorkload New(string name) => name switch
    {
        "register" => new RegisterWorkload(),
        "bank" => new BankWorkload(),
        "sets" => new SetsWorkload(),
        "monotonic" => new MonotonicWorkload(),
        "g2" => new G2Workload(),
        "sequential" => new SequentialWorkload(),
        _ => new ListAppendWorkload(),
    };

    public static readonly TheoryData<string> Names =
    [
        RegisterWorkload.Name, BankWorkload.Name, SetsWorkload.Name, MonotonicWorkload.Name, G2Workload.Name,
        SequentialWorkload.Name, ListAppendWorkload.Name,
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_faults_everything_gets_an_answer(string name)
    {
        RecordedWorkload workload = New(name);
        Verdict verdict = Simulation.Run(7, 200, workload, FaultOptions.None);
        Assert.Empty(verdict.Violations);
        Assert.InRange(verdict.Operations, 200, 201);
        Assert.All(workload.Record, operation => Assert.True(operation.IsOk, operation.ToString()));
        Assert.InRange(workload.Record.Count(r => r.Writes), 20, 200);
    }

    private static readonly ulong[] _seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_clients_see_is_right_in_every_mix_of_faults(string name)
    {
        foreach (ulong seed in _seeds)
        {
            Verdict verdict = Simulation.Run(seed, 120, New(name));
            Assert.True(verdict.Violations.Count == 0, $"{name}, seed {seed}: {string.Join("; ", verdict.Violations)}");
        }
    }

    [Fact]
    public void A_seed_replays_to_the_same_record()
    {
        RecordedWorkload first = New("bank");
        RecordedWorkload again = New("bank");
        Simulation.Run(11, 100, first);
        Simulation.Run(11, 100, again);
        Assert.Equal(first.History, again.History);
    }
}
