using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Banyan.Primitives;

namespace Banyan.Bench.Etcd;

/// <summary>A small gRPC client of etcd's v3 API: unary calls over HTTP/2 without TLS, a few connections for all callers.</summary>
/// <remarks>
/// Calls go over the connections in turn; each connection carries any number of calls at once. There are no retries:
/// a benchmark must see every failure. Thread-safe.
/// </remarks>
public sealed class EtcdClient : IDisposable
{
    private const int ResponseBytesMax = 4 * 1024 * 1024;

    private static readonly MediaTypeHeaderValue GrpcContentType = new("application/grpc");

    private readonly Connection[] _connections;
    private uint _next;

    /// <summary>A client of the given endpoints (scheme http), with so many connections to each. It connects on first use.</summary>
    public EtcdClient(IReadOnlyList<Uri> endpoints, int connectionsPerEndpoint = 1)
    {
        Invariant.Holds(endpoints.Count >= 1 && connectionsPerEndpoint >= 1);
        _connections = new Connection[endpoints.Count * connectionsPerEndpoint];
        // Neighbours in turn are different endpoints.
        for (int i = 0; i < _connections.Length; i++) _connections[i] = new(endpoints[i % endpoints.Count]);
    }

    /// <summary>Writes one key; ends once etcd has committed and applied it. Gives the store's revision.</summary>
    /// <exception cref="EtcdException">etcd refused.</exception>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    public async ValueTask<long> PutAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken stop = default)
    {
        Connection connection = Next();
        byte[] frame = EtcdMessages.PutRequest(key.Span, value.Span);
        byte[] answer = await CallAsync(connection, connection.Put, frame, stop).ConfigureAwait(false);
        return EtcdMessages.TryReadPutResponse(answer, out long revision) ? revision : throw Garbled("PutResponse");
    }

    /// <summary>Reads one key, linearizably; null if it does not exist.</summary>
    /// <exception cref="EtcdException">etcd refused.</exception>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    public async ValueTask<byte[]?> RangeAsync(ReadOnlyMemory<byte> key, CancellationToken stop = default)
    {
        Connection connection = Next();
        byte[] frame = EtcdMessages.RangeRequest(key.Span);
        byte[] answer = await CallAsync(connection, connection.Range, frame, stop).ConfigureAwait(false);
        return EtcdMessages.TryReadRangeResponse(answer, out byte[]? value) ? value : throw Garbled("RangeResponse");
    }

    /// <summary>Whether the endpoint that is next in turn leads the cluster. Meant for a client of one endpoint.</summary>
    /// <exception cref="EtcdException">etcd refused.</exception>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    public async ValueTask<bool> IsLeaderAsync(CancellationToken stop = default)
    {
        Connection connection = Next();
        byte[] answer = await CallAsync(connection, connection.Status, EtcdMessages.EmptyRequest(), stop)
            .ConfigureAwait(false);
        if (!EtcdMessages.TryReadStatusResponse(answer, out ulong member, out ulong leader)) throw Garbled("StatusResponse");
        return member != 0 && member == leader;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Connection connection in _connections) connection.Http.Dispose();
    }

    private Connection Next() => _connections[Interlocked.Increment(ref _next) % (uint)_connections.Length];

    private static async ValueTask<byte[]> CallAsync(
        Connection connection, Uri method, byte[] frame, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = GrpcContentType } },
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");

        using HttpResponseMessage response = await connection.Http.SendAsync(request, stop).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK) throw new EtcdException(-1, $"HTTP status {(int)response.StatusCode}");

        byte[]? message = await ReadMessageAsync(response.Content, stop).ConfigureAwait(false);
        CheckStatus(response);
        return message ?? throw new EtcdException(0, "status OK without a message");
    }

    /// <summary>The one message of a unary answer, read up to the stream's end, where the trailers are; null if there is none.</summary>
    private static async ValueTask<byte[]?> ReadMessageAsync(HttpContent content, CancellationToken stop)
    {
        Stream body = await content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        byte[] start = new byte[256];
        int read = await body.ReadAtLeastAsync(start, EtcdMessages.FrameHeaderBytes, false, stop).ConfigureAwait(false);
        if (read == 0) return null;
        if (read < EtcdMessages.FrameHeaderBytes || start[0] != 0) throw Garbled("frame");

        uint length = BinaryPrimitives.ReadUInt32BigEndian(start.AsSpan(1));
        int here = read - EtcdMessages.FrameHeaderBytes;
        if (length > ResponseBytesMax || here > length) throw Garbled("frame length");

        byte[] message = new byte[length];
        start.AsSpan(EtcdMessages.FrameHeaderBytes, here).CopyTo(message);
        await body.ReadExactlyAsync(message.AsMemory(here), stop).ConfigureAwait(false);
        if (await body.ReadAsync(start, stop).ConfigureAwait(false) != 0) throw Garbled("frame: bytes after the message");
        return message;
    }

    private static void CheckStatus(HttpResponseMessage response)
    {
        // A call that fails at once has its status in the headers: there is no body, hence no trailers.
        string? status = First(response.TrailingHeaders, "grpc-status") ?? First(response.Headers, "grpc-status");
        if (status == "0") return;

        string? message = First(response.TrailingHeaders, "grpc-message") ?? First(response.Headers, "grpc-message");
        throw new EtcdException(
            int.TryParse(status, out int code) ? code : -1, $"gRPC status {status ?? "absent"}: {message ?? "no message"}");
    }

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;

    private static EtcdException Garbled(string what) => new(-1, $"not a valid {what}");

    /// <summary>One endpoint over one TCP connection.</summary>
    private sealed class Connection(Uri endpoint)
    {
        // The invoker, and not HttpClient, which would buffer each answer and time each call.
        public HttpMessageInvoker Http { get; } = new(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // etcd sets no limit of streams, so one connection carries all; several are several of these.
            EnableMultipleHttp2Connections = false,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        });

        public Uri Put { get; } = new(endpoint, "/etcdserverpb.KV/Put");

        public Uri Range { get; } = new(endpoint, "/etcdserverpb.KV/Range");

        public Uri Status { get; } = new(endpoint, "/etcdserverpb.Maintenance/Status");
    }
}
