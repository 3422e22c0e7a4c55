using System.Diagnostics;
using System.Text.Json;

namespace Banyan.ProcessTests.Cli;

[Collection(TownCollection.Name)]
public class WatchTests(TownCluster town)
{
    [Fact]
    public async Task Watch_tells_every_change_below_a_node_in_order()
    {
        string before = (await town.RunAsync("spawn", "/root/Watched", "Node3D", "--json")).Json.GetProperty("timestamp").GetString()!;
        (await town.RunAsync("set", "/root/Watched", "x", "1")).AssertDone();
        (await town.RunAsync("set", "/root/Town", "metadata/unseen", "1")).AssertDone();
        (await town.RunAsync("spawn", "/root/Watched/Child", "Node2D")).AssertDone();
        (await town.RunAsync("set", "/root/Watched", "x", "null")).AssertDone();
        (await town.RunAsync("mv", "/root/Watched/Child", "/root/Watched/Kid")).AssertDone();
        (await town.RunAsync("rm", "/root/Watched/Kid")).AssertDone();

        BanyanCommand watch = await town.RunAsync("watch", "/root/Watched", "--after", before, "--count", "5", "--json");
        JsonElement[] changes = [.. watch.AssertDone().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(
            ["/root/Watched set x", "/root/Watched/Child spawned ", "/root/Watched removed x", "/root/Watched/Kid moved from ", "/root/Watched/Kid despawned "],
            changes.Select(c => $"{c.GetProperty("path")} {c.GetProperty("change")} {(c.TryGetProperty("property", out JsonElement p) ? p.GetString() : "")}"));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Watch_ends_with_code_0_when_it_is_interrupted(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no signals on Windows");
        using Process watch = BanyanCommand.StartInForeground(town.Gateway, ["watch"]);
        Assert.StartsWith("watching /root from ", await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await (signal == "INT" ? Signal.InterruptAsync(watch) : Signal.TerminateAsync(watch));
        (await BanyanCommand.EndAsync(watch)).AssertDone();
    }

    [Theory]
    [InlineData(2, "does not start at /root", "Town")]
    [InlineData(2, "is no timestamp", "--after", "x")]
    [InlineData(1, "the history does not reach back", "--after", "1")]
    [InlineData(2, "lies in the future", "--after", "4000000000000000.0")]
    public async Task Watch_of_what_is_not_there_is_refused(int exitCode, string message, params string[] arguments) =>
        (await town.RunAsync(["watch", .. arguments])).AssertFailed(exitCode, message);

    [Fact]
    public async Task Status_shows_peers_ranges_and_leaseholders()
    {
        JsonElement status = (await town.RunAsync("status", "--json")).Json;
        Assert.Equal([2, 3], status.GetProperty("peers").EnumerateArray().Select(p => p.GetProperty("server").GetInt32()).Order());
        Assert.InRange(status.GetProperty("ranges").GetArrayLength(), 6, 20);
        Assert.All(status.GetProperty("ranges").EnumerateArray(), range => Assert.InRange(range.GetProperty("leaseholder").GetInt32(), 1, 3));
        string text = (await town.RunAsync("status")).AssertDone().Output;
        Assert.StartsWith("server 1 of \"banyan\"", text);
        Assert.Contains("leaseholder", text);
    }
}
