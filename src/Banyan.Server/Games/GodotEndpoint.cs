using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using Banyan.Primitives;
using Banyan.Server.Games.Access;
using Banyan.Server.Hosting;
using Banyan.Sync.Frames;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;

namespace Banyan.Server.Games;

/// <summary>Where Godot games connect with <c>WebSocketMultiplayerPeer.create_client</c>.</summary>
internal sealed class GodotEndpoint(StoreLoop loop, GameHost host, GameAccess access, PeerLimits limits, int clientsMax)
{
    /// <summary>Of the gateway's address.</summary>
    public const string Path = "/godot";

    private const int BacklogBytesMax = 8 << 20;
    private static readonly TimeSpan _helloMax = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly HashSet<GodotSocket> _sockets = [];
    private readonly ConnectionsByAddress _connections = new(access.ConnectionsPerAddress);

    /// <summary>Serves one client, until it goes.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            await context.Response.WriteAsync("this is a WebSocket endpoint for Godot games\n").ConfigureAwait(false);
            return;
        }

        bool isFramed = context.WebSockets.WebSocketRequestedProtocols.Contains(SessionFrame.Subprotocol);
        if (access.Enter(context.Request, isFramed, out Admission? admission) is { } refusal)
        {
            await RefuseAsync(context.Response, refusal).ConfigureAwait(false);
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

        IPAddress address = GameAccess.AddressOf(context.Request);
        if (!_connections.TryAdd(address))
        {
            await RefuseAsync(context.Response, new(StatusCodes.Status429TooManyRequests, "too many connections from this address")).ConfigureAwait(false);
            return;
        }

        try
        {
            AuthHandshake? auth = admission is null ? access.Authenticate(address) : null;
            await ServeAsync(context, admission, auth, isFramed).ConfigureAwait(false);
        }
        finally
        {
            _connections.Remove(address);
        }
    }

    /// <summary>Closes all connections.</summary>
    public void CloseAll()
    {
        lock (_gate)
        {
            foreach (GodotSocket socket in _sockets) socket.Fail("the server is stopping", isFinal: false);
        }
    }

    private Task RefuseAsync(HttpResponse response, AccessRefusal refusal)
    {
        loop.Post(_ => host.Count($"{refusal.Status}: {refusal.Why}"));
        response.StatusCode = refusal.Status;
        if (refusal.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        if (refusal.Status == StatusCodes.Status429TooManyRequests) response.Headers.RetryAfter = "60";
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync(refusal.Why + "\n");
    }

    private async Task ServeAsync(HttpContext context, Admission? admission, AuthHandshake? auth, bool isFramed)
    {
        using WebSocket webSocket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext
            {
                KeepAliveInterval = TimeSpan.FromSeconds(5),
                KeepAliveTimeout = TimeSpan.FromSeconds(10),
                SubProtocol = isFramed ? SessionFrame.Subprotocol : null,
            }).ConfigureAwait(false);
        using var socket = new GodotSocket(webSocket, CorkedStream.Of(context), limits, BacklogBytesMax, isFramed);
        lock (_gate) _sockets.Add(socket);
        try
        {
            if (auth is not null) await ServeAuthenticatingAsync(socket, auth).ConfigureAwait(false);
            else if (isFramed) await ServeFramedAsync(socket, admission!).ConfigureAwait(false);
            else await ServeStockAsync(socket, admission!).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) _sockets.Remove(socket);
            if (socket.PassedLimit is { } limit) loop.Post(_ => host.Count(limit));
        }
    }

    private async Task ServeStockAsync(GodotSocket socket, Admission admission)
    {
        HostedPeer? client = await loop.Ask(_ => host.Connect(socket, admission)).ConfigureAwait(false);
        try
        {
            await socket.RunAsync(packet => loop.Post(_ =>
            {
                if (client is not null) host.OnPacket(client, packet);
            })).ConfigureAwait(false);
        }
        finally
        {
            if (client is not null) loop.Post(_ => host.Disconnect(client));
        }
    }

    // It is told its peer id, but joins only when it has said who it is.
    private async Task ServeAuthenticatingAsync(GodotSocket socket, AuthHandshake auth)
    {
        int peer = await loop.Ask(_ => host.NewId()).ConfigureAwait(false);
        var id = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(id, peer);
        socket.Send(id);
        HostedPeer? client = null; // of the loop
        void Refuse(string why)
        {
            loop.Post(_ => host.Count("send_auth: " + why));
            socket.Fail(why);
        }

        using var late = new Timer(
            _ =>
            {
                if (auth.Complete is null) Refuse(AuthHandshake.TooLate);
            }, null, AuthHandshake.TimeMax, Timeout.InfiniteTimeSpan);
        try
        {
            await socket.RunAsync(packet =>
            {
                if (auth.Complete is not null)
                {
                    loop.Post(_ =>
                    {
                        if (client is not null) host.OnPacket(client, packet);
                    });
                }
                else if (auth.OnPacket(packet) is { } why) Refuse(why);
                else if (auth.Complete is { } admission) loop.Post(_ => client = host.Connect(socket, admission with { Peer = peer }));
            }).ConfigureAwait(false);
        }
        finally
        {
            loop.Post(_ =>
            {
                if (client is not null) host.Disconnect(client);
            });
        }
    }

    private async Task ServeFramedAsync(GodotSocket socket, Admission admission)
    {
        int packetBytesMax = socket.MessageBytesMax;
        socket.MessageBytesMax = HelloFrame.MemoryBytesMax + packetBytesMax;
        socket.IsRated = false;
        bool isGreeted = false;
        HostedPeer? client = null; // of the loop
        // A connection that never says what it wants would be there for good.
        using var late = new Timer(
            _ =>
            {
                if (!Volatile.Read(ref isGreeted)) socket.Fail("no HELLO in time");
            }, null, _helloMax, Timeout.InfiniteTimeSpan);
        try
        {
            await socket.RunAsync(frame =>
            {
                if (isGreeted)
                {
                    loop.Post(_ =>
                    {
                        if (client is not null) host.OnFrame(client, frame);
                    });
                    return;
                }

                isGreeted = true;
                socket.MessageBytesMax = packetBytesMax;
                socket.IsRated = true;
                if (HelloFrame.TryRead(frame, out HelloFrame? hello, out string error)) loop.Post(_ => client = host.Connect(socket, hello, admission));
                else socket.Fail(error);
            }).ConfigureAwait(false);
        }
        finally
        {
            loop.Post(_ =>
            {
                if (client is not null) host.Disconnect(client);
            });
        }
    }
}
