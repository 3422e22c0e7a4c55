using System.Net.Http.Json;
using System.Text.Json;
using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.ProcessTests.Hostile;

/// <summary>Whether a cluster is as well as it was.</summary>
internal static class Health
{
    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>What a server says of itself.</summary>
    public static Task<JsonElement> StatusAsync(Uri gateway) => _http.GetFromJsonAsync<JsonElement>(new Uri(gateway, "/api/status"));

    /// <summary>Asserts that all servers are up, hear each other, never had to drop a peer, and commit.</summary>
    public static async Task AssertHealthyAsync(LocalCluster cluster)
    {
        for (int i = 0; i < cluster.Gateways.Count; i++)
        {
            Uri gateway = cluster.Gateways[i];
            Assert.Equal("ok\n", await _http.GetStringAsync(new Uri(gateway, "/healthz")));
            JsonElement status = await StatusAsync(gateway);
            Assert.True(status.GetProperty("healthy").GetBoolean());
            foreach (JsonElement peer in status.GetProperty("peers").EnumerateArray())
            {
                Assert.True(peer.GetProperty("reachable").GetBoolean() && peer.GetProperty("alive").GetBoolean(), peer.GetRawText());
                // While servers start, a peer may not be there yet; that it was turned away for what it said is another thing.
                Assert.DoesNotContain("refused there", peer.GetProperty("lastError").GetString() ?? "");
            }

            await using BanyanClient client = await BanyanClient.ConnectAsync(gateway, new() { Timeout = TimeSpan.FromSeconds(5) });
            TransactOutcome outcome = await client.TransactAsync(new SetPropertiesOperation(NodeRef.At("/root"), [new("metadata/health", PropertyValue.Encode(i))]));
            Assert.IsType<TransactOutcome.Committed>(outcome);
        }
    }
}
