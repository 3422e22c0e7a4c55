using System.Text.Json;

namespace Banyan.Bench.Cluster;

/// <summary>A range, as one server reports it.</summary>
/// <param name="Start">Its first key, as <see cref="Primitives.Key"/> prints it.</param>
/// <param name="HoldsLease">Whether the reporting server leads it.</param>
/// <param name="Keys">Keys that its replica holds.</param>
public sealed record RangeReport(string Start, bool HoldsLease, long Keys);

/// <summary>What a server says of itself at /api/status, as far as the benches need it.</summary>
/// <param name="Server">Which server.</param>
/// <param name="Timestamp">Its clock when it answered.</param>
/// <param name="Ranges">Its ranges in the order of their keys.</param>
/// <param name="BytesSent">To all its peers, since it started.</param>
public sealed record ServerReport(int Server, string Timestamp, IReadOnlyList<RangeReport> Ranges, long BytesSent)
{
    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Ranges that this server leads.</summary>
    public int Leases => Ranges.Count(r => r.HoldsLease);

    /// <summary>Asks a server.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    /// <exception cref="JsonException">It answers something else.</exception>
    public static async Task<ServerReport> ReadAsync(Uri gateway)
    {
        try
        {
            return Parse(await _http.GetByteArrayAsync(new Uri(gateway, "/api/status")).ConfigureAwait(false));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            throw new IOException($"{gateway}: {e.Message}", e);
        }
    }

    /// <summary>Reads a server's answer.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ServerReport Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        try
        {
            JsonElement root = document.RootElement;
            var ranges = new List<RangeReport>();
            foreach (JsonElement range in root.GetProperty("ranges").EnumerateArray())
            {
                ranges.Add(new(
                    range.GetProperty("start").GetString()!, range.GetProperty("holdsLease").GetBoolean(), range.GetProperty("keys").GetInt64()));
            }

            long bytes = root.GetProperty("peers").EnumerateArray().Sum(p => p.GetProperty("bytesSent").GetInt64());
            return new(root.GetProperty("server").GetInt32(), root.GetProperty("timestamp").GetString()!, ranges, bytes);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException("no status of a server", e);
        }
    }
}
