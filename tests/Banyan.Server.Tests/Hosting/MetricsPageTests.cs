using Banyan.Server.Hosting;

namespace Banyan.Server.Tests.Hosting;

public sealed class MetricsPageTests
{
    private static readonly ServerStatus _status = new(
        3, "the \"north\"\\n\n", "1.2.3", 12.5, true, null, "7.0", 187.5, 4, 100, 20, 3, 0, 0, 1 << 20, null,
        [new(1, true, true, true, 10, 20, 0, null), new(2, false, false, true, 30, 40, 5, "refused")],
        [new(1, "", 1, "Leader", 3, 3, true, 2, 9, 9, 50, 187.5, 0), new(2, "a", 1, "Follower", 1, 1, false, 2, 9, 9, 50, 187.5, 0)]);

    [Fact]
    public void Every_value_stands_below_its_type_and_only_once()
    {
        string[] lines = MetricsPage.Of(_status with { Games = new(false, 7, 11, true, new Dictionary<string, long> { ["too many packets a second"] = 2, ["401: no \"token\""] = 1 }) }).Split('\n');
        Assert.Equal("", lines[^1]);
        var seen = new HashSet<string>();
        string type = "";
        foreach (string line in lines[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal)) continue;
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                type = line.Split(' ')[2];
                Assert.Contains(line.Split(' ')[3], (string[])["gauge", "counter"]);
                Assert.Equal(line.EndsWith("counter", StringComparison.Ordinal), type.EndsWith("_total", StringComparison.Ordinal));
                continue;
            }

            Assert.Equal(type, line.Split('{', ' ')[0]);
            Assert.True(seen.Add(line[..line.LastIndexOf(' ')]), line);
        }

        Assert.Contains("banyan_info{cluster=\"the \\\"north\\\"\\\\n\\n\",server=\"3\",version=\"1.2.3\"} 1", lines);
        Assert.Contains("banyan_resolved_lag_seconds 0.1875", lines);
        Assert.Contains("banyan_leases 1", lines);
        Assert.Contains("banyan_peer_reachable{peer=\"2\"} 0", lines);
        Assert.Contains("banyan_peer_dropped_messages_total{peer=\"2\"} 5", lines);
        Assert.Contains("banyan_game_clients 7", lines);
        Assert.Contains("banyan_game_refused_total{cause=\"401: no \\\"token\\\"\"} 1", lines);
        Assert.Contains("banyan_game_refused_total{cause=\"too many packets a second\"} 2", lines);
    }

    [Fact]
    public void A_server_without_games_says_nothing_of_them() => Assert.DoesNotContain("banyan_game_", MetricsPage.Of(_status), StringComparison.Ordinal);
}
