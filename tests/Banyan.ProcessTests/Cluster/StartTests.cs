using System.Text.Json;
using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.ProcessTests.Cluster;

public class StartTests
{
    [Fact]
    public async Task The_first_request_of_a_new_cluster_finds_the_world_whichever_server_it_asks()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable);
        await Task.WhenAll(cluster.Gateways.Select(async (gateway, i) =>
        {
            await using BanyanClient client = await BanyanClient.ConnectAsync(gateway);
            Assert.IsType<TransactOutcome.Committed>(await client.TransactAsync(new SetPropertiesOperation(NodeRef.At("/root"), [new($"metadata/{i}", PropertyValue.Encode(i))])));
        }));
    }

    [Fact]
    public async Task A_cluster_that_was_killed_whole_comes_back_from_its_disks_as_it_was()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable);
        (await BanyanCommand.RunAsync(cluster.Gateways[0], "import", Checkout.Town, "--ranges", "4")).AssertDone();
        JsonElement before = (await BanyanCommand.RunAsync(cluster.Gateways[1], "tree", "--hash", "--json")).Json;
        string at = before.GetProperty("timestamp").GetString()!;

        for (int server = 1; server <= 3; server++) cluster.Kill(server);
        await Task.WhenAll(Enumerable.Range(1, 3).Select(cluster.RestartAsync));

        foreach (Uri gateway in cluster.Gateways)
        {
            Assert.Equal(before.GetRawText(), (await BanyanCommand.RunAsync(gateway, "tree", "--hash", "--json", "--at-time", at)).Json.GetRawText());
            // And nothing has been added to it by the way.
            JsonElement now = (await BanyanCommand.RunAsync(gateway, "tree", "--hash", "--json")).Json;
            Assert.Equal(before.GetProperty("hash").GetString(), now.GetProperty("hash").GetString());
        }

        (await BanyanCommand.RunAsync(cluster.Gateways[2], "set", "/root/Town", "x", "1")).AssertDone();
    }

    [Fact]
    public async Task Without_a_majority_writes_end_in_time_reads_of_the_past_go_on_and_with_it_writes_go_on()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable);
        Uri survivor = cluster.Gateways[2];
        string at = (await BanyanCommand.RunAsync(survivor, "spawn", "/root/Before", "--json")).Json.GetProperty("timestamp").GetString()!;
        // The survivor has resolved it.
        (await BanyanCommand.RunAsync(survivor, "tree", "--at-time", at)).AssertDone();
        await using BanyanClient client = await BanyanClient.ConnectAsync(survivor, new() { Timeout = TimeSpan.FromSeconds(3) });

        cluster.Kill(1);
        cluster.Kill(2);
        Task<BanyanCommand> command = BanyanCommand.RunAsync(survivor, "spawn", "/root/During");
        TransactOutcome outcome = await client.TransactAsync(new SpawnOperation(NodeRef.At("/root"), new([new(-1, "DuringToo", "Node", "", [], 0, null, [], [])])));
        Assert.True(outcome is TransactOutcome.Unavailable or TransactOutcome.Ambiguous, outcome.ToString());
        BanyanCommand past = await BanyanCommand.RunAsync(survivor, "tree", "--json", "--at-time", at);
        Assert.Equal(["/root", "/root/Before"], past.Json.EnumerateArray().Select(n => n.GetProperty("path").GetString()));
        (await BanyanCommand.RunAsync(survivor, "tree", "--hash", "--at-time", at)).AssertDone();
        (await BanyanCommand.RunAsync(survivor, "status")).AssertDone();
        BanyanCommand write = await command;
        Assert.True(write.ExitCode is 3 or 4, write.ToString());
        Assert.Contains(write.ExitCode == 3 ? "unavailable" : "ambiguous", write.Error);

        await cluster.RestartAsync(1);
        (await BanyanCommand.RunAsync(survivor, "spawn", "/root/After")).AssertDone();
        await cluster.RestartAsync(2);
        foreach (Uri gateway in cluster.Gateways) (await BanyanCommand.RunAsync(gateway, "get", "/root/After")).AssertDone();
    }
}
