using System.Diagnostics;

namespace Banyan.ProcessTests.Cli;

[Collection(TownCollection.Name)]
public class TransactTests(TownCluster town)
{
    [Fact]
    public async Task A_batch_happens_whole()
    {
        using TemporaryFile file = new("""
            [{"op":"spawn","parent":"/root","name":"Txn","type":"Node3D","properties":{"a":"1","b":"Vector2(1, 2)"}},
             {"op":"spawn","parent":"/root/Txn","name":"One"},
             {"op":"spawn","parent":"/root/Txn","name":"Two"},
             {"op":"set","node":"/root/Txn","properties":{"a":null,"c":true,}},
             {"op":"mv","node":"/root/Txn/One","parent":"/root/Txn/Two","name":"Moved"},
             {"op":"rename","node":"/root/Txn/Two","name":"Deux"},
             {"op":"spawn","parent":"/root/Txn","name":"First"},
             {"op":"reorder","node":"/root/Txn/First","place":0},
             {"op":"authority","node":"/root/Txn/First","peer":2},
             {"op":"zone","node":"/root/Txn/First","zone":7},
             {"op":"rm","node":"/root/Txn/Deux/Moved"}]
            """);
        Assert.Equal(11, (await town.RunAsync("txn", file.Path, "--json")).Json.GetProperty("nodes").GetArrayLength());

        BanyanCommand tree = await town.RunAsync("tree", "/root/Txn", "--json", "--properties");
        Assert.Equal(["/root/Txn", "/root/Txn/First", "/root/Txn/Deux"], tree.Json.EnumerateArray().Select(n => n.GetProperty("path").GetString()));
        Assert.Equal("""{"b":"Vector2(1, 2)","c":"true"}""", tree.Json[0].GetProperty("properties").GetRawText());
        Assert.Equal(2, tree.Json[1].GetProperty("authority").GetInt32());
        Assert.Equal(7, tree.Json[1].GetProperty("zone").GetInt32());
    }

    [Fact]
    public async Task A_batch_of_which_one_operation_is_refused_does_not_happen()
    {
        using TemporaryFile file = new("""[{"op":"spawn","parent":"/root","name":"Half"},{"op":"rm","node":"/root/Nope"}]""");
        (await town.RunAsync("txn", file.Path)).AssertFailed(1, "operation 1: no node /root/Nope");
        (await town.RunAsync("get", "/root/Half")).AssertFailed(1, "no node /root/Half");
    }

    [Fact]
    public async Task A_batch_comes_from_standard_input_too()
    {
        using Process process = BanyanCommand.Start(town.Gateway, ["txn", "-"]);
        await process.StandardInput.WriteAsync("""[{"op":"spawn","parent":"/root","name":"Piped"}]""");
        process.StandardInput.Close();
        (await BanyanCommand.EndAsync(process)).AssertDone();
        (await town.RunAsync("get", "/root/Piped")).AssertDone();
    }

    [Theory]
    [InlineData("[", ":1:2: ")]
    [InlineData("[\n{\"op\":\n]", ":3:1: ")]
    [InlineData("{}", "expected an array")]
    [InlineData("[]", "there is no operation in it")]
    [InlineData("[1]", "operation 0: expected an object")]
    [InlineData("""[{"op":"fly"}]""", "\"fly\" is no operation")]
    [InlineData("""[{"op":"rm"}]""", "\"node\" is missing, or no string")]
    [InlineData("""[{"op":"rm","node":5}]""", "\"node\" is missing, or no string")]
    [InlineData("""[{"op":"mv","node":"/root/A","parent":"/root","name":5}]""", "\"name\" is missing, or no string")]
    [InlineData("""[{"op":"spawn","parent":"/root","name":"A","type":[]}]""", "\"type\" is missing, or no string")]
    [InlineData("""[{"op":"reorder","node":"/root/A","place":"x"}]""", "\"place\" is missing, or no whole number")]
    [InlineData("""[{"op":"reorder","node":"/root/A","place":1.5}]""", "\"place\" is missing, or no whole number")]
    [InlineData("""[{"op":"zone","node":"/root/A","zone":-1}]""", "\"zone\" is negative")]
    [InlineData("""[{"op":"set","node":"/root/A","properties":[]}]""", "\"properties\" is no object")]
    [InlineData("""[{"op":"set","node":"/root/A","properties":{"x":"Vector3(1"}}]""", "x: column")]
    [InlineData("""[{"op":"set","node":"/root/A","properties":{"x\ud800":1}}]""", "surrogate")]
    public async Task A_file_that_makes_no_sense_is_bad_input(string text, string message)
    {
        using TemporaryFile file = new(text);
        BanyanCommand command = await BanyanCommand.RunAsync("txn", file.Path);
        command.AssertFailed(2, message);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_bad_input() => (await BanyanCommand.RunAsync("txn", "nope.json")).AssertFailed(2, "nope.json: no such file");
}
