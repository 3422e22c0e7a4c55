using System.Text.Json;

namespace Banyan.ProcessTests.Cli;

[Collection(TownCollection.Name)]
public class ChangeTests(TownCluster town)
{
    [Fact]
    public async Task Set_writes_a_value_and_null_removes_it()
    {
        await SpawnAsync("/root/Set");
        JsonElement set = (await town.RunAsync("set", "/root/Set", "place", "Vector3(1, 2.5, -3)", "--json")).Json;
        Assert.Equal("committed", set.GetProperty("outcome").GetString());
        Assert.Single(set.GetProperty("nodes").EnumerateArray());
        Assert.Equal("Vector3(1, 2.5, -3)\n", (await town.RunAsync("get", "/root/Set", "place")).AssertDone().Output);

        Assert.StartsWith("committed at ", (await town.RunAsync("set", "/root/Set", "place", "null")).AssertDone().Output);
        (await town.RunAsync("get", "/root/Set", "place")).AssertFailed(1, "has no property place");
    }

    [Theory]
    [InlineData("Vector3(1, 2", "column 13")]
    [InlineData("hello", "a string needs its quotes")]
    [InlineData("", "column 1")]
    public async Task A_value_that_is_none_is_bad_input_with_its_column(string value, string message) =>
        (await town.RunAsync("set", "/root/Town", "x", value)).AssertFailed(2, message);

    [Fact]
    public async Task Changes_of_an_unknown_node_are_refused()
    {
        await Task.WhenAll(
            FailAsync(1, "no node /root/Nope", "set", "/root/Nope", "x", "1"),
            FailAsync(1, "no node n4000000000", "set", "n4000000000", "x", "1"),
            FailAsync(1, "no node /root/Nope", "spawn", "/root/Nope/A"),
            FailAsync(1, "no node /root/Nope", "mv", "/root/Nope", "/root/Town/"),
            FailAsync(1, "no node /root/Nope", "mv", "/root/Town", "/root/Nope/"),
            FailAsync(1, "no node /root/Nope", "rm", "/root/Nope"));
    }

    [Fact]
    public async Task A_refusal_as_json_says_which_operation_and_why()
    {
        BanyanCommand refused = await town.RunAsync("rm", "/root/Nope", "--json");
        Assert.Equal(1, refused.ExitCode);
        JsonElement json = JsonDocument.Parse(refused.Output).RootElement;
        Assert.Equal("refused", json.GetProperty("outcome").GetString());
        Assert.Equal("NoSuchNode", json.GetProperty("code").GetString());
        Assert.Equal(0, json.GetProperty("operation").GetInt32());
    }

    [Fact]
    public async Task A_second_child_of_the_same_name_is_refused()
    {
        await SpawnAsync("/root/Twin");
        await SpawnAsync("/root/Other");
        await Task.WhenAll(
            FailAsync(1, "/root already has a child named \"Twin\"", "spawn", "/root/Twin"),
            FailAsync(1, "there already is a child named \"Twin\"", "mv", "/root/Other", "/root/Twin"),
            FailAsync(1, "/root already has a child named \"Town\" (nothing was imported)", "import", Checkout.Town));
    }

    [Fact]
    public async Task A_move_below_itself_is_refused()
    {
        await SpawnAsync("/root/Ring");
        await SpawnAsync("/root/Ring/Inner");
        (await town.RunAsync("mv", "/root/Ring", "/root/Ring/Inner/")).AssertFailed(1, "/root/Ring would hang below itself");
        (await town.RunAsync("mv", "/root/Ring", "/root/Ring/Inner/Again")).AssertFailed(1, "would hang below itself");
    }

    [Theory]
    [InlineData("mv", "/root", "/root/Town/")]
    [InlineData("rm", "/root")]
    public async Task The_root_stays_as_it_is(params string[] command) => (await town.RunAsync(command)).AssertFailed(1, "/root");

    [Fact]
    public async Task Spawn_takes_class_properties_and_groups()
    {
        (await town.RunAsync("spawn", "/root/Flag", "Node3D", "-p", "visible=true", "-p", "text=\"a=b\"", "--group", "flags", "--group", "red")).AssertDone();
        JsonElement flag = (await town.RunAsync("get", "/root/Flag", "--json")).Json;
        Assert.Equal("Node3D", flag.GetProperty("type").GetString());
        Assert.Equal(["flags", "red"], flag.GetProperty("groups").EnumerateArray().Select(g => g.GetString()));
        Assert.Equal("\"a=b\"", flag.GetProperty("properties").GetProperty("text").GetString());
        Assert.Equal("true", flag.GetProperty("properties").GetProperty("visible").GetString());
    }

    [Theory]
    [InlineData(2, "expected PARENT/NAME", "spawn", "Flag")]
    [InlineData(2, "expected NAME=VALUE", "spawn", "/root/Flag2", "-p", "visible")]
    [InlineData(2, "visible: column 1", "spawn", "/root/Flag2", "-p", "visible=?")]
    [InlineData(1, "'.' may not be part of a name", "spawn", "/root/Fl.ag")]
    [InlineData(1, "a name may not be empty", "spawn", "/root/")]
    [InlineData(2, "expected PARENT/NAME or PARENT/", "mv", "/root/Town", "Town")]
    public async Task A_change_that_makes_no_sense_is_refused(int exitCode, string message, params string[] command) =>
        (await town.RunAsync(command)).AssertFailed(exitCode, message);

    [Fact]
    public async Task Mv_renames_and_reparents_and_the_id_stays()
    {
        string id = await SpawnAsync("/root/Bus");
        await SpawnAsync("/root/Depot");
        (await town.RunAsync("mv", "/root/Bus", "/root/Bus7")).AssertDone();
        (await town.RunAsync("mv", "/root/Bus7", "/root/Depot/")).AssertDone();
        Assert.Equal(id, (await town.RunAsync("get", "/root/Depot/Bus7", "--json")).Json.GetProperty("id").GetString());
        (await town.RunAsync("mv", id, "/root/Bus8")).AssertDone();
        Assert.Equal(id, (await town.RunAsync("get", "/root/Bus8", "--json")).Json.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Rm_takes_several_nodes_or_none_of_them()
    {
        await SpawnAsync("/root/Rm1");
        await SpawnAsync("/root/Rm2");
        (await town.RunAsync("rm", "/root/Rm1", "/root/Nope")).AssertFailed(1, "operation 1: no node /root/Nope");
        (await town.RunAsync("get", "/root/Rm1")).AssertDone();
        (await town.RunAsync("rm", "/root/Rm1", "/root/Rm2")).AssertDone();
        (await town.RunAsync("get", "/root/Rm1")).AssertFailed(1, "no node");
        (await town.RunAsync("get", "/root/Rm2")).AssertFailed(1, "no node");
    }

    [Fact]
    public async Task A_value_beyond_the_limit_is_refused_and_the_gateway_goes_on()
    {
        string id = await SpawnAsync("/root/Big");
        using TemporaryFile file = SetOf(id, 3 << 20);
        (await town.RunAsync("txn", file.Path)).AssertFailed(1, "x");
        (await town.RunAsync("set", id, "x", "1")).AssertDone();
    }

    [Fact]
    public async Task A_batch_beyond_what_a_gateway_takes_is_refused_at_once()
    {
        string id = await SpawnAsync("/root/Huge");
        using TemporaryFile file = SetOf(id, 40 << 20);
        (await town.RunAsync("txn", file.Path)).AssertFailed(1, "bytes");
        (await town.RunAsync("set", id, "x", "1")).AssertDone();
    }

    [Fact]
    public async Task Names_and_paths_beyond_their_limits_are_refused_at_once()
    {
        string name = new('a', 2000);
        await Task.WhenAll(
            FailAsync(1, "bytes at most", "spawn", $"/root/{name}"),
            FailAsync(1, "property's name", "set", "/root/Town", name, "1"),
            FailAsync(1, "a name of 2000 bytes, 512 are allowed", "set", $"/root/{name}", "x", "1"),
            FailAsync(1, "a name of 2000 bytes", "mv", "/root/Town", $"/root/{name}/"),
            FailAsync(2, "a name of 2000 bytes", "get", $"/root/{name}"),
            FailAsync(2, "a name of 2000 bytes", "tree", $"/root/{name}"),
            FailAsync(1, "a path of 22005 bytes, 16384 are allowed", "rm", "/root" + string.Concat(Enumerable.Repeat("/aaaaaaaaaa", 2000))));
    }

    private static TemporaryFile SetOf(string id, int length) =>
        new($$$"""[{"op":"set","node":"{{{id}}}","properties":{"x":"\"{{{new string('x', length)}}}\""}}]""");

    private async Task<string> SpawnAsync(string path) =>
        (await town.RunAsync("spawn", path, "--json")).Json.GetProperty("nodes")[0].GetString()!;

    // Independent commands run side by side.
    private async Task FailAsync(int exitCode, string message, params string[] command) => (await town.RunAsync(command)).AssertFailed(exitCode, message);
}
