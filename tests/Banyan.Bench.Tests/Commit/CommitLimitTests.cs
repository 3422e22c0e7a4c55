using Banyan.Bench.Commit;

namespace Banyan.Bench.Tests.Commit;

public class CommitLimitTests
{
    // There and back: 0-1 30, 0-2 70, 1-2 110; each way is different.
    private static readonly CommitLimit s_three = new([[0, 10, 30], [20, 0, 50], [40, 60, 0]], flush: 5);

    [Theory]
    [InlineData(0, 1, 30)]
    [InlineData(1, 0, 30)]
    [InlineData(2, 1, 110)]
    [InlineData(2, 2, 0)]
    public void A_round_trip_is_both_ways(int a, int b, long expected) => Assert.Equal(expected, s_three.RoundTrip(a, b));

    [Theory]
    [InlineData(0, 35)]
    [InlineData(1, 35)]
    [InlineData(2, 75)]
    public void A_leaseholder_waits_for_its_nearest_majority(int leaseholder, long expected) =>
        Assert.Equal(expected, s_three.Replication(leaseholder));

    [Fact]
    public void A_majority_of_five_is_the_leaseholder_and_its_two_nearest()
    {
        var limit = new CommitLimit(
            [[0, 40, 10, 30, 20], [40, 0, 9, 9, 9], [10, 9, 0, 9, 9], [30, 9, 9, 0, 9], [20, 9, 9, 9, 0]], flush: 3);
        Assert.Equal(2 * 20 + 3, limit.Replication(0));
    }

    [Fact]
    public void A_lone_server_waits_for_its_own_flush() => Assert.Equal(7, new CommitLimit([[0]], 7).Commit(0, [0]));

    [Fact]
    public void A_commit_costs_what_its_slowest_range_costs()
    {
        Assert.Equal(35, s_three.Commit(0, [0]));
        Assert.Equal(65, s_three.Commit(0, [0, 1]));
        Assert.Equal(145, s_three.Commit(0, [0, 1, 2]));
    }

    [Fact]
    public void A_read_costs_the_way_to_the_furthest_range_and_no_flush() =>
        Assert.Equal(70 + 145, s_three.ReadThenCommit(0, [0, 1, 2]));
}
