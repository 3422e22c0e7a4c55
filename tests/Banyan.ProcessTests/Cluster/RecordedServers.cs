using System.Text.Json.Nodes;
using Banyan.Client.Local;

namespace Banyan.ProcessTests.Cluster;

/// <summary>What servers that ran with <c>--trace</c> have written: through writes over several ranges, a kill and a restart.</summary>
public sealed class RecordedServers : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The files of a server on its own.</summary>
    internal IReadOnlyList<string> OfOne { get; private set; } = [];

    /// <summary>The files of three servers, one of which was killed and came back.</summary>
    internal IReadOnlyList<string> OfThree { get; private set; } = [];

    internal IReadOnlyList<string> Of(int servers) => servers == 1 ? OfOne : OfThree;

    internal static List<JsonObject> Lines(string file) => [.. File.ReadLines(file).Select(l => JsonNode.Parse(l)!.AsObject())];

    public async ValueTask InitializeAsync()
    {
        OfOne = await RecordAsync(1);
        OfThree = await RecordAsync(3);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<IReadOnlyList<string>> RecordAsync(int servers)
    {
        string files = Path.Combine(_folder.Path, $"{servers}-servers-{{server}}.ndjson");
        await using (LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, servers, moreArguments: ["--trace", files]))
        {
            Uri gateway = cluster.Gateways[0];
            (await BanyanCommand.RunAsync(gateway, "import", Checkout.Town, "--ranges", "3")).AssertDone();
            await WriteAsync(gateway, "Before");
            cluster.Kill(servers);
            // Three servers go on with two.
            if (servers > 1) await WriteAsync(gateway, "Meanwhile");
            await cluster.RestartAsync(servers);
            await WriteAsync(gateway, "After");
        }

        return [.. Enumerable.Range(1, servers).Select(n => files.Replace("{server}", n.ToString()))];
    }

    // Nodes that lie in several ranges, in one transaction.
    private static async Task WriteAsync(Uri gateway, string name)
    {
        using TemporaryFile batch = new($$"""
            [{"op":"spawn","parent":"/root","name":"{{name}}","type":"Node3D"},
             {"op":"set","node":"/root/Town","properties":{"metadata/{{name}}":"1"} },
             {"op":"set","node":"/root/Town/Districts/Harbour","properties":{"metadata/{{name}}":"1"} }]
            """);
        (await BanyanCommand.RunAsync(gateway, "txn", batch.Path)).AssertDone();
        for (int i = 0; i < 5; i++) (await BanyanCommand.RunAsync(gateway, "set", $"/root/{name}", $"metadata/{i}", "1")).AssertDone();
    }
}
