using System.Text.Json.Nodes;

namespace Banyan.ProcessTests.Cluster;

/// <summary>
/// Traces of real servers are behaviours of the models (with TLC, where there is one), and of the form that those need.
/// </summary>
public class TraceTests(RecordedServers recorded) : IClassFixture<RecordedServers>
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_servers_did_to_their_logs_is_accepted(int servers) => IsAccepted("log-replication", servers);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Commits_of_servers_are_accepted(int servers) => IsAccepted("parallel-commits", servers);

    [Fact]
    public void A_commit_that_no_server_can_have_made_is_refused()
    {
        List<JsonObject> lines = RecordedServers.Lines(recorded.OfOne[0]);
        JsonObject commit = lines.First(l => Is(l, "Commit"));
        commit["index"] = (ulong)commit["index"]! + 1;
        (int code, string[] said) = TraceCheck.Run("log-replication", lines);
        Assert.Equal(1, code);
        Assert.Contains(said, l => l.Contains("refused at event", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_server_goes_on_in_its_file_after_it_was_killed(int servers)
    {
        foreach (string file in recorded.Of(servers))
        {
            List<JsonObject> lines = RecordedServers.Lines(file);
            Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (ulong)n), lines.Select(l => (ulong)l["sequence"]!));
            Assert.All(lines.Zip(lines.Skip(1)), pair => Assert.True((ulong)pair.First["time"]! < (ulong)pair.Second["time"]!));
        }

        List<JsonObject> killed = RecordedServers.Lines(recorded.Of(servers)[^1]);
        Assert.Equal(2, killed.Count(l => Is(l, "Restart") && (ulong)l["range"]! == 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Who_leads_has_its_own_vote_on_its_disk(int servers)
    {
        int elections = 0;
        foreach (string file in recorded.Of(servers))
        {
            foreach (IGrouping<ulong, JsonObject> log in RecordedServers.Lines(file).Where(l => l["server"] is not null).GroupBy(l => (ulong)l["range"]!))
            {
                List<JsonObject> lines = [.. log];
                foreach (JsonObject leader in lines.Where(l => Is(l, "BecomeLeader")))
                {
                    int at = lines.IndexOf(leader);
                    int campaign = lines.FindIndex(l => Is(l, "Campaign") && (ulong)l["term"]! == (ulong)leader["term"]!);
                    Assert.InRange(campaign, 0, at);
                    Assert.Contains(lines[campaign..at], l => Is(l, "Flush"));
                    elections++;
                }
            }
        }

        Assert.NotEqual(0, elections);
    }

    private void IsAccepted(string topic, int servers)
    {
        (int code, string[] said) = TraceCheck.Run(topic, recorded.Of(servers));
        Assert.True(code == 0, string.Join("\n", said));
    }

    private static bool Is(JsonObject line, string name) => (string)line["event"]! == name;
}
