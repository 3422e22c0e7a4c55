using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Banyan.ProcessTests.Games;

/// <summary>A client that has shaken hands as a WebSocket, and from then on does only what it is told: it never answers by itself.</summary>
internal sealed class BareSocket : IDisposable
{
    private readonly TcpClient _tcp = new(AddressFamily.InterNetwork) { ReceiveBufferSize = 4096 };
    private Stream _stream = Stream.Null;

    /// <summary>The peer id that the cluster gave.</summary>
    public int Peer { get; private set; }

    public static async Task<BareSocket> ConnectAsync(Uri gateway)
    {
        var socket = new BareSocket();
        await socket._tcp.ConnectAsync(IPAddress.Parse(gateway.Host), gateway.Port, TestContext.Current.CancellationToken);
        socket._stream = socket._tcp.GetStream();
        await socket._stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET /godot HTTP/1.1\r\nHost: {gateway.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
            TestContext.Current.CancellationToken);
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await socket._stream.ReadExactlyAsync(one, TestContext.Current.CancellationToken);
            head.Append((char)one[0]);
        }

        Assert.StartsWith("HTTP/1.1 101 ", head.ToString());
        var id = new byte[6];
        await socket._stream.ReadExactlyAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal([0x82, 4], id[..2]);
        socket.Peer = BinaryPrimitives.ReadInt32LittleEndian(id.AsSpan(2));
        return socket;
    }

    /// <summary>Reads until the other side hangs up.</summary>
    public async Task ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(BanyanCommand.Patience);
        var buffer = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset: hung up as well.
        }
    }

    public void Dispose() => _tcp.Dispose();
}
