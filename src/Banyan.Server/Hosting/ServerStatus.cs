using System.Text.Json;
using System.Text.Json.Serialization;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Raft;
using Banyan.Server.Gateway;
using Banyan.Server.Peers;
using Banyan.Sync.Hosting;

namespace Banyan.Server.Hosting;

/// <summary>What a server says of itself at /api/status.</summary>
public sealed record ServerStatus(
    uint Server, string Cluster, string Version, double UptimeSeconds, bool Healthy, string? Fault, string Timestamp,
    double ResolvedLagMs, int Sessions, long Commits, long CrossRangeCommits, long Restarts, long RecoveredRecords, double RecoveryMs,
    long MemoryBytes, GamesLine? Games, IReadOnlyList<PeerLine> Peers, IReadOnlyList<RangeLine> Ranges)
{
    /// <summary>As JSON, camel case.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StatusJson.Default.ServerStatus);

    internal static ServerStatus Of(Store store, StoreLoop loop, GatewayEndpoint gateway, GameHost? games, PeerTransportStatus transport, ServerOptions options, TimeSpan uptime)
    {
        Timestamp now = store.Clock.Reading;
        var peers = new List<PeerLine>();
        foreach (PeerStatus peer in transport.Peers)
        {
            peers.Add(new(
                peer.Peer.Value, peer.Reachable, peer.Attached, store.Liveness.IsAlive(peer.Peer), peer.BytesSent, peer.BytesReceived,
                peer.MessagesDropped, peer.LastSendError));
        }

        var ranges = new List<RangeLine>();
        foreach (Replica replica in store.Replicas.Values.OrderBy(r => r.State.Descriptor.Span.Start))
        {
            RaftGroup raft = replica.Log.Raft;
            ranges.Add(new(
                replica.Id.Value, replica.State.Descriptor.Span.Start.ToString(), replica.State.Descriptor.Generation, raft.Role.ToString(),
                raft.Leader.Value, replica.State.Lease.Holder.Value, replica.HoldsLeaseAt(Primitives.Timestamp.Zero), raft.Term.Value,
                raft.CommitIndex.Value, replica.State.AppliedIndex.Value, replica.State.Versions.Count,
                Math.Max(0, (now.Microseconds - replica.Resolved.Microseconds) / 1000.0), replica.State.Intents.Count));
        }

        return new(
            store.Self.Value, options.Cluster, ThisVersion, uptime.TotalSeconds, store.ClockFault is null, store.ClockFault, now.ToString(),
            Math.Max(0, (now.Microseconds - store.Feed.Frontier.Microseconds) / 1000.0), gateway.Count, store.Coordinator.Commits,
            store.Coordinator.CrossRangeCommits, store.Coordinator.Restarts, loop.RecoveredRecords, loop.RecoveryTime.TotalMilliseconds,
            Environment.WorkingSet, games is null ? null : new(options.Access.IsOpen, games.ClientCount, games.PeerCount, games.RunsCode, games.Counted), peers, ranges);
    }

    /// <summary>The version of the executable.</summary>
    public static string ThisVersion { get; } = typeof(ServerStatus).Assembly.GetName().Version?.ToString(3) ?? "0";
}

/// <summary>Whether anybody may enter; Godot clients of this server, and of all; whether the game's code runs here; what was refused or lost, by cause.</summary>
public sealed record GamesLine(bool Open, int Clients, int Peers, bool RunsCode, IReadOnlyDictionary<string, long> Refused);

/// <summary>Another server, as this one sees it.</summary>
public sealed record PeerLine(
    uint Server, bool Reachable, bool Attached, bool Alive, long BytesSent, long BytesReceived, long MessagesDropped, string? LastError);

/// <summary>A range, as this server sees it. <paramref name="LagMs"/>: how far reads at a timestamp trail behind.</summary>
public sealed record RangeLine(
    ulong Range, string Start, ulong Generation, string Role, uint Leader, uint Leaseholder, bool HoldsLease, ulong Term, ulong CommitIndex,
    ulong AppliedIndex, long Keys, double LagMs, int Intents);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
