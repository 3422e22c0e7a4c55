using System.Security.Cryptography;
using System.Text;
using Banyan.Kv.Commands;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;
using Banyan.Sync.Trees;

namespace Banyan.Sync.Hosting;

/// <summary>A client of this server: its connection, its session, and its transactions, one after the other.</summary>
public sealed class HostedPeer : IPeerOutbox
{
    private const int TransactionsMax = 1_000;
    private const uint AttemptsMax = 5;
    private const long AgainMicroseconds = 500_000;

    // By which a former gateway's clock may have been ahead.
    private const long UncertaintyMicroseconds = 250_000;

    // Transactions of one packet, in the request ids of its session.
    private const ulong RequestsOfPacketMax = 1_024;

    private readonly GameHost _host;
    private readonly Queue<Change> _transactions = [];
    private readonly SortedDictionary<uint, int> _waiting = []; // changes that wait, by their packets
    private readonly ByteWriter _memory = new(256);
    private readonly ByteWriter _frame = new(2048);
    private ushort _memoryCount;
    private readonly Queue<(Action<bool, IReadOnlyList<NodeId>> Done, Timestamp At)> _madeBefore = [];
    private uint _sentBefore;
    private ulong _requester;
    private bool _isRunning;
    private (Change Change, uint Attempt, Timestamp At)? _again;
    private Action? _onIdle;

    private sealed record Change(uint Number, int Index, IReadOnlyList<SceneOperation> Operations, Action<bool, IReadOnlyList<NodeId>>? Done);

    private HostedPeer(int id, GameHost host, IPeerConnection connection, byte[] secret, Admission admission)
    {
        Id = id;
        _host = host;
        Connection = connection;
        Admission = admission;
        Secret = secret;
        SecretHash = secret.Length == 0 ? 0 : HashOf(secret);
    }

    /// <summary>A client whose session ends with its connection.</summary>
    /// <param name="id">Its peer id.</param>
    /// <param name="host">Where it is.</param>
    /// <param name="connection">Its connection.</param>
    /// <param name="requester">A number of its own, by which its changes are known.</param>
    /// <param name="admission">Who it is.</param>
    internal static HostedPeer Stock(int id, GameHost host, IPeerConnection connection, ulong requester, Admission admission) =>
        new(id, host, connection, [], admission) { _requester = requester };

    /// <summary>A client that may come again.</summary>
    internal static HostedPeer Resumable(int id, GameHost host, IPeerConnection connection, byte[] secret, Admission admission, bool canMove) =>
        new(id, host, connection, secret, admission) { CanMove = canMove };

    /// <summary>A client that has come again.</summary>
    internal static HostedPeer Resumed(
        GameHost host, IPeerConnection connection, ResumeRequest resume, SessionMemory memory, IReadOnlyList<KeyValuePair<int, uint>> heard, Admission admission,
        bool canMove) =>
        new(resume.Peer, host, connection, [.. resume.Secret], admission) { Memory = memory, Heard = heard, _sentBefore = resume.Sent, CanMove = canMove };

    /// <summary>Its peer id.</summary>
    public int Id { get; }

    internal IPeerConnection Connection { get; }

    /// <summary>Who it is, and what it may do.</summary>
    internal Admission Admission { get; }

    internal byte[] Secret { get; }

    internal UInt128 SecretHash { get; }

    /// <inheritdoc/>
    public bool CanResume => Secret.Length > 0;

    /// <inheritdoc/>
    public bool CanMove { get; private init; }

    /// <summary>What it comes back with; null if it is new.</summary>
    internal SessionMemory? Memory { get; private init; }

    /// <summary>What it has heard of the others before.</summary>
    internal IReadOnlyList<KeyValuePair<int, uint>> Heard { get; private init; } = [];

    internal PeerSession? Session { get; set; }

    /// <summary>As all servers know it; null until it has joined.</summary>
    internal PeerRecord? Record { get; set; }

    internal Outstanding Outstanding { get; } = new();

    /// <summary>What it follows as it is; null until it has joined.</summary>
    internal TreeSession? Trees { get; set; }

    /// <summary>Its connection is over.</summary>
    internal bool IsGone { get; set; }

    /// <summary>It will not come again.</summary>
    internal bool IsLeaving { get; set; }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> packet)
    {
        if (!CanResume)
        {
            Connection.Send(packet);
            return;
        }

        _frame.Clear();
        if (_memoryCount == 0)
        {
            SessionFrame.WritePacket(_frame, packet);
        }
        else
        {
            WriteMemory(GatewayFrameKind.Remember);
            _frame.Raw(packet);
        }

        Connection.Send(_frame.Written);
    }

    /// <inheritdoc/>
    public void Move(NodeMove move)
    {
        _frame.Clear();
        WriteMemory(GatewayFrameKind.Move);
        move.WriteTo(_frame);
        Connection.Send(_frame.Written);
    }

    /// <inheritdoc/>
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
        Connection.Send(_frame.Written);
    }

    /// <inheritdoc/>
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
    internal void FlushMemory()
    {
        if (_memoryCount == 0) return;
        _frame.Clear();
        WriteMemory(GatewayFrameKind.Remember);
        Connection.Send(_frame.Written);
    }

    /// <summary>Tells a client that can resume through which packet everything is done.</summary>
    internal void TellDone()
    {
        FlushMemory();
        if (!CanResume || !Outstanding.TryTakeDone(out uint through)) return;
        _frame.Clear();
        SessionFrame.WriteDone(_frame, through);
        Connection.Send(_frame.Written);
    }

    /// <inheritdoc/>
    public void Transact(uint number, int index, IReadOnlyList<SceneOperation> operations, Action<bool, IReadOnlyList<NodeId>>? done = null)
    {
        if (operations.Count == 0 || IsOver) return;
        if (_transactions.Count >= TransactionsMax)
        {
            Connection.Fail($"more than {TransactionsMax} changes wait to be made", isFinal: false);
            return;
        }

        if ((ulong)index >= RequestsOfPacketMax)
        {
            Connection.Fail("too many changes in one packet");
            return;
        }

        Hold(number);
        _transactions.Enqueue(new(number, index, operations, done));
        RunNext();
    }

    /// <inheritdoc/>
    public void Hold(uint number)
    {
        if (number == 0) return;
        _waiting[number] = _waiting.GetValueOrDefault(number) + 1;
        Outstanding.Hold(number);
    }

    /// <inheritdoc/>
    public void Release(uint number)
    {
        // What waits when a client leaves this gateway is made by its next one. If it were counted as made here, then the
        // changes that still run would tell the ranges that the client has the answer, and they would refuse it there.
        if (number != 0 && !IsOver) Settle(number);
    }

    private bool IsOver => IsGone || Connection.Fault is not null;

    private void Settle(uint number)
    {
        if (number == 0) return;
        if (--_waiting[number] == 0) _waiting.Remove(number);
        Outstanding.Release(number);
    }

    /// <inheritdoc/>
    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => _host.Links.Publish(synchronizer, authorityEpoch, state);

    /// <inheritdoc/>
    public void Call(RpcCall call) => _host.Links.Send(this, call);

    /// <inheritdoc/>
    public void Arrived(int source, uint through) => _host.Links.Arrived(source, Id, through);

    /// <summary>Changes that wait to be made, or for their nodes.</summary>
    internal int ChangesCount => _waiting.Values.Sum();

    /// <summary>Calls back when all changes that it has sent are made.</summary>
    internal void WhenIdle(Action idle)
    {
        // It is gone: what was to be tried again is not.
        if (_again is not null) (_again, _isRunning) = (null, false);
        if (_isRunning) _onIdle = idle;
        else idle();
    }

    /// <summary>Tries a change again of which nobody knew what became of it, when it is time.</summary>
    /// <param name="resolved">Up to where the tree is known.</param>
    internal void RetryChange(Timestamp resolved)
    {
        while (_madeBefore.TryPeek(out (Action<bool, IReadOnlyList<NodeId>> Done, Timestamp At) made) && made.At <= resolved)
        {
            _madeBefore.Dequeue();
            made.Done(false, []);
        }

        if (_again is not { } again || again.At > _host.Now) return;
        _again = null;
        Run(again.Change, again.Attempt);
    }

    /// <summary>Of what a client must know to resume.</summary>
    internal static UInt128 HashOf(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        var reader = new ByteReader(hash);
        return new(reader.UInt64(), reader.UInt64());
    }

    private void WriteMemory(GatewayFrameKind kind)
    {
        _frame.Byte((byte)kind);
        _frame.UInt16(_memoryCount);
        _frame.Raw(_memory.Written);
        _memory.Clear();
        _memoryCount = 0;
    }

    private void RunNext()
    {
        if (!_isRunning && _transactions.TryDequeue(out Change? next)) Run(next, attempt: 0);
    }

    private void Run(Change change, uint attempt)
    {
        _isRunning = true;
        // Of an earlier packet something may still wait for its node.
        ulong acknowledgedThrough = change.Number == 0 ? 0 : (_waiting.First().Key * RequestsOfPacketMax) - 1;
        var body = new SceneTransaction(change.Operations);
        _host.Run(body, RequestOf(change, attempt), acknowledgedThrough, outcome =>
        {
            if (change.Number != 0 && IsOpen(outcome))
            {
                // A stock client cannot say it again, and would go on with what never came to be.
                if (!CanResume && attempt < AttemptsMax && !IsGone) _again = (change, attempt + 1, _host.Now.Add(AgainMicroseconds));
                else GiveUp();
                return;
            }

            _isRunning = false;
            Settle(change.Number);
            TellMade(change, outcome);
            if (outcome is not TransactionOutcome.Committed) _host.Count("a change of a client that was not made: " + (body.Error?.Code.ToString() ?? outcome.GetType().Name));
            RunNext();
            if (!_isRunning) BeIdle();
        });
    }

    // A client that can resume has it still, and sends it again through a gateway that can tell. What it sent after that comes
    // after it.
    private void GiveUp()
    {
        _isRunning = false;
        _transactions.Clear();
        Connection.Fail("what became of a change is not known here", isFinal: !CanResume);
        BeIdle();
    }

    private void BeIdle()
    {
        _onIdle?.Invoke();
        _onIdle = null;
    }

    private void TellMade(Change change, TransactionOutcome outcome)
    {
        if (change.Done is not { } done) return;
        // Of what another gateway of the client has done, and which was acknowledged since, nobody remembers the outcome. It may
        // even be refused, because of what it has done itself: by a former gateway, or by the next one, of which this one need
        // not know yet. The tree knows, once it shows all that is done by now.
        if (outcome is not TransactionOutcome.Committed && CanResume) _madeBefore.Enqueue((done, _host.Now.Add(UncertaintyMicroseconds)));
        else if (outcome is not TransactionOutcome.Committed committed) done(false, []);
        else done(true, SceneTransaction.TryDecodeReply(committed.Reply.Span, out IReadOnlyList<NodeId> nodes) ? nodes : []);
    }

    // Whether a second try may still find out, or do it. What was acknowledged was done by a former gateway, and so was
    // everything before it.
    private static bool IsOpen(TransactionOutcome outcome) =>
        outcome is TransactionOutcome.Unavailable || (outcome is TransactionOutcome.Ambiguous ambiguous && ambiguous.Why != RefusedBecause.Acknowledged);

    // The same packet, come again through another gateway, asks for the same change.
    private RequestId RequestOf(Change change, uint attempt)
    {
        if (change.Number == 0 || Mutation.Is("change-twice")) return RequestId.None;
        ulong sequence = (change.Number * RequestsOfPacketMax) + (ulong)change.Index;
        return CanResume
            ? new((ulong)SecretHash | 1, sequence, change.Number <= _sentBefore ? (uint)Record!.Connection : 0)
            : new(_requester | 1, sequence, attempt);
    }
}
