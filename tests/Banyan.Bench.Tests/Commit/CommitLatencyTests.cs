using Banyan.Bench.Commit;

namespace Banyan.Bench.Tests.Commit;

public class CommitLatencyTests(ITestOutputHelper output)
{
    [Fact]
    public void A_cross_range_commit_costs_one_round()
    {
        IReadOnlyList<CommitRatio> three = CommitLatency.Run(new() { Samples = 60 });
        output.WriteLine(CommitLatency.Table(three));
        IReadOnlyList<CommitRatio> five = CommitLatency.Run(new() { Samples = 60, OneWay = CommitLatencyOptions.FiveServers });
        output.WriteLine(CommitLatency.Table(five));
    }
}
