using System.Text;
using System.Text.Json;
using Banyan.Bench.Cluster;
using Banyan.Bench.Failover;
using Banyan.Bench.Tests.Cluster;
using Banyan.Bench.World;
using Banyan.Primitives;
using Xunit;

namespace Banyan.Bench.Tests.Failover;

public sealed class FailoverTests
{
    [Fact]
    public void Only_writes_begun_after_the_kill_on_ranges_of_the_dead_server_count_and_only_the_first()
    {
        var writes = new FailoverWrites(ranges: 4);
        Assert.True(writes.AllBack.IsCompleted);
        writes.OnKill(now: 1000, led: [1, 3]);
        Acknowledge(writes, range: 1, began: 999, now: 1005); // begun before
        Acknowledge(writes, range: 0, began: 1001, now: 1006); // of another leader
        Assert.Equal([1, 3], writes.Missing);
        Acknowledge(writes, range: 3, began: 1001, now: 1300);
        Assert.False(writes.AllBack.IsCompleted);
        Acknowledge(writes, range: 3, began: 1302, now: 1310); // the second
        Acknowledge(writes, range: 1, began: 1000, now: 1400);
        Assert.True(writes.AllBack.IsCompleted);
        Assert.Equal([new(1, 400), new(3, 300)], writes.FirstMs);
    }

    [Fact]
    public void A_new_round_forgets_the_last_one()
    {
        var writes = new FailoverWrites(ranges: 2);
        writes.OnKill(now: 1000, led: [0]);
        Acknowledge(writes, range: 0, began: 1001, now: 1100);
        writes.OnKill(now: 5000, led: [1]);
        Assert.Empty(writes.FirstMs);
        Assert.False(writes.AllBack.IsCompleted);
        Acknowledge(writes, range: 1, began: 1001, now: 5100); // begun before this kill
        Assert.Empty(writes.FirstMs);
    }

    [Fact]
    public void The_result_takes_median_and_worst_over_all_ranges()
    {
        var result = new FailoverResult([new(1, [100, 400]), new(2, [200, 300])]);
        Assert.Equal(250, result.MedianMs);
        Assert.Equal(400, result.WorstMs);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) result.WriteJson(writer);
        Assert.Equal(
            """{"rounds":[{"server":1,"firstMs":100,"allRangesMs":400},{"server":2,"firstMs":200,"allRangesMs":300}],"medianMs":250,"worstMs":400}""",
            Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void The_victim_is_the_server_with_most_leases_and_another_one_each_round()
    {
        ServerReport[] alike = [ServerReportTests.Report(1, "a", "bc"), ServerReportTests.Report(2, "b", "ac"), ServerReportTests.Report(3, "c", "ab")];
        Assert.Equal(1, FailoverBench.Victim(alike, last: 0).Server);
        Assert.Equal(2, FailoverBench.Victim(alike, last: 1).Server);
        Assert.Equal(1, FailoverBench.Victim(alike, last: 3).Server);
        Assert.Equal(3, FailoverBench.Victim([.. alike[..2], ServerReportTests.Report(3, "cd", "ab")], last: 1).Server);
    }

    [Fact]
    public void The_ranges_of_a_server_are_found_by_their_first_keys()
    {
        var world = new GeneratedWorld(Zones: 3, NodesPerZone: 1);
        string[] starts = [Key.Min.ToString(), .. world.Cuts(3).Select(k => k.ToString())];
        var report = new ServerReport(1, "1.0", [new(starts[0], true, 0), new(starts[1], false, 0), new(starts[2], true, 0)], 0);
        Assert.Equal([0, 2], FailoverBench.RangesLed(report, world, 3));
    }

    private static void Acknowledge(FailoverWrites writes, int range, long began, long now) =>
        writes.OnAcknowledged(range, began, killedAt => TimeSpan.FromMilliseconds(now - killedAt));
}
