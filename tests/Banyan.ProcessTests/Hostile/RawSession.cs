using System.Net.WebSockets;
using Banyan.Client.Protocol;
using Banyan.Primitives;

namespace Banyan.ProcessTests.Hostile;

/// <summary>A connection to a gateway over which any bytes can be sent.</summary>
internal sealed class RawSession : IDisposable
{
    /// <summary>Reached only when a test fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1 << 16];
    private byte[] _rest = [];

    /// <summary>Why the gateway closed the connection; "" before it did.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Connects, without a greeting.</summary>
    public static async Task<RawSession> OpenAsync(Uri gateway)
    {
        var session = new RawSession();
        session._socket.Options.Proxy = null;
        var uri = new UriBuilder(gateway) { Scheme = "ws", Path = GatewayProtocol.Path };
        await session._socket.ConnectAsync(uri.Uri, CancellationToken.None).WaitAsync(Patience);
        return session;
    }

    /// <summary>Connects and greets.</summary>
    public static async Task<RawSession> GreetAsync(Uri gateway, ulong client)
    {
        RawSession session = await OpenAsync(gateway);
        await session.SendAsync(Hello(client));
        byte[]? welcome = await session.ReceiveAsync();
        Assert.Equal(ReplyKind.Welcome, (ReplyKind)welcome![0]);
        return session;
    }

    /// <summary>The bytes of a frame, without their length.</summary>
    public static byte[] Frame(RequestKind kind, Action<ByteWriter> rest)
    {
        var writer = new ByteWriter();
        writer.Byte((byte)kind);
        rest(writer);
        return writer.ToArray();
    }

    /// <summary>A greeting.</summary>
    public static byte[] Hello(ulong client, byte version = GatewayProtocol.Version) => Frame(RequestKind.Hello, w =>
    {
        w.Byte(version);
        w.UInt64(client);
        w.Timestamp(Timestamp.Zero);
    });

    /// <summary>Sends one frame.</summary>
    public Task SendAsync(byte[] frame)
    {
        var writer = new ByteWriter(frame.Length + 5);
        writer.Bytes(frame);
        return SendRawAsync(writer.ToArray());
    }

    /// <summary>Sends bytes as they are; whether anybody takes them does not matter.</summary>
    public async Task SendRawAsync(byte[] bytes, WebSocketMessageType type = WebSocketMessageType.Binary)
    {
        try
        {
            await _socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None).WaitAsync(Patience);
        }
        catch (WebSocketException)
        {
            // The gateway has had enough already.
        }
    }

    /// <summary>The next frame; null when the gateway has closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        while (true)
        {
            var reader = new ByteReader(_rest);
            ReadOnlySpan<byte> frame = reader.Bytes();
            if (!reader.Failed)
            {
                byte[] taken = frame.ToArray();
                _rest = _rest[^reader.Remaining..];
                return taken;
            }

            if (_socket.State == WebSocketState.Closed) return null;
            try
            {
                WebSocketReceiveResult got = await _socket.ReceiveAsync(new ArraySegment<byte>(_buffer), CancellationToken.None).WaitAsync(Patience);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    Reason = got.CloseStatusDescription ?? "";
                    return null;
                }

                _rest = [.. _rest, .. _buffer.AsSpan(0, got.Count)];
            }
            catch (WebSocketException e)
            {
                Reason = $"(without a word: {e.Message})";
                return null;
            }
        }
    }

    /// <summary>Reads until the gateway closes the connection, and says why it did.</summary>
    public async Task<string> UntilClosedAsync()
    {
        while (await ReceiveAsync() is not null)
        {
        }

        return Reason;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
