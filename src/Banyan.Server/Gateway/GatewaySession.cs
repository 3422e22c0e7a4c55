using System.Net.WebSockets;
using Banyan.Client;
using Banyan.Client.Protocol;
using Banyan.Kv.Commands;
using Banyan.Kv.Feeds;
using Banyan.Kv.Requests;
using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Server.Hosting;

namespace Banyan.Server.Gateway;

/// <summary>One client's connection: requests come in on its reading task and are handed to the store's loop; replies go out as they come.</summary>
internal sealed class GatewaySession
{
    private const int ChunkBytes = 256 << 10;
    private const int RoomBytes = 4 << 20;
    private const int FoundingPauseMilliseconds = 10;
    private const long ReadTimeoutMicroseconds = 10_000_000;

    private readonly StoreLoop _loop;
    private readonly ServerOptions _options;
    private readonly FramedSocket _socket;
    private readonly ByteWriter _loopWriter = new(512); // of the loop alone
    private readonly SortedDictionary<ulong, Subscription> _subscriptions = []; // of the loop alone
    private ulong _client;
    private int _underWay;
    private bool _flushDue; // of the loop alone
    private volatile bool _isOver;

    public GatewaySession(WebSocket socket, StoreLoop loop, ServerOptions options)
    {
        _loop = loop;
        _options = options;
        _socket = new(socket, GatewayProtocol.RequestBytesMax);
    }

    /// <summary>Why the gateway closed it; null if it did not.</summary>
    public string? Fault => _socket.Fault;

    /// <summary>Serves until the connection ends.</summary>
    public async Task RunAsync()
    {
        try
        {
            await _socket.ReadAsync(OnFrame).ConfigureAwait(false);
        }
        finally
        {
            _isOver = true;
            _loop.Post(store =>
            {
                foreach (Subscription subscription in _subscriptions.Values) store.Feed.Unsubscribe(subscription);
                _subscriptions.Clear();
            });
            _socket.Dispose();
        }
    }

    /// <summary>Closes the connection, because the server stops.</summary>
    public void Close() => _socket.Fail("the server is stopping");

    /// <summary>On the loop: puts a frame behind the others; it goes out when this round of work is done.</summary>
    internal void SendFromLoop(ReadOnlySpan<byte> frame)
    {
        _socket.Append(frame);
        if (_flushDue) return;
        _flushDue = true;
        _loop.AfterRound(() =>
        {
            _flushDue = false;
            _socket.Flush();
        });
    }

    /// <summary>From any thread: sends a frame.</summary>
    internal void SendPastFrame(ReadOnlySpan<byte> frame)
    {
        _socket.Append(frame);
        _socket.Flush();
    }

    /// <summary>Sends a frame, once there is room.</summary>
    internal async Task SendPastFrameAsync(byte[] frame)
    {
        await _socket.WaitForRoomAsync(RoomBytes).ConfigureAwait(false);
        SendPastFrame(frame);
    }

    internal void Drop(string why) => _socket.Fail(why);

    internal int QueuedBytes => _socket.QueuedBytes;

    private bool OnFrame(ReadOnlySpan<byte> frame)
    {
        var reader = new ByteReader(frame);
        var kind = (RequestKind)reader.Byte();
        if (kind == RequestKind.Hello) return OnHello(ref reader);
        if (_client == 0) return Refuse("a request before the greeting");
        ulong number = reader.Number();
        if (kind == RequestKind.Unsubscribe)
        {
            if (!reader.IsAtEnd) return Refuse("an unsubscribe that cannot be read");
            _loop.Post(store => Unsubscribe(store, number));
            return true;
        }

        if (Interlocked.Increment(ref _underWay) > GatewayProtocol.RequestsMax)
        {
            Fail(number, FailureCode.Overloaded, $"more than {GatewayProtocol.RequestsMax} requests are under way");
            return true;
        }

        bool readable = kind switch
        {
            RequestKind.Transact => OnTransact(ref reader, number),
            RequestKind.ReadTree => OnReadTree(ref reader, number),
            RequestKind.Subscribe => OnSubscribe(ref reader, number),
            RequestKind.Hash => OnHash(ref reader, number),
            RequestKind.Cut => OnCut(ref reader, number),
            _ => false,
        };
        return readable || Refuse($"a request ({kind}) that cannot be read");
    }

    private bool Refuse(string why)
    {
        _socket.Fail(why);
        return false;
    }

    private bool OnHello(ref ByteReader reader)
    {
        byte version = reader.Byte();
        ulong client = reader.UInt64();
        Timestamp seen = reader.Timestamp();
        if (version != GatewayProtocol.Version && !reader.Failed)
            return Refuse($"protocol version {version}; this gateway speaks {GatewayProtocol.Version}");
        if (!reader.IsAtEnd || client == 0 || _client != 0) return Refuse("a greeting that cannot be read");
        _client = client;
        _loop.Post(store => Welcome(store, seen));
        return true;
    }

    private void Welcome(Store store, Timestamp seen)
    {
        if (_isOver) return;
        // Before the world is founded there is nothing that a client could do, and no refusal that it would understand.
        if (!IsFounded(store))
        {
            _ = Task.Delay(FoundingPauseMilliseconds).ContinueWith(_ => _loop.Post(s => Welcome(s, seen)), TaskScheduler.Default);
            return;
        }

        // A client that has seen a later time than ours reads at or after it.
        store.Clock.TryObserve(seen);
        _loopWriter.Clear();
        _loopWriter.Byte((byte)ReplyKind.Welcome);
        _loopWriter.Byte(GatewayProtocol.Version);
        _loopWriter.Number(store.Self.Value);
        _loopWriter.Text(_options.Cluster);
        _loopWriter.Timestamp(store.Clock.Reading);
        _loopWriter.Number((ulong)_options.Servers.Count);
        foreach (ServerAddress server in _options.Servers) _loopWriter.Text(server.Gateway.ToString());
        SendFromLoop(_loopWriter.Written);
    }

    private static bool IsFounded(Store store)
    {
        Key root = SceneKeys.Header(NodePlace.Root);
        return store.Replicas.TryGetValue(store.Router.RangeOf(root).Id, out Replica? replica) && !replica.State.Versions.NewestTimestamp(root).IsZero;
    }

    private bool OnTransact(ref ByteReader reader, ulong number)
    {
        ulong sequence = reader.Number();
        var attempt = (uint)reader.Number();
        ulong acknowledgedThrough = reader.Number();
        if (!OperationCodec.TryDecode(ref reader, out IReadOnlyList<SceneOperation> operations) || !reader.IsAtEnd) return false;
        if (sequence == 0 || acknowledgedThrough >= sequence) return false;
        var request = new RequestId(_client, sequence, attempt);
        if (RequestLimits.WhyNot(operations, out int refused) is { } error)
        {
            _loop.Post(_ => Answer(number, new TransactOutcome.Refused(error, refused)));
            return true;
        }

        _loop.Post(store =>
        {
            if (attempt == 0 && DirectWrite.TryMake(operations, out List<Condition> conditions, out List<KeyWrite> writes, out List<NodeId> results))
            {
                store.Coordinator.OneShot(conditions, writes, request, acknowledgedThrough, outcome =>
                {
                    // The node is not where it was born, or gone: look for it.
                    if (outcome is TransactionOutcome.ConditionFailed) Transact(store, number, operations, request, acknowledgedThrough);
                    else Answer(number, outcome is TransactionOutcome.Committed c ? new TransactOutcome.Committed(c.Timestamp, results) : Translate(outcome, null, []));
                });
                return;
            }

            Transact(store, number, operations, request, acknowledgedThrough);
        });
        return true;
    }

    private void Transact(Store store, ulong number, IReadOnlyList<SceneOperation> operations, RequestId request, ulong acknowledgedThrough)
    {
        var body = new SceneTransaction(operations);
        store.Coordinator.Run(body, request, acknowledgedThrough, outcome => Answer(number, Translate(outcome, body, operations)));
    }

    private static TransactOutcome Translate(TransactionOutcome outcome, SceneTransaction? body, IReadOnlyList<SceneOperation> operations)
    {
        switch (outcome)
        {
            case TransactionOutcome.Committed committed:
                // A direct write leaves no reply behind for its retry: the nodes are those that it named.
                if (committed.Reply.IsEmpty)
                {
                    NodeId[] named = [.. operations.OfType<SetPropertiesOperation>().Select(o => o.Node.Id)];
                    return new TransactOutcome.Committed(committed.Timestamp, named);
                }

                Invariant.Holds(SceneTransaction.TryDecodeReply(committed.Reply.Span, out IReadOnlyList<NodeId> nodes));
                return new TransactOutcome.Committed(committed.Timestamp, nodes);
            case TransactionOutcome.GivenUp when body?.Error is { } error:
                return new TransactOutcome.Refused(error, body.FailedOperation);
            case TransactionOutcome.GivenUp givenUp:
                return new TransactOutcome.Unavailable(givenUp.Why);
            case TransactionOutcome.ConditionFailed failed:
                return new TransactOutcome.Unavailable($"a condition on {failed.Key} does not hold");
            case TransactionOutcome.Unavailable unavailable:
                return new TransactOutcome.Unavailable(unavailable.Why);
            case TransactionOutcome.Ambiguous ambiguous:
                return new TransactOutcome.Ambiguous(ambiguous.Why);
            default:
                throw new InvariantViolation(outcome.GetType().Name);
        }
    }

    private void Answer(ulong number, TransactOutcome outcome)
    {
        Interlocked.Decrement(ref _underWay);
        _loopWriter.Clear();
        ReplyCodec.Encode(_loopWriter, number, outcome);
        SendFromLoop(_loopWriter.Written);
    }

    private bool OnReadTree(ref ByteReader reader, ulong number)
    {
        NodeRef node = OperationCodec.DecodeRef(ref reader);
        Timestamp at = reader.Timestamp();
        ulong depth = reader.Number();
        if (!reader.IsAtEnd) return false;
        if (RequestLimits.WhyNot(node) is { } error)
        {
            Fail(number, FailureCode.BadRequest, error.Message);
            return true;
        }

        if (at.IsZero && depth == 0)
        {
            _loop.Post(store => ReadNode(store, number, node));
            return true;
        }

        AtTimestamp(number, at, snapshot => SendTreeAsync(number, snapshot, node, (int)Math.Min(depth, SceneTransaction.DepthMax)));
        return true;
    }

    private void ReadNode(Store store, ulong number, NodeRef node)
    {
        var body = new NodeRead(node);
        store.Coordinator.Run(body, RequestId.None, 0, outcome =>
        {
            if (outcome is not TransactionOutcome.Committed committed)
            {
                if (body.Error is { } error) Fail(number, CodeOf(error), error.Message);
                else Fail(number, FailureCode.Unavailable, outcome is TransactionOutcome.Unavailable unavailable ? unavailable.Why : outcome.ToString());
                return;
            }

            Interlocked.Decrement(ref _underWay);
            _loopWriter.Clear();
            BeginRecords(_loopWriter, number, committed.Timestamp, isLast: true, body.Place);
            foreach ((Key key, byte[] value) in body.Records) ReplyCodec.EncodeChange(_loopWriter, key, value);
            SendFromLoop(_loopWriter.Written);
        });
    }

    private static FailureCode CodeOf(SceneError error) => error.Code == SceneErrorCode.BadPath ? FailureCode.BadRequest : FailureCode.NotFound;

    private bool OnHash(ref ByteReader reader, ulong number)
    {
        Timestamp at = reader.Timestamp();
        if (!reader.IsAtEnd) return false;
        AtTimestamp(number, at, snapshot =>
        {
            (ulong hash, long records) = snapshot.Hash(SceneKeys.All);
            var writer = new ByteWriter(64);
            writer.Byte((byte)ReplyKind.Hash);
            writer.Number(number);
            writer.Timestamp(snapshot.Timestamp);
            writer.UInt64(hash);
            writer.Number((ulong)records);
            Interlocked.Decrement(ref _underWay);
            _socket.Append(writer.Written);
            _socket.Flush();
            return Task.CompletedTask;
        });
        return true;
    }

    private bool OnCut(ref ByteReader reader, ulong number)
    {
        Key at = reader.Key();
        var preferred = new ServerId((uint)reader.Number());
        if (!reader.IsAtEnd || at.Length == 0) return false;
        if (!SceneKeys.All.Contains(at) || !_options.Servers.Any(s => s.Id == preferred))
        {
            Fail(number, FailureCode.BadRequest, $"a cut at {at} for server {preferred}: the key is none of the scene's, or there is no such server");
            return true;
        }

        var id = new RangeId(BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)) >> 16);
        _loop.Post(store => Cut(store, number, at, preferred, id, tries: 0));
        return true;
    }

    private void Cut(Store store, ulong number, Key at, ServerId preferred, RangeId id, int tries)
    {
        Kv.Ranges.RangeDescriptor range = store.Router.RangeOf(at);
        if (range.Span.Start == at)
        {
            Done(number);
            return;
        }

        store.Router.Send(at, new CommandBody(at, new SplitCommand(at, id, preferred, range.Generation)), reply =>
        {
            // Another cut of the same range was faster: its new shape is known by now.
            bool isOver = reply is ReplyBody.Applied { Outcome: CommandOutcome.Done };
            if (isOver) Done(number);
            else if (tries < 20) Cut(store, number, at, preferred, id, tries + 1);
            else Fail(number, FailureCode.Unavailable, "no leaseholder answered in time");
        });
    }

    private void Done(ulong number)
    {
        Interlocked.Decrement(ref _underWay);
        _loopWriter.Clear();
        _loopWriter.Byte((byte)ReplyKind.Done);
        _loopWriter.Number(number);
        SendFromLoop(_loopWriter.Written);
    }

    // Waits until the timestamp is resolved here, pins the world there, and reads it beside the loop.
    private void AtTimestamp(ulong number, Timestamp at, Func<StoreSnapshot, Task> read) => _loop.Post(store =>
    {
        Timestamp now = store.Clock.Now();
        if (at > now)
        {
            Fail(number, FailureCode.BadRequest, $"{at} lies in the future; it is {now}");
            return;
        }

        Timestamp when = at.IsZero ? now : at;
        store.Feed.WhenResolved(when, ReadTimeoutMicroseconds, isResolved =>
        {
            if (!isResolved)
            {
                Fail(number, FailureCode.Unavailable, "no majority: what was committed last is not known here");
                return;
            }

            if (store.Feed.Snapshot(when) is not { } snapshot)
            {
                Fail(number, FailureCode.HistoryGone, $"the history does not reach back to {when}");
                return;
            }

            _ = Task.Run(() => read(snapshot));
        });
    });

    private async Task SendTreeAsync(ulong number, StoreSnapshot snapshot, NodeRef node, int depth)
    {
        if (!SnapshotTree.TryFind(snapshot, node, out NodePlace top, out SceneError? error))
        {
            Fail(number, CodeOf(error!), error!.Message);
            return;
        }

        IEnumerable<Storage.VersionedEntry> records = top.Id == NodeId.Root && depth == SceneTransaction.DepthMax
            ? snapshot.Scan(SceneKeys.All)
            : SnapshotTree.Below(snapshot, top, depth);
        await SendRecordsAsync(number, snapshot.Timestamp, top, records).ConfigureAwait(false);
        Interlocked.Decrement(ref _underWay);
    }

    internal async Task SendRecordsAsync(ulong number, Timestamp timestamp, NodePlace top, IEnumerable<Storage.VersionedEntry> records)
    {
        var writer = new ByteWriter(ChunkBytes + 4096);
        BeginRecords(writer, number, timestamp, isLast: false, top);
        foreach (Storage.VersionedEntry record in records)
        {
            ReplyCodec.EncodeChange(writer, record.Key, record.Value);
            if (writer.Length < ChunkBytes) continue;
            _socket.Append(writer.Written);
            _socket.Flush();
            BeginRecords(writer, number, timestamp, isLast: false, top);
            await _socket.WaitForRoomAsync(RoomBytes).ConfigureAwait(false);
            if (_isOver) return;
        }

        _socket.Append(writer.Written);
        BeginRecords(writer, number, timestamp, isLast: true, top);
        _socket.Append(writer.Written);
        _socket.Flush();
    }

    private static void BeginRecords(ByteWriter writer, ulong number, Timestamp timestamp, bool isLast, NodePlace top)
    {
        writer.Clear();
        writer.Byte((byte)ReplyKind.Records);
        writer.Number(number);
        writer.Timestamp(timestamp);
        writer.Bool(isLast);
        writer.Number(top.Id.Value);
        writer.Number(top.Zone.Value);
    }

    private bool OnSubscribe(ref ByteReader reader, ulong number)
    {
        Timestamp after = reader.Timestamp();
        if (!reader.IsAtEnd) return false;
        _loop.Post(store =>
        {
            Interlocked.Decrement(ref _underWay);
            if (_isOver) return;
            if (_subscriptions.ContainsKey(number) || _subscriptions.Count >= Subscription.PerSessionMax)
            {
                SendFailure(number, FailureCode.BadRequest, $"{_subscriptions.Count} subscriptions are open, and numbers are used once");
                return;
            }

            if (Subscription.TryStart(this, store, number, after) is { } subscription) _subscriptions.Add(number, subscription);
            else SendFailure(number, FailureCode.Unavailable, "this server has not caught up yet");
        });
        return true;
    }

    private void Unsubscribe(Store store, ulong number)
    {
        if (_subscriptions.Remove(number, out Subscription? subscription)) store.Feed.Unsubscribe(subscription);
    }

    // From any thread.
    private void Fail(ulong number, FailureCode code, string message)
    {
        Interlocked.Decrement(ref _underWay);
        SendFailure(number, code, message);
    }

    private void SendFailure(ulong number, FailureCode code, string message)
    {
        var writer = new ByteWriter(128);
        writer.Byte((byte)ReplyKind.Failed);
        writer.Number(number);
        writer.Byte((byte)code);
        writer.Text(message);
        _socket.Append(writer.Written);
        _socket.Flush();
    }
}
