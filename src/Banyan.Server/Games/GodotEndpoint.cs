using System.Net.WebSockets;
using Banyan.Primitives;
using Banyan.Server.Hosting;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;

namespace Banyan.Server.Games;

/// <summary>Where Godot games connect with <c>WebSocketMultiplayerPeer.create_client</c>.</summary>
internal sealed class GodotEndpoint(StoreLoop loop, GodotHost host, PeerLimits limits, int clientsMax)
{
    /// <summary>Of the gateway's address.</summary>
    public const string Path = "/godot";

    private const int BacklogBytesMax = 8 << 20;
    private const int PingLength = 9;
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

        bool isFramed = context.WebSockets.WebSocketRequestedProtocols.Contains(SessionFrame.Subprotocol);
        using WebSocket webSocket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext
            {
                KeepAliveInterval = TimeSpan.FromSeconds(5), KeepAliveTimeout = TimeSpan.FromSeconds(10), SubProtocol = isFramed ? SessionFrame.Subprotocol : null,
            }).ConfigureAwait(false);
        using var socket = new GodotSocket(webSocket, limits.PacketBytesMax + SessionFrame.HeaderBytesMax, BacklogBytesMax, isFramed);
        lock (_gate) _sockets.Add(socket);
        try
        {
            if (isFramed) await ServeFramedAsync(socket).ConfigureAwait(false);
            else await ServeStockAsync(socket).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) _sockets.Remove(socket);
        }
    }

    private async Task ServeStockAsync(GodotSocket socket)
    {
        GodotPeer? client = await loop.Ask(_ => host.Connect(socket)).ConfigureAwait(false);
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

    private async Task ServeFramedAsync(GodotSocket socket)
    {
        int packetBytesMax = socket.MessageBytesMax;
        socket.MessageBytesMax = HelloFrame.MemoryBytesMax + packetBytesMax;
        bool isGreeted = false;
        GodotPeer? client = null; // of the loop
        try
        {
            await socket.RunAsync(frame =>
            {
                if (isGreeted)
                {
                    loop.Post(_ =>
                    {
                        if (client is not null) OnFrame(client, frame);
                    });
                    return;
                }

                isGreeted = true;
                socket.MessageBytesMax = packetBytesMax;
                if (HelloFrame.TryRead(frame, out HelloFrame? hello, out string error)) loop.Post(_ => client = host.Connect(socket, hello));
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

    private void OnFrame(GodotPeer client, byte[] frame)
    {
        var reader = new ByteReader(frame);
        switch ((ClientFrameKind)reader.Byte())
        {
            case ClientFrameKind.Packet:
                host.OnPacket(client, frame.AsSpan(1));
                return;
            case ClientFrameKind.Numbered when reader.UInt32() is var number and not 0:
                host.OnPacket(client, reader.Raw(reader.Remaining), number);
                return;
            case ClientFrameKind.Heard:
                var heard = new List<KeyValuePair<int, uint>>();
                if (!SessionFrame.TryReadHeard(frame.AsSpan(1), limits.MemoryEntriesMax, heard)) break;
                GodotHost.OnHeard(client, heard);
                return;
            case ClientFrameKind.Ping when frame.Length == PingLength:
                frame[0] = (byte)GatewayFrameKind.Pong;
                client.Socket.Send(frame);
                return;
            case ClientFrameKind.Bye:
                client.IsLeaving = true;
                client.Socket.Fail("goodbye");
                return;
        }

        client.Socket.Fail("a frame that cannot be read");
    }

    /// <summary>Closes all connections.</summary>
    public void CloseAll()
    {
        lock (_gate)
        {
            foreach (GodotSocket socket in _sockets) socket.Fail("the server is stopping", isFinal: false);
        }
    }
}
