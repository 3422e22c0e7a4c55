using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Banyan.Client;
using Banyan.Server.Hosting;

namespace Banyan.Server.Cli;

/// <summary><c>banyan status</c>: servers, ranges, leaseholders.</summary>
internal static class StatusCommand
{
    public static Command Make()
    {
        var command = new Command("status", "Show a server's view of the cluster: peers, ranges, leaseholders, terms, lag");
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>Asks a server for its status.</summary>
    public static async Task<ServerStatus> ReadAsync(Uri gateway, CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway, "/api/status"));
            if (CommandLine.Token is { } token) request.Headers.Authorization = new("Bearer", token);
            using HttpResponseMessage answer = await http.SendAsync(request, stop).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) throw BanyanException.NotAnOperator(gateway, CommandLine.Token);
            byte[] body = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(stop).ConfigureAwait(false);
            return JsonSerializer.Deserialize(body, StatusJson.Default.ServerStatus)!;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw CommandFailed.Interrupted();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
        {
            throw new BanyanException(Client.Protocol.FailureCode.Unavailable, $"{gateway}: {e.Message}");
        }
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        ServerStatus status = await ReadAsync(CommandLine.GatewayOf(parsed), stop).ConfigureAwait(false);
        if (parsed.GetValue(CommandLine.Json))
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write(status.ToJson());
            output.WriteByte((byte)'\n');
            return ExitCode.Ok;
        }

        Console.WriteLine(
            $"server {status.Server} of \"{status.Cluster}\" ({status.Version}), up {status.UptimeSeconds:F0} s, {(status.Healthy ? "healthy" : "NOT HEALTHY: " + status.Fault)}");
        Console.WriteLine(
            $"{status.Sessions} clients, {status.Commits} commits ({status.CrossRangeCommits} across ranges, {status.Restarts} restarts), {status.MemoryBytes >> 20} MiB, reads at a timestamp trail by {status.ResolvedLagMs:F0} ms");
        if (status.Games is { } games)
        {
            string code = games.RunsCode ? ", the game's code runs here" : "";
            Console.WriteLine($"games: {(games.Open ? "open to anybody" : "with tokens")}, {games.Clients} players here, {games.Peers} in the cluster{code}");
            foreach ((string cause, long count) in games.Refused.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal)) Console.WriteLine($"  {count,8} times: {cause}");
        }

        foreach (PeerLine peer in status.Peers)
            Console.WriteLine($"  peer {peer.Server}: {(peer.Alive ? "alive" : "NOT ALIVE")}, {(peer.Reachable ? "reachable" : "unreachable: " + peer.LastError)}, {peer.MessagesDropped} messages dropped");
        Console.WriteLine($"{status.Ranges.Count} ranges");
        Console.WriteLine($"  {"range",-16} {"leaseholder",-11} {"term",5} {"committed",10} {"applied",10} {"keys",8} {"lag ms",7} {"intents",7}  start");
        foreach (RangeLine range in status.Ranges)
        {
            Console.WriteLine(
                $"  {range.Range,-16} {"s" + range.Leaseholder,-11} {range.Term,5} {range.CommitIndex,10} {range.AppliedIndex,10} {range.Keys,8} {range.LagMs,7:F0} {range.Intents,7}  {range.Start}");
        }

        return ExitCode.Ok;
    }
}
