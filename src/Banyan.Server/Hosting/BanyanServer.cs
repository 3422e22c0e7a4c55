using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Reaping;
using Banyan.Server.Games;
using Banyan.Server.Gateway;
using Banyan.Server.Peers;
using Banyan.Server.Projects;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Banyan.Server.Hosting;

/// <summary>One server of a cluster: store, transport to its peers, gateway for clients, and its HTTP pages.</summary>
internal sealed class BanyanServer : IAsyncDisposable
{
    private static readonly TimeSpan _stuckAfter = TimeSpan.FromSeconds(2);

    private readonly ServerOptions _options;
    private readonly StoreLoop _loop;
    private readonly PeerTransport _transport;
    private readonly GatewayEndpoint _gateway;
    private readonly GameHost? _games;
    private readonly GodotEndpoint? _godot;
    private readonly WebApplication _http;
    private readonly Stopwatch _up = Stopwatch.StartNew();

    private BanyanServer(ServerOptions options, StoreLoop loop, PeerTransport transport, GatewayEndpoint gateway, GameHost? games, GodotEndpoint? godot, WebApplication http)
    {
        _options = options;
        _loop = loop;
        _transport = transport;
        _gateway = gateway;
        _games = games;
        _godot = godot;
        _http = http;
    }

    /// <summary>Ends when the store does; with the exception that ended it.</summary>
    public Task Ended => _loop.Ended;

    /// <summary>How long the recovery took, and of how many records.</summary>
    public (TimeSpan Time, long Records) Recovery => (_loop.RecoveryTime, _loop.RecoveredRecords);

    /// <summary>Recovers and starts everything.</summary>
    /// <exception cref="Storage.CorruptFileException">Log or checkpoint are damaged.</exception>
    /// <exception cref="IOException">The folder or a port cannot be used.</exception>
    public static async Task<BanyanServer> StartAsync(ServerOptions options)
    {
        ServerAddress self = options.Servers.First(s => s.Id == options.Self);
        var loop = new StoreLoop(options);
        PeerTransport? transport = null;
        try
        {
            transport = new(options.Self, new() { Listen = self.Peer, Cluster = options.Cluster }, loop);
            foreach (ServerAddress peer in options.Servers)
            {
                if (peer.Id != options.Self) transport.SetPeer(peer.Id, peer.Peer);
            }

            var gateway = new GatewayEndpoint(loop, options);
            var keeper = new SceneKeeper(loop.Store);
            var collector = new CalmCollector();
            (GameHost? games, GodotEndpoint? godot) = MakeGodot(loop, options);
            loop.TicksAlways = () => games is { IsBusy: true };
            loop.OnTick = () =>
            {
                keeper.Tick();
                games?.Tick();
                // Players notice a pause, also while nothing of theirs is written.
                collector.Tick(loop.Store.IsCalm && games is not { ClientCount: > 0 });
            };
            WebApplication http = BuildHttp(self.Gateway, options.Certificate);
            var server = new BanyanServer(options, loop, transport, gateway, games, godot, http);
            server.MapPages();
            transport.Start();
            loop.Start(transport);
            await http.StartAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            if (transport is not null) await transport.DisposeAsync().ConfigureAwait(false);
            loop.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _gateway.CloseAll();
        _godot?.CloseAll();
        using (var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
        {
            try
            {
                await _http.StopAsync(soon.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Whoever still holds a connection loses it.
            }
        }

        await _http.DisposeAsync().ConfigureAwait(false);
        if (_games is not null && !_loop.Ended.IsCompleted) await StopCodeAsync(_games).ConfigureAwait(false);
        _loop.Stop();
        await _transport.DisposeAsync().ConfigureAwait(false);
        _loop.Dispose();
    }

    private async Task StopCodeAsync(GameHost games)
    {
        try
        {
            await _loop.Ask(_ =>
            {
                games.Stop();
                return true;
            }).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The loop hangs, or has just ended: nobody is left to be told.
        }
    }

    private static (GameHost?, GodotEndpoint?) MakeGodot(StoreLoop loop, ServerOptions options)
    {
        if (options.Project is not { } folder) return (null, null);
        var project = new ProjectFolder(folder);
        GameRules rules = GameRules.None;
        if (project.TryRead("res://" + GameRules.FileName, out string json) && !GameRules.TryParse(json, out rules, out string error))
            throw new IOException($"{Path.Combine(folder, GameRules.FileName)}: {error}");
        ImmutableArray<string> gateways = [.. options.Servers.Select(s => $"{(s.Gateway.Scheme == "https" ? "wss" : "ws")}://{s.Gateway.Authority}{GodotEndpoint.Path}")];
        PeerLimits limits = PeerLimits.Default with { GraceMicroseconds = (long)options.Grace.TotalMicroseconds };
        var host = new GameHost(loop.Store, new(project), rules, limits, gateways, options.Code, new GameHostEdge(loop));
        return (host, new(loop, host, new(options.Access, TimeProvider.System), limits, options.SessionsMax));
    }

    private static WebApplication BuildHttp(Uri address, CertificateFiles? certificate)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        // Sessions decode, hand over to the loop and never block: they need no thread switch of their own at each end.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseKestrelCore();
        if (certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        IPAddress ip = address.HostNameType == UriHostNameType.Dns ? Dns.GetHostAddresses(address.Host)[0] : IPAddress.Parse(address.Host.Trim('[', ']'));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
            kestrel.Listen(new IPEndPoint(ip, address.Port), o =>
            {
                o.Protocols = HttpProtocols.Http1;
                if (certificate is null) return;
                o.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificate.Options) });
            });
        });
        return builder.Build();
    }

    private void MapPages()
    {
        _http.Use((context, next) =>
        {
            if (context.Request.Path == GodotEndpoint.Path) CorkedStream.Install(context);
            return next(context);
        });
        _http.UseWebSockets();
        _http.Run(async context =>
        {
            switch (context.Request.Path.Value)
            {
                case GatewayProtocol.Path:
                    await _gateway.ServeAsync(context).ConfigureAwait(false);
                    break;
                case GodotEndpoint.Path when _godot is not null:
                    await _godot.ServeAsync(context).ConfigureAwait(false);
                    break;
                case "/healthz":
                    string? why = WhyNotHealthy();
                    context.Response.StatusCode = why is null ? 200 : 503;
                    context.Response.ContentType = "text/plain";
                    await context.Response.WriteAsync((why ?? "ok") + "\n").ConfigureAwait(false);
                    break;
                case "/api/status":
                    if (await _gateway.RefuseAsync(context).ConfigureAwait(false)) break;
                    context.Response.ContentType = "application/json";
                    await context.Response.Body.WriteAsync((await StatusAsync().ConfigureAwait(false)).ToJson()).ConfigureAwait(false);
                    break;
                case "/metrics":
                    if (await _gateway.RefuseAsync(context).ConfigureAwait(false)) break;
                    context.Response.ContentType = MetricsPage.ContentType;
                    await context.Response.WriteAsync(MetricsPage.Of(await StatusAsync().ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                default:
                    context.Response.StatusCode = 404;
                    await context.Response.WriteAsync($"Banyan {ServerStatus.ThisVersion}: /healthz, /api/status, /metrics, {GatewayProtocol.Path} (WebSocket)\n").ConfigureAwait(false);
                    break;
            }
        });
    }

    private Task<ServerStatus> StatusAsync() =>
        _loop.Ask(store => ServerStatus.Of(store, _loop, _gateway, _games, _transport.Status(), _options, _up.Elapsed));

    private string? WhyNotHealthy()
    {
        if (_loop.Ended.IsCompleted) return "the store has stopped";
        if (Stopwatch.GetElapsedTime(_loop.LastTurn) > _stuckAfter) return "the store's loop does not turn";
        return _loop.Store.ClockFault;
    }
}
