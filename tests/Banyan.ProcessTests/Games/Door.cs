using System.Net;
using System.Text.Json;

namespace Banyan.ProcessTests.Games;

/// <summary>A gateway's answer to a request for a WebSocket: what <see cref="System.Net.WebSockets.ClientWebSocket"/> does not show.</summary>
internal sealed record Door(HttpStatusCode Status, string Why)
{
    /// <summary>Knocks; a request that is taken is given up at once.</summary>
    public static async Task<Door> KnockAsync(Uri gateway, string query = "", string? origin = null, string? bearer = null, string path = "/godot")
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(gateway) { Path = path, Query = query }.Uri);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new("websocket"));
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (bearer is not null) request.Headers.Add("Authorization", "Bearer " + bearer);
        using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        bool isTaken = answer.StatusCode == HttpStatusCode.SwitchingProtocols;
        return new(answer.StatusCode, isTaken ? "" : await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The games section of a server's status; with the key, where it is for operators only.</summary>
    public static async Task<JsonElement> GamesAsync(Uri gateway, KeyFile? key = null)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        if (key is not null) http.DefaultRequestHeaders.Authorization = new("Bearer", await key.OperatorTokenAsync());
        return JsonDocument.Parse(await http.GetStringAsync(new Uri(gateway, "/api/status"), TestContext.Current.CancellationToken)).RootElement.GetProperty("games");
    }

    /// <summary>How often something was refused.</summary>
    public static async Task<long> RefusedAsync(Uri gateway, string why, KeyFile? key = null) =>
        (await GamesAsync(gateway, key)).GetProperty("refused").TryGetProperty(why, out JsonElement count) ? count.GetInt64() : 0;
}
