using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;

namespace Banyan.ProcessTests.Games;

/// <summary>The connection of a stock game: packets in the order in which they came, and a queue of those to be sent.</summary>
internal sealed class StockConnection : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentQueue<byte[]> _received = [];
    private Task _reading = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;

    /// <summary>Why it is over; null while it is not.</summary>
    public string? Ended { get; private set; }

    public async Task ConnectAsync(Uri gateway, Action<ClientWebSocketOptions>? options = null)
    {
        options?.Invoke(_socket.Options);
        await _socket.ConnectAsync(new UriBuilder(gateway) { Scheme = gateway.Scheme == "https" ? "wss" : "ws", Path = "/godot" }.Uri, CancellationToken.None);
        _reading = ReadAsync();
    }

    /// <summary>The next packet, if one has come.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? packet) => _received.TryDequeue(out packet);

    public void Send(ReadOnlySpan<byte> packet)
    {
        byte[] copy = packet.ToArray();
        _sending = _sending.ContinueWith(
            _ => Ended is null ? _socket.SendAsync(copy, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None) : Task.CompletedTask,
            TaskScheduler.Default).Unwrap();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _sending;
            if (_socket.State == WebSocketState.Open) await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // It was over already.
        }

        await _reading;
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 20];
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult read;
                do
                {
                    read = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += read.Count;
                }
                while (!read.EndOfMessage);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    Ended = _socket.CloseStatusDescription ?? "closed";
                    return;
                }

                _received.Enqueue(buffer[..length]);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException)
        {
            Ended = e.Message;
        }
    }
}
