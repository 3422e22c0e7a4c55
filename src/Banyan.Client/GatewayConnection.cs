using System.Net;
using System.Net.WebSockets;
using Banyan.Client.Protocol;
using Banyan.Primitives;

namespace Banyan.Client;

/// <summary>Takes a reply; <paramref name="rest"/> is what follows its number. False if it cannot be read.</summary>
internal delegate bool ReplyHandler(ReplyKind kind, ulong number, ReadOnlySpan<byte> rest);

/// <summary>One connection to one gateway, from its handshake to its end.</summary>
internal sealed class GatewayConnection : IDisposable
{
    private readonly FramedSocket _socket;
    private readonly TaskCompletionSource<bool> _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayConnection(Uri gateway, ClientWebSocket socket)
    {
        Gateway = gateway;
        _socket = new(socket, GatewayProtocol.ReplyBytesMax);
    }

    public Uri Gateway { get; }

    public bool HasEnded { get; private set; }

    public ServerId Server { get; private set; }

    public string Cluster { get; private set; } = "";

    public List<Uri> OtherGateways { get; } = [];

    /// <summary>Connects and shakes hands.</summary>
    /// <exception cref="BanyanException">Nobody there, or nobody who speaks this version.</exception>
    public static async Task<GatewayConnection> OpenAsync(Uri gateway, ulong client, Timestamp seen, ClientOptions options, ReplyHandler onReply, Action<GatewayConnection> onEnd)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout);
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = options.KeepAlive;
        socket.Options.KeepAliveTimeout = options.KeepAlive;
        socket.Options.Proxy = null;
        socket.Options.CollectHttpResponseDetails = true;
        if (options.Token is not null) socket.Options.SetRequestHeader("Authorization", "Bearer " + options.Token);
        var uri = new UriBuilder(gateway) { Scheme = gateway.Scheme is "https" or "wss" ? "wss" : "ws", Path = GatewayProtocol.Path };
        GatewayConnection? connection = null;
        try
        {
            await socket.ConnectAsync(uri.Uri, limit.Token).ConfigureAwait(false);
            connection = new(gateway, socket);
            _ = connection.RunAsync(onReply, onEnd);
            var hello = new ByteWriter(32);
            hello.Byte((byte)RequestKind.Hello);
            hello.Byte(GatewayProtocol.Version);
            hello.UInt64(client);
            hello.Timestamp(seen);
            connection.Send(hello.Written);
            if (await connection._welcomed.Task.WaitAsync(limit.Token).ConfigureAwait(false)) return connection;
            throw new BanyanException(FailureCode.Unavailable, $"{gateway} did not welcome us");
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or HttpRequestException or IOException)
        {
            HttpStatusCode status = socket.HttpStatusCode;
            connection?.Dispose();
            socket.Dispose();
            if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                throw BanyanException.NotAnOperator(gateway, options.Token);
            throw new BanyanException(FailureCode.Unavailable, $"{gateway}: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }
    }

    public void Send(ReadOnlySpan<byte> frame)
    {
        _socket.Append(frame);
        _socket.Flush();
    }

    public void Dispose() => _socket.Dispose();

    private async Task RunAsync(ReplyHandler onReply, Action<GatewayConnection> onEnd)
    {
        await _socket.ReadAsync(frame =>
        {
            var reader = new ByteReader(frame);
            var kind = (ReplyKind)reader.Byte();
            if (kind == ReplyKind.Welcome) return OnWelcome(ref reader);
            ulong number = reader.Number();
            return !reader.Failed && onReply(kind, number, frame[^reader.Remaining..]);
        }).ConfigureAwait(false);
        _welcomed.TrySetResult(false);
        HasEnded = true;
        onEnd(this);
    }

    private bool OnWelcome(ref ByteReader reader)
    {
        if (reader.Byte() != GatewayProtocol.Version) return false;
        Server = new((uint)reader.Number());
        Cluster = reader.Text(1024);
        reader.Timestamp();
        int count = reader.Count();
        for (int i = 0; i < count; i++)
        {
            if (Uri.TryCreate(reader.Text(1024), UriKind.Absolute, out Uri? other) && other != Gateway) OtherGateways.Add(other);
        }

        _welcomed.TrySetResult(reader.IsAtEnd);
        return reader.IsAtEnd;
    }
}
