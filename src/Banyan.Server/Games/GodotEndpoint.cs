using System.Net.WebSockets;
using Banyan.Server.Hosting;
using Banyan.Sync.Peers;

namespace Banyan.Server.Games;

/// <summary>Where Godot games connect with <c>WebSocketMultiplayerPeer.create_client</c>.</summary>
internal sealed class GodotEndpoint(StoreLoop loop, GodotHost host, PeerLimits limits, int clientsMax)
{
    /// <summary>Of the gateway's address.</summary>
    public const string Path = "/godot";

    private const int BacklogBytesMax = 8 << 20;
    private readonly Lock _gate = new();
    private readonly HashSet<GodotSocket> _sockets = [];

    /// <summary>Serves one client, until it goes.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            await context.Response.WriteAsync("this is a WebSocket endpoint for Godot games\n").ConfigureAwait(false);
            return;
        }

        lock (_gate)
        {
            if (_sockets.Count >= clientsMax)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }
        }

        using WebSocket webSocket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(5), KeepAliveTimeout = TimeSpan.FromSeconds(10) }).ConfigureAwait(false);
        using var socket = new GodotSocket(webSocket, limits.PacketBytesMax, BacklogBytesMax);
        lock (_gate) _sockets.Add(socket);
        GodotPeer? peer = null;
        try
        {
            peer = await loop.Ask(_ => host.Connect(socket)).ConfigureAwait(false);
            await socket.RunAsync(packet => loop.Post(_ =>
            {
                if (peer is not null) host.OnPacket(peer, packet);
            })).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) _sockets.Remove(socket);
            if (peer is not null) loop.Post(_ => host.Disconnect(peer));
        }
    }

    /// <summary>Closes all connections.</summary>
    public void CloseAll()
    {
        lock (_gate)
        {
            foreach (GodotSocket socket in _sockets) socket.Fail("the server is stopping");
        }
    }
}
