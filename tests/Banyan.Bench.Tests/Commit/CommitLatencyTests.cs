using Banyan.Bench.Commit;

namespace Banyan.Bench.Tests.Commit;

public class CommitLatencyTests(ITestOutputHelper output)
{
    [Fact]
    public void A_cross_range_commit_costs_one_round()
    {
        foreach (CommitLatencyOptions o in new CommitLatencyOptions[]
        {
            new(), new() { SlowestRangeHasRecord = false },
            new() { OneWay = CommitLatencyOptions.FiveServers },
            new() { OneWay = CommitLatencyOptions.FiveServers, ClosedLag = 300_000 },
        })
        {
            output.WriteLine(o.ToString());
            output.WriteLine(CommitLatency.Table(CommitLatency.Run(o)));
        }
    }
}
