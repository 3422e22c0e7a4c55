using System.Text;
using System.Text.Json;
using Banyan.Bench.Commit;

namespace Banyan.Bench.Tests.Commit;

public class CommitLatencyTests(ITestOutputHelper output)
{
    // A quiet region, and five servers far apart with closed timestamps that trail far enough for transactions that read.
    private static readonly CommitLatencyOptions s_near = new() { Samples = 40 };

    private static readonly CommitLatencyOptions s_far =
        new() { Samples = 40, OneWay = CommitLatencyOptions.FiveServers, ClosedLag = 300_000 };

    private static readonly Lazy<IReadOnlyList<CommitRatio>> s_nearResults = new(() => CommitLatency.Run(s_near));
    private static readonly Lazy<IReadOnlyList<CommitRatio>> s_farResults = new(() => CommitLatency.Run(s_far));

    [Fact]
    public void A_commit_on_one_range_costs_its_limit()
    {
        foreach (CommitRatio row in Results(s_nearResults).Concat(Results(s_farResults)).Where(r => r.Ranges == 1))
            Assert.InRange(row.Ratio, 1.0, 1.02);
    }

    [Fact]
    public void A_parallel_commit_on_many_ranges_costs_what_one_round_costs()
    {
        foreach (CommitRatio row in Results(s_nearResults).Concat(Results(s_farResults)).Where(r => r.Protocol == CommitRatio.Parallel))
            Assert.InRange(row.Ratio, 1.0, 1.05);
    }

    [Fact]
    public void Nothing_adds_to_a_parallel_commit_but_at_most_one_flush_that_was_under_way()
    {
        foreach (CommitRatio row in Results(s_nearResults).Concat(Results(s_farResults)).Where(r => r.Protocol == CommitRatio.Parallel))
            Assert.InRange(row.ExcessMaxMicroseconds, 0, s_near.Flush);
    }

    [Fact]
    public void Most_parallel_commits_are_at_their_limit_to_the_microsecond()
    {
        foreach (CommitRatio row in Results(s_nearResults).Concat(Results(s_farResults)).Where(r => r.Protocol == CommitRatio.Parallel))
        {
            Assert.Equal(1.0, row.Ratio);
            Assert.InRange(row.ShareAtLimit, 0.8, 1.0);
        }
    }

    [Fact]
    public void A_two_phase_commit_on_many_ranges_costs_twice_as_much()
    {
        foreach (CommitRatio row in Results(s_nearResults).Concat(Results(s_farResults)))
        {
            if (row.Protocol == CommitRatio.TwoPhase && row.Kind == CommitRatio.Blind && row.Ranges > 1)
                Assert.InRange(row.Ratio, 1.95, 2.1);
        }
    }

    [Fact]
    public void Nobody_starts_again_in_a_quiet_cluster()
    {
        foreach (CommitRatio row in Results(s_nearResults)) Assert.Equal(0, row.Restarts);
    }

    [Fact]
    public void A_seed_gives_the_same_numbers_and_another_seed_gives_others()
    {
        var few = new CommitLatencyOptions { Samples = 10, Ranges = [2] };
        Assert.Equal(CommitLatency.Run(few), CommitLatency.Run(few));
        Assert.NotEqual(CommitLatency.Run(few), CommitLatency.Run(few with { Seed = 2 }));
    }

    [Fact]
    public void Json_begins_each_row_with_ranges_protocol_and_ratio()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) CommitLatency.WriteJson(writer, [Row()]);
        Assert.StartsWith("""[{"ranges":4,"protocol":"parallel","ratio":1.0123,"kind":"blind",""", Encoding.UTF8.GetString(stream.ToArray()));
        using JsonDocument parsed = JsonDocument.Parse(stream.ToArray());
        JsonElement row = Assert.Single(parsed.RootElement.EnumerateArray());
        Assert.Equal(35_900, row.GetProperty("medianMicroseconds").GetInt64());
        Assert.Equal(35_400, row.GetProperty("limitMicroseconds").GetInt64());
    }

    [Fact]
    public void A_table_has_a_line_a_row()
    {
        string[] lines = CommitLatency.Table([Row(), Row() with { Protocol = CommitRatio.TwoPhase }])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Equal(["blind", "4", "parallel", "35.90", "35.40", "1.012"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..6]);
    }

    private static CommitRatio Row() => new(4, CommitRatio.Parallel, 1.01234)
    {
        Kind = CommitRatio.Blind,
        Servers = 3,
        Samples = 10,
        MedianMicroseconds = 35_900,
        LimitMicroseconds = 35_400,
        RatioP99 = 1.03,
        RatioMax = 1.05,
        ExcessMaxMicroseconds = 2_000,
        ShareAtLimit = 0.9,
        Restarts = 0,
    };

    private IReadOnlyList<CommitRatio> Results(Lazy<IReadOnlyList<CommitRatio>> results)
    {
        output.WriteLine(CommitLatency.Table(results.Value));
        return results.Value;
    }
}
