using System.Security.Cryptography;
using System.Text;
using Banyan.Kv.Commands;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Server.Games.Access;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;
using Banyan.Sync.Trees;

namespace Banyan.Server.Games;

/// <summary>A client of this server: its connection, its session, and its transactions, one after the other. Of the loop alone.</summary>
internal sealed class GodotPeer : IPeerOutbox
{
    private const int TransactionsMax = 1_000;

    // Transactions of one packet, in the request ids of its session.
    private const ulong RequestsOfPacketMax = 1_024;

    private readonly GodotHost _host;
    private readonly Queue<(uint Number, ulong Index, IReadOnlyList<SceneOperation> Operations)> _transactions = [];
    private readonly ByteWriter _memory = new(256);
    private readonly ByteWriter _frame = new(2048);
    private ushort _memoryCount;
    private uint _requestsOf;
    private ulong _requests;
    private uint _sentBefore;
    private bool _isRunning;
    private Action? _onIdle;

    private GodotPeer(int id, GodotHost host, GodotSocket socket, byte[] secret, Admission admission)
    {
        Id = id;
        _host = host;
        Socket = socket;
        Admission = admission;
        Secret = secret;
        SecretHash = secret.Length == 0 ? 0 : HashOf(secret);
    }

    /// <summary>A client whose session ends with its connection.</summary>
    public static GodotPeer Stock(int id, GodotHost host, GodotSocket socket, Admission admission) => new(id, host, socket, [], admission);

    /// <summary>A client that may come again.</summary>
    public static GodotPeer Resumable(int id, GodotHost host, GodotSocket socket, byte[] secret, Admission admission) => new(id, host, socket, secret, admission);

    /// <summary>A client that has come again.</summary>
    public static GodotPeer Resumed(
        GodotHost host, GodotSocket socket, ResumeRequest resume, SessionMemory memory, IReadOnlyList<KeyValuePair<int, uint>> heard, Admission admission) =>
        new(resume.Peer, host, socket, [.. resume.Secret], admission) { Memory = memory, Heard = heard, _sentBefore = resume.Sent };

    public int Id { get; }

    public GodotSocket Socket { get; }

    /// <summary>Who it is, and what it may do.</summary>
    public Admission Admission { get; }

    public byte[] Secret { get; }

    public UInt128 SecretHash { get; }

    public bool CanResume => Secret.Length > 0;

    /// <summary>What it comes back with; null if it is new.</summary>
    public SessionMemory? Memory { get; private init; }

    /// <summary>What it has heard of the others before.</summary>
    public IReadOnlyList<KeyValuePair<int, uint>> Heard { get; private init; } = [];

    public PeerSession? Session { get; set; }

    /// <summary>As all servers know it; null until it has joined.</summary>
    public PeerRecord? Record { get; set; }

    public Outstanding Outstanding { get; } = new();

    /// <summary>What it follows as it is; null until it has joined.</summary>
    public TreeSession? Trees { get; set; }

    /// <summary>Its connection is over.</summary>
    public bool IsGone { get; set; }

    /// <summary>It will not come again.</summary>
    public bool IsLeaving { get; set; }

    public void Send(ReadOnlySpan<byte> packet)
    {
        if (!CanResume)
        {
            Socket.Send(packet);
            return;
        }

        _frame.Clear();
        if (_memoryCount == 0)
        {
            SessionFrame.WritePacket(_frame, packet);
        }
        else
        {
            WriteMemory();
            _frame.Raw(packet);
        }

        Socket.Send(_frame.Written);
    }

    public void Deliver(int source, uint number, ReadOnlySpan<byte> packet)
    {
        if (!CanResume || number == 0)
        {
            Send(packet);
            // A stock client has what its connection has taken.
            if (number != 0) Session?.OnHeard(source, number);
            return;
        }

        FlushMemory();
        _frame.Clear();
        SessionFrame.WriteNumbered(_frame, source, number, packet);
        Socket.Send(_frame.Written);
    }

    public void Remember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (_memoryCount == ushort.MaxValue) FlushMemory();
        _memoryCount++;
        _memory.Byte((byte)key.Length);
        _memory.Raw(key);
        _memory.UInt16((ushort)value.Length);
        _memory.Raw(value);
    }

    /// <summary>Sends what is to be remembered and no packet took along.</summary>
    public void FlushMemory()
    {
        if (_memoryCount == 0) return;
        _frame.Clear();
        WriteMemory();
        Socket.Send(_frame.Written);
    }

    /// <summary>Tells a client that can resume through which packet everything is done.</summary>
    public void TellDone()
    {
        FlushMemory();
        if (!CanResume || !Outstanding.TryTakeDone(out uint through)) return;
        _frame.Clear();
        SessionFrame.WriteDone(_frame, through);
        Socket.Send(_frame.Written);
    }

    public void Transact(uint number, IReadOnlyList<SceneOperation> operations)
    {
        if (operations.Count == 0 || IsGone || Socket.Fault is not null) return;
        if (_transactions.Count >= TransactionsMax)
        {
            Socket.Fail($"more than {TransactionsMax} changes wait to be made", isFinal: false);
            return;
        }

        if (_requestsOf != number) (_requestsOf, _requests) = (number, 0);
        if (++_requests >= RequestsOfPacketMax)
        {
            Socket.Fail("too many changes in one packet");
            return;
        }

        Hold(number);
        _transactions.Enqueue((number, _requests, operations));
        RunNext();
    }

    public void Hold(uint number) => Outstanding.Hold(number);

    public void Release(uint number) => Outstanding.Release(number);

    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => _host.Links.Publish(synchronizer, authorityEpoch, state);

    public void Call(RpcCall call) => _host.Links.Send(this, call);

    public void Arrived(int source, uint through) => _host.Links.Arrived(source, Id, through);

    /// <summary>Calls back when all changes that it has sent are made.</summary>
    public void WhenIdle(Action idle)
    {
        if (_isRunning) _onIdle = idle;
        else idle();
    }

    /// <summary>Of what a client must know to resume.</summary>
    public static UInt128 HashOf(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        var reader = new ByteReader(hash);
        return new(reader.UInt64(), reader.UInt64());
    }

    private void WriteMemory()
    {
        _frame.Byte((byte)GatewayFrameKind.Remember);
        _frame.UInt16(_memoryCount);
        _frame.Raw(_memory.Written);
        _memory.Clear();
        _memoryCount = 0;
    }

    private void RunNext()
    {
        if (_isRunning || !_transactions.TryDequeue(out (uint Number, ulong Index, IReadOnlyList<SceneOperation> Operations) next)) return;
        _isRunning = true;
        _host.Run(new SceneTransaction(next.Operations), RequestOf(next.Number, next.Index), next.Number == 0 ? 0 : (next.Number * RequestsOfPacketMax) - 1, outcome =>
        {
            _isRunning = false;
            if (CanResume && next.Number != 0 && IsOpen(outcome))
            {
                // The client has it still, and sends it again through a gateway that can tell. What it sent after that comes after it.
                _transactions.Clear();
                Socket.Fail("what became of a change is not known here", isFinal: false);
                _onIdle?.Invoke();
                _onIdle = null;
                return;
            }

            Release(next.Number);
            if (outcome is not TransactionOutcome.Committed) _host.Count("a change of a client that was not made: " + outcome.GetType().Name);
            RunNext();
            if (_isRunning) return;
            _onIdle?.Invoke();
            _onIdle = null;
        });
    }

    // Whether a second try may still find out, or do it. What was acknowledged was done by a former gateway, and so was
    // everything before it.
    private static bool IsOpen(TransactionOutcome outcome) =>
        outcome is TransactionOutcome.Unavailable || (outcome is TransactionOutcome.Ambiguous ambiguous && ambiguous.Why != RefusedBecause.Acknowledged);

    // The same packet, come again through another gateway, asks for the same change.
    private RequestId RequestOf(uint number, ulong index) => CanResume && number != 0
        ? new((ulong)SecretHash | 1, (number * RequestsOfPacketMax) + index, number <= _sentBefore ? (uint)Record!.Connection : 0)
        : RequestId.None;
}
