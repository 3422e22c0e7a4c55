using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Banyan.Bench.Load;

namespace Banyan.Bench.Games;

/// <summary>What loopback itself costs: a message from one WebSocket to another by way of a task that does nothing else.</summary>
internal static class LoopbackRelay
{
    private const int MessageLength = 40;

    /// <summary>Measures messages, one after the other.</summary>
    public static async Task<LatencyHistogram> MeasureAsync(int messages, CancellationToken stop)
    {
        (WebSocket from, WebSocket fromEnd) = await ConnectAsync(stop).ConfigureAwait(false);
        (WebSocket to, WebSocket toEnd) = await ConnectAsync(stop).ConfigureAwait(false);
        using (from)
        using (fromEnd)
        using (to)
        using (toEnd)
        {
            Task relay = RelayAsync(fromEnd, toEnd, messages, stop);
            var latencies = new LatencyHistogram();
            var message = new byte[MessageLength];
            for (int i = 0; i < messages; i++)
            {
                long began = Stopwatch.GetTimestamp();
                await from.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, stop).ConfigureAwait(false);
                await to.ReceiveAsync(message.AsMemory(), stop).ConfigureAwait(false);
                latencies.Record((long)Stopwatch.GetElapsedTime(began).TotalNanoseconds);
                await Task.Delay(1, stop).ConfigureAwait(false);
            }

            await relay.ConfigureAwait(false);
            return latencies;
        }
    }

    private static async Task RelayAsync(WebSocket from, WebSocket to, int messages, CancellationToken stop)
    {
        var message = new byte[MessageLength];
        for (int i = 0; i < messages; i++)
        {
            await from.ReceiveAsync(message.AsMemory(), stop).ConfigureAwait(false);
            await to.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, stop).ConfigureAwait(false);
        }
    }

    // Both ends of a connection, without the handshake.
    private static async Task<(WebSocket Client, WebSocket Server)> ConnectAsync(CancellationToken stop)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, stop).ConfigureAwait(false);
        TcpClient server = await listener.AcceptTcpClientAsync(stop).ConfigureAwait(false);
        server.NoDelay = true;
        return (
            WebSocket.CreateFromStream(client.GetStream(), isServer: false, null, Timeout.InfiniteTimeSpan),
            WebSocket.CreateFromStream(server.GetStream(), isServer: true, null, Timeout.InfiniteTimeSpan));
    }
}
