using System.Text.Json;

namespace Banyan.ProcessTests.Cli;

public class DemoTests
{
    [Fact]
    public Task The_demo_loses_nothing_and_closes_its_books() => AssertGoodAsync("--seconds", "6");

    [Fact]
    public Task The_demo_takes_any_scene() => Task.WhenAll(
        // Two clusters at once have nothing in common.
        AssertGoodAsync("--seconds", "2", "--scene", Checkout.Demo("networking/multiplayer_bomber/world.tscn")),
        AssertGoodAsync("--seconds", "2", "--scene", Checkout.Demo("3d/truck_town/town/town_scene.tscn")));

    private static async Task AssertGoodAsync(params string[] options)
    {
        BanyanCommand demo = await BanyanCommand.RunAsync(["demo", "--json", .. options]);
        Assert.True(demo.ExitCode == 0, demo.ToString());
        string last = Assert.Single(demo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        JsonElement result = JsonDocument.Parse(last).RootElement;
        Assert.Equal(3, result.GetProperty("servers").GetInt32());
        Assert.InRange(result.GetProperty("ranges").GetInt32(), 3, 20);
        Assert.InRange(result.GetProperty("nodes").GetInt32(), 2, 100_000);
        Assert.InRange(result.GetProperty("commits").GetInt64(), 1, long.MaxValue);
        Assert.InRange(result.GetProperty("crossRangeCommits").GetInt64(), 1, result.GetProperty("commits").GetInt64());
        Assert.InRange(result.GetProperty("resumedMs").GetDouble(), 0, 10_000);
        Assert.Equal(0, result.GetProperty("ackedLost").GetInt64());
        Assert.True(result.GetProperty("treesEqual").GetBoolean());
        Assert.Matches("^[0-9a-f]{16}$", result.GetProperty("treeHash").GetString());
    }
}
