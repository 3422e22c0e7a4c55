using System.Text.Json;

namespace Banyan.ProcessTests.Cli;

[Collection(TownCollection.Name)]
public class TreeTests(TownCluster town)
{
    [Fact]
    public async Task The_imported_town_is_the_same_tree_on_all_servers()
    {
        JsonElement import = town.Import.Json;
        Assert.Equal("/root/Town", import.GetProperty("path").GetString());
        Assert.Equal(5, import.GetProperty("cuts").GetInt32());
        int nodes = import.GetProperty("nodes").GetInt32();

        JsonElement first = (await town.RunAsync("tree", "--hash", "--json")).Json;
        string at = first.GetProperty("timestamp").GetString()!;
        string tree = (await town.RunAsync("tree", "/root/Town", "--json", "--properties", "--at-time", at)).AssertDone().Output;
        Assert.Equal(nodes, JsonDocument.Parse(tree).RootElement.GetArrayLength());
        foreach (Uri gateway in town.Cluster.Gateways)
        {
            BanyanCommand hash = await BanyanCommand.RunAsync(gateway, "tree", "--hash", "--json", "--at-time", at);
            Assert.Equal(first.GetRawText(), hash.Json.GetRawText());
            BanyanCommand other = await BanyanCommand.RunAsync(gateway, "tree", "/root/Town", "--json", "--properties", "--at-time", at);
            Assert.Equal(tree, other.AssertDone().Output);
        }
    }

    [Fact]
    public async Task Tree_shows_names_types_and_ids_down_to_a_depth()
    {
        string[] lines = (await town.RunAsync("tree", "/root/Town", "--depth", "1")).AssertDone().Output.Split('\n');
        Assert.StartsWith("/root/Town  (Node3D)  n", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("  Sun  (DirectionalLight3D)  n", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("    ", StringComparison.Ordinal));

        BanyanCommand alone = await town.RunAsync("tree", "/root/Town", "--depth", "0", "--json");
        Assert.Equal("/root/Town", Assert.Single(alone.Json.EnumerateArray()).GetProperty("path").GetString());
    }

    [Fact]
    public async Task Tree_and_get_take_an_id_in_place_of_a_path()
    {
        string id = (await town.RunAsync("get", "/root/Town/Sun", "--json")).Json.GetProperty("id").GetString()!;
        Assert.Equal("DirectionalLight3D", (await town.RunAsync("get", id, "--json")).Json.GetProperty("type").GetString());
        Assert.Equal(id, (await town.RunAsync("tree", id, "--json")).Json[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Get_shows_a_node_and_one_property()
    {
        BanyanCommand node = await town.RunAsync("get", "/root/Town");
        Assert.StartsWith("/root/Town  (Node3D)", node.AssertDone().Output);
        Assert.Contains(".metadata/founded = 1871", node.Output);
        Assert.Equal("1871\n", (await town.RunAsync("get", "/root/Town", "metadata/founded")).AssertDone().Output);
        Assert.Equal("1871", (await town.RunAsync("get", "/root/Town", "metadata/founded", "--json")).Json.GetString());
    }

    [Theory]
    [InlineData("tree", "/root/Nope")]
    [InlineData("get", "/root/Nope")]
    [InlineData("get", "/root/Town/Sun/Nope/Deeper")]
    [InlineData("tree", "n4000000000")]
    [InlineData("get", "n4000000000")]
    public async Task An_unknown_node_is_said_to_be_unknown(params string[] command) => (await town.RunAsync(command)).AssertFailed(1, $"no node {command[1]}");

    [Theory]
    [InlineData("tree", "Town")]
    [InlineData("tree", "/root//Town")]
    [InlineData("get", "Town")]
    public async Task A_path_that_is_none_is_bad_input(params string[] command) => (await town.RunAsync(command)).AssertFailed(2, command[1]);

    [Fact]
    public async Task An_unknown_property_is_said_to_be_unknown() =>
        (await town.RunAsync("get", "/root/Town", "nope")).AssertFailed(1, "/root/Town has no property nope");

    [Theory]
    [InlineData("yesterday", 2, "is no timestamp")]
    [InlineData("1.4096", 2, "is no timestamp")]
    [InlineData("1", 1, "the history does not reach back to 1.0")]
    [InlineData("4000000000000000.0", 2, "lies in the future")]
    public async Task A_wrong_timestamp_is_refused(string at, int exitCode, string message)
    {
        await Task.WhenAll(
            FailAsync(exitCode, message, "tree", "--at-time", at),
            FailAsync(exitCode, message, "tree", "--hash", "--at-time", at),
            FailAsync(exitCode, message, "get", "/root", "--at-time", at));
    }

    [Fact]
    public async Task A_tree_at_a_past_timestamp_is_the_tree_as_it_was()
    {
        await town.RunAsync("spawn", "/root/Past", "Node", "-p", "step=1");
        string at = (await town.RunAsync("set", "/root/Past", "step", "2", "--json")).Json.GetProperty("timestamp").GetString()!;
        (await town.RunAsync("set", "/root/Past", "step", "3")).AssertDone();
        (await town.RunAsync("rm", "/root/Past")).AssertDone();

        (await town.RunAsync("get", "/root/Past", "step")).AssertFailed(1, "no node /root/Past");
        Assert.Equal("2\n", (await town.RunAsync("get", "/root/Past", "step", "--at-time", at)).AssertDone().Output);
    }

    // Independent commands run side by side.
    private async Task FailAsync(int exitCode, string message, params string[] command) => (await town.RunAsync(command)).AssertFailed(exitCode, message);
}
