using System.Net;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Server.Games.Access;
using Banyan.Sync.Peers;

namespace Banyan.Server.Hosting;

/// <summary>Where a server of the cluster is found.</summary>
/// <param name="Id">Which server.</param>
/// <param name="Peer">Where the other servers reach it.</param>
/// <param name="Gateway">Where clients reach it, as "http://host:port", or "https://host:port" with a certificate.</param>
public sealed record ServerAddress(ServerId Id, IPEndPoint Peer, Uri Gateway);

/// <summary>All that a server is started with.</summary>
public sealed record ServerOptions
{
    /// <summary>Which of <see cref="Servers"/> this one is.</summary>
    public required ServerId Self { get; init; }

    /// <summary>All servers, this one included; the same list everywhere.</summary>
    public required IReadOnlyList<ServerAddress> Servers { get; init; }

    /// <summary>The folder of its log and checkpoints.</summary>
    public required string Folder { get; init; }

    /// <summary>Servers of another cluster are turned away.</summary>
    public string Cluster { get; init; } = "banyan";

    /// <summary>The store's knobs.</summary>
    public StoreOptions Store { get; init; } = new();

    /// <summary>The folder of the Godot project whose games may connect; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>The least <see cref="Grace"/>: a client with several gateways to try needs about as long.</summary>
    public static readonly TimeSpan GraceMin = TimeSpan.FromSeconds(1);

    /// <summary>The greatest <see cref="Grace"/>.</summary>
    public static readonly TimeSpan GraceMax = TimeSpan.FromHours(1);

    /// <summary>The <see cref="Grace"/> that is not said.</summary>
    public static readonly TimeSpan GraceDefault = TimeSpan.FromMicroseconds(PeerLimits.Default.GraceMicroseconds);

    /// <summary>How long a game's session that can resume outlives its connection; the same on all servers.</summary>
    public TimeSpan Grace { get; init; } = GraceDefault;

    /// <summary>Makes the game's own code; null for none. On all servers or on none.</summary>
    public Func<Sync.Code.IGameCode>? Code { get; init; }

    /// <summary>Who may connect with a game.</summary>
    internal AccessOptions Access { get; init; } = new();

    /// <summary>What the gateway's port shows of itself; null for no TLS.</summary>
    internal CertificateFiles? Certificate { get; init; }

    /// <summary>Every protocol step is added to this file (specs/check-trace); null for none.</summary>
    public string? Trace { get; init; }

    /// <summary>After so many bytes of log a checkpoint is written.</summary>
    public long CheckpointEveryBytes { get; init; } = 256 << 20;

    /// <summary>Events that may wait for the loop before it stops reading from its peers.</summary>
    public int WaitingEventsMax { get; init; } = 200_000;

    /// <summary>Clients that may be connected at once.</summary>
    public int SessionsMax { get; init; } = 10_000;

    /// <summary>Events handled between two rounds of work.</summary>
    public int EventsPerRound { get; init; } = 1024;
}
