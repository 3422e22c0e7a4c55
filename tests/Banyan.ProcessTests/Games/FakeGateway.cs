using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Banyan.ProcessTests.Games;

/// <summary>Takes connections at a port as a gateway does, and can do what no gateway would.</summary>
internal sealed class FakeGateway : IDisposable
{
    private readonly TcpListener _listener;

    public FakeGateway(int port = 0)
    {
        _listener = new(IPAddress.Loopback, port);
        _listener.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => $"ws://127.0.0.1:{Port}/godot";

    /// <summary>The next client that comes, after the WebSocket's handshake.</summary>
    public async Task<FakeConnection> AcceptAsync()
    {
        TcpClient client = await AcceptSilentAsync();
        var request = new StringBuilder();
        var one = new byte[1];
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await client.GetStream().ReadAsync(one).AsTask().WaitAsync(FakeConnection.Patience) == 0) throw new EndOfStreamException(request.ToString());
            request.Append((char)one[0]);
        }

        string[] lines = request.ToString().Split("\r\n");
        Assert.Equal("GET /godot HTTP/1.1", lines[0]);
        Assert.Contains("Sec-WebSocket-Protocol: banyan.v1", lines);
        Assert.Contains("Authorization: Bearer a token", lines);
        string key = lines.Single(l => l.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))["Sec-WebSocket-Key: ".Length..];
#pragma warning disable CA5350 // the protocol says so
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: banyan.v1\r\n\r\n"));
        return new(client, WebSocket.CreateFromStream(client.GetStream(), new WebSocketCreationOptions { IsServer = true, SubProtocol = "banyan.v1" }));
    }

    /// <summary>The next client that comes; it gets no answer.</summary>
    public Task<TcpClient> AcceptSilentAsync() => _listener.AcceptTcpClientAsync().WaitAsync(FakeConnection.Patience);

    public void Dispose() => _listener.Dispose();
}
