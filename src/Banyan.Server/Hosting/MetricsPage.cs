using System.Globalization;
using System.Text;

namespace Banyan.Server.Hosting;

/// <summary>A server's status in Prometheus' text format (version 0.0.4), for /metrics.</summary>
/// <remarks>Counters begin at 0 with the process. Source: prometheus.io/docs/instrumenting/exposition_formats.</remarks>
public sealed class MetricsPage
{
    /// <summary>What the page is to be sent as.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    private MetricsPage()
    {
    }

    /// <summary>The page.</summary>
    public static string Of(ServerStatus status)
    {
        var page = new MetricsPage();
        page.Gauge("banyan_info", "Which server of which cluster this is", 1, ("cluster", status.Cluster), ("server", Text(status.Server)), ("version", status.Version));
        page.Gauge("banyan_healthy", "1 if the server is, as at /healthz", status.Healthy ? 1 : 0);
        page.Gauge("banyan_uptime_seconds", "Since the process has started", status.UptimeSeconds);
        page.Gauge("banyan_memory_bytes", "Resident memory", status.MemoryBytes);
        page.Gauge("banyan_sessions", "Connections of Banyan's own protocol", status.Sessions);
        page.Gauge("banyan_resolved_lag_seconds", "How far reads at a timestamp, and what games see of the tree, trail behind", status.ResolvedLagMs / 1000);
        page.Counter("banyan_commits_total", "Transactions that this server has committed", status.Commits);
        page.Counter("banyan_cross_range_commits_total", "Those among them that touched several ranges", status.CrossRangeCommits);
        page.Counter("banyan_transaction_restarts_total", "Transactions that had to begin again", status.Restarts);
        page.Gauge("banyan_ranges", "Ranges with a replica here", status.Ranges.Count);
        page.Gauge("banyan_leases", "Ranges that this server leads", status.Ranges.Count(r => r.HoldsLease));
        page.Each("banyan_peer_reachable", "gauge", "1 if another server can be sent to", status.Peers, p => p.Reachable ? 1 : 0);
        page.Each("banyan_peer_alive", "gauge", "1 if another server renews its liveness", status.Peers, p => p.Alive ? 1 : 0);
        page.Each("banyan_peer_sent_bytes_total", "counter", "Bytes to another server", status.Peers, p => p.BytesSent);
        page.Each("banyan_peer_received_bytes_total", "counter", "Bytes from another server", status.Peers, p => p.BytesReceived);
        page.Each("banyan_peer_dropped_messages_total", "counter", "Messages to another server that were given up", status.Peers, p => p.MessagesDropped);
        if (status.Games is not { } games) return page._text.ToString();
        page.Gauge("banyan_game_clients", "Godot clients of this gateway", games.Clients);
        page.Gauge("banyan_game_peers", "Godot clients of the cluster", games.Peers);
        page.Gauge("banyan_game_code_running", "1 where the game's own code runs", games.RunsCode ? 1 : 0);
        page.Head("banyan_game_refused_total", "counter", "What was refused of clients or lost, by cause");
        foreach ((string cause, long count) in games.Refused.OrderBy(r => r.Key, StringComparer.Ordinal)) page.Line("banyan_game_refused_total", count, ("cause", cause));
        return page._text.ToString();
    }

    private void Gauge(string name, string help, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Head(name, "gauge", help);
        Line(name, value, labels);
    }

    private void Counter(string name, string help, long value)
    {
        Head(name, "counter", help);
        Line(name, value);
    }

    private void Each(string name, string type, string help, IReadOnlyList<PeerLine> peers, Func<PeerLine, double> value)
    {
        Head(name, type, help);
        foreach (PeerLine peer in peers) Line(name, value(peer), ("peer", Text(peer.Server)));
    }

    private void Head(string name, string type, string help) => _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private void Line(string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(name);
        for (int i = 0; i < labels.Length; i++)
        {
            // What clients send never stands in a label, but what is in a label may hold anything.
            string escaped = labels[i].Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(escaped).Append('"');
        }

        if (labels.Length > 0) _text.Append('}');
        _text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
