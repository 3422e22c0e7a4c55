using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Tree;

namespace Banyan.Client;

/// <summary>
/// A client of a cluster. It talks to one gateway at a time, and when that dies goes on with another one: transactions
/// are retried without ever happening twice, subscriptions go on where they stopped. Thread-safe.
/// </summary>
public sealed class BanyanClient : IAsyncDisposable
{
    private readonly ClientOptions _options;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, PendingRequest> _pending = [];
    private readonly SortedSet<ulong> _sequencesUnderWay = [];
    private readonly CancellationTokenSource _disposed = new();
    private readonly ByteWriter _writer = new();
    private readonly List<Uri> _gateways;
    private readonly ulong _id = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
    private GatewayConnection? _connection;
    private Task? _connecting;
    private ulong _lastNumber;
    private ulong _lastSequence;
    private Timestamp _seen;
    private BanyanException _lastFailure = new(FailureCode.Unavailable, "not connected yet");
    private int _nextGateway;

    private BanyanClient(IEnumerable<Uri> gateways, ClientOptions options)
    {
        _gateways = [.. gateways];
        _options = options;
    }

    /// <summary>Connects to the first gateway that answers.</summary>
    /// <param name="gateways">At least one; the others are learned from it.</param>
    /// <param name="options">The knobs.</param>
    /// <exception cref="BanyanException">
    /// None answers. If they refuse, this is known at once; those that take connections and are silent are asked again for as
    /// long as a request may take.
    /// </exception>
    public static async Task<BanyanClient> ConnectAsync(IEnumerable<Uri> gateways, ClientOptions? options = null)
    {
        var client = new BanyanClient(gateways, options ?? new());
        if (client._gateways.Count == 0) throw new ArgumentException("no gateway given", nameof(gateways));
        var waited = Stopwatch.StartNew();
        bool isAnySilent;
        do
        {
            isAnySilent = false;
            for (int i = 0; i < client._gateways.Count; i++)
            {
                if (await client.TryConnectAsync().ConfigureAwait(false)) return client;
                isAnySilent |= client._lastFailure.InnerException is OperationCanceledException;
            }
        }
        while (isAnySilent && waited.Elapsed < client._options.Timeout); // slow, perhaps, and not gone

        await client.DisposeAsync().ConfigureAwait(false);
        throw new BanyanException(client._lastFailure.Code, client._lastFailure.Message);
    }

    /// <summary>Connects to one gateway, and to the others that it names when it dies.</summary>
    public static Task<BanyanClient> ConnectAsync(Uri gateway, ClientOptions? options = null) => ConnectAsync([gateway], options);

    /// <summary>The server that it talks to at the moment; None while it looks for one.</summary>
    public ServerId Server
    {
        get
        {
            lock (_gate) return _connection?.Server ?? ServerId.None;
        }
    }

    /// <summary>Times that it had to look for another gateway.</summary>
    public int Reconnects { get; private set; }

    /// <summary>Called when a connection is lost, with the gateway that it was to; and when another one stands.</summary>
    public event Action<ServerId>? ServerChanged;

    /// <summary>Runs a batch of operations as one transaction: all of it happens, once, or none.</summary>
    /// <returns>Ambiguous only if no server could tell the outcome before the time was up.</returns>
    public async Task<TransactOutcome> TransactAsync(params IReadOnlyList<SceneOperation> operations)
    {
        // A gateway would close the connection on what it cannot take, and the next one would do the same.
        if (RequestLimits.WhyNot(operations, out int refused) is { } error) return new TransactOutcome.Refused(error, refused);
        var body = new ByteWriter();
        OperationCodec.Encode(body, operations);
        if (body.Length > RequestLimits.BatchBytesMax)
            return new TransactOutcome.Refused(new(SceneErrorCode.TooLarge, $"a batch of {body.Length} bytes, {RequestLimits.BatchBytesMax} are allowed"), 0);
        TransactRequest request;
        lock (_gate)
        {
            ulong sequence = ++_lastSequence;
            _sequencesUnderWay.Add(sequence);
            request = new(sequence, body.ToArray(), () => _sequencesUnderWay.Min - 1);
        }

        Start(request);
        TransactOutcome outcome = await AwaitAsync(request, request.Done).ConfigureAwait(false);
        lock (_gate)
        {
            _sequencesUnderWay.Remove(request.Sequence);
            if (outcome is TransactOutcome.Committed committed) _seen = Timestamp.Max(_seen, committed.Timestamp);
        }

        return outcome;
    }

    /// <summary>Reads a node and what is below it, all at one timestamp.</summary>
    /// <param name="node">The top.</param>
    /// <param name="at">When; null: now.</param>
    /// <param name="depth">How far below the top; 0 for the node alone, as it is now by its leaseholder's word.</param>
    /// <exception cref="BanyanException">No such node, no majority, or the history does not reach back so far.</exception>
    public Task<SceneView> ReadTreeAsync(NodeRef node, Timestamp? at = null, int depth = SceneTransaction.DepthMax)
    {
        if (RequestLimits.WhyNot(node) is { } error) return Task.FromException<SceneView>(new BanyanException(FailureCode.BadRequest, error.Message));
        var request = new ReadTreeRequest(node, at ?? Timestamp.Zero, depth);
        Start(request);
        return AwaitAsync(request, request.Done);
    }

    /// <summary>A hash over the whole scene as one server holds it: equal on all, at the same timestamp.</summary>
    /// <param name="at">When; null: now.</param>
    /// <exception cref="BanyanException">No majority, or the history does not reach back so far.</exception>
    public Task<SceneHash> HashAsync(Timestamp? at = null)
    {
        var request = new HashRequest(at ?? Timestamp.Zero);
        Start(request);
        return AwaitAsync(request, request.Done);
    }

    /// <summary>Cuts the range that holds a key in two at this key.</summary>
    /// <param name="key">The right half's first key.</param>
    /// <param name="preferred">The server that shall lead the right half.</param>
    /// <exception cref="BanyanException">No majority in time.</exception>
    public async Task CutRangeAsync(Key key, ServerId preferred)
    {
        var request = new CutRequest(key, preferred);
        Start(request);
        await AwaitAsync(request, request.Done.ContinueWith(static t => { t.GetAwaiter().GetResult(); return 0; }, TaskScheduler.Default)).ConfigureAwait(false);
    }

    /// <summary>Follows the scene: a consistent snapshot, then every later change in order, for as long as it is read.</summary>
    /// <param name="after">Goes on after this timestamp instead of beginning with a snapshot.</param>
    /// <param name="bufferedMax">Updates that may wait for the reader; then the gateway is stopped until the reader has caught up.</param>
    /// <param name="stop">Ends it.</param>
    public async IAsyncEnumerable<SceneUpdate> SubscribeAsync(
        Timestamp? after = null, int bufferedMax = 4096, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var request = new SubscriptionRequest(after ?? Timestamp.Zero, bufferedMax);
        Start(request);
        try
        {
            await foreach (SceneUpdate update in request.Updates.ReadAllAsync(stop).ConfigureAwait(false))
            {
                yield return update;
                // Under a new number, since the old stream may still be on its way.
                if (request.TryGoOn()) Start(request);
            }
        }
        finally
        {
            lock (_gate)
            {
                _pending.Remove(request.Number);
                if (_connection is not null) SendUnsubscribe(request.Number);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GatewayConnection? connection;
        Task? connecting;
        lock (_gate)
        {
            if (_disposed.IsCancellationRequested) return;
            _disposed.Cancel();
            (connection, connecting) = (_connection, _connecting);
            _connection = null;
            foreach (PendingRequest request in _pending.Values)
            {
                request.OnTimeout("the client was closed");
                (request as SubscriptionRequest)?.Complete();
            }

            _pending.Clear();
        }

        connection?.Dispose();
        if (connecting is not null) await connecting.ConfigureAwait(false);
    }

    private async Task<T> AwaitAsync<T>(PendingRequest request, Task<T> done)
    {
        try
        {
            return await done.WaitAsync(_options.Timeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                _pending.Remove(request.Number);
                request.OnTimeout(_connection is null ? $"no gateway: {_lastFailure.Message}" : "no answer in time");
            }

            return await done.ConfigureAwait(false);
        }
    }

    private void Start(PendingRequest request)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            request.Number = ++_lastNumber;
            _pending.Add(request.Number, request);
            if (_connection is not null) Transmit(_connection, request);
        }
    }

    private void Transmit(GatewayConnection connection, PendingRequest request)
    {
        _writer.Clear();
        request.Encode(_writer);
        request.Sent++;
        connection.Send(_writer.Written);
    }

    private void SendUnsubscribe(ulong number)
    {
        _writer.Clear();
        _writer.Byte((byte)RequestKind.Unsubscribe);
        _writer.Number(number);
        _connection!.Send(_writer.Written);
    }

    private bool OnReply(ReplyKind kind, ulong number, ReadOnlySpan<byte> rest)
    {
        PendingRequest? request;
        lock (_gate)
        {
            if (!_pending.TryGetValue(number, out request)) return true; // given up meanwhile
        }

        if (!request.OnReply(kind, rest, out bool isOver)) return false;
        lock (_gate)
        {
            if (isOver)
            {
                _pending.Remove(number);
                if (request is SubscriptionRequest && _connection is not null) SendUnsubscribe(number);
            }
            else if (request is TransactRequest { WantsAnotherTry: true } again && _connection is not null)
            {
                again.WantsAnotherTry = false;
                Transmit(_connection, again);
            }
        }

        return true;
    }

    private void OnEnd(GatewayConnection connection)
    {
        lock (_gate)
        {
            if (_connection != connection) return;
            _connection = null;
            Reconnects++;
            if (_disposed.IsCancellationRequested) return;
            _nextGateway++;
            _connecting = Task.Run(ReconnectAsync);
        }

        connection.Dispose();
        ServerChanged?.Invoke(ServerId.None);
    }

    private async Task ReconnectAsync()
    {
        for (int attempt = 1; !_disposed.IsCancellationRequested; attempt++)
        {
            if (await TryConnectAsync().ConfigureAwait(false)) return;
            if (attempt < _gateways.Count) continue;
            await Task.Delay(_options.ReconnectPause, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryConnectAsync()
    {
        Uri gateway;
        Timestamp seen;
        lock (_gate) (gateway, seen) = (_gateways[_nextGateway++ % _gateways.Count], _seen);
        try
        {
            GatewayConnection connection = await GatewayConnection.OpenAsync(gateway, _id, seen, _options, OnReply, OnEnd).ConfigureAwait(false);
            lock (_gate)
            {
                if (_disposed.IsCancellationRequested)
                {
                    connection.Dispose();
                    return true;
                }

                foreach (Uri other in connection.OtherGateways)
                {
                    if (!_gateways.Contains(other)) _gateways.Add(other);
                }

                _nextGateway = _gateways.IndexOf(gateway);
                _connection = connection;
                foreach (PendingRequest request in _pending.Values) Transmit(connection, request);
            }

            ServerChanged?.Invoke(connection.Server);
            // It may have broken before anybody knew it.
            if (connection.HasEnded) OnEnd(connection);
            return true;
        }
        catch (BanyanException e)
        {
            lock (_gate) _lastFailure = e;
            return false;
        }
    }
}
