using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Code;

/// <summary>The game's code from one start to the stop that follows, and the game as it sees it.</summary>
internal sealed class CodeRun(PeerHub hub, ICodeEdge edge, IGameCode code, CodeRecord record, CodeLimits limits) : IGame
{
    private readonly CodeCalls _calls = new(edge, record);
    private readonly SortedSet<int> _peers = [];
    private readonly Queue<Waiting> _changes = [];
    private readonly Queue<Finished> _finished = []; // until the tree shows them
    private readonly SortedDictionary<NodeId, Variant?[]> _incomplete = []; // of synchronizers without a value for each property
    private readonly ByteWriter _writer = new(256);
    private Timestamp _tickedAt;
    private bool _isChanging;
    private bool _isReserving;
    private bool _isOver;

    private readonly record struct Waiting(SceneOperation[] Operations, Action<ChangeOutcome>? Done);

    private readonly record struct Finished(Timestamp At, ChangeOutcome Outcome, Action<ChangeOutcome>? Done);

    /// <summary>Whether another server has taken the code over.</summary>
    public bool IsOvertaken { get; private set; }

    /// <summary>Changes that the code has asked for.</summary>
    public long ChangesBegun { get; private set; }

    /// <summary>Of these, how many are over, and the code knows it.</summary>
    public long ChangesOver { get; private set; }

    public IReadOnlySet<int> Peers => _peers;

    public Timestamp Now => edge.Now;

    public SeededRandom Random { get; } = new(record.Life ^ record.Count);

    public GameWorld World => hub.World;

    private bool IsHere => !_isOver && !IsOvertaken && edge.Holder == edge.Self;

    public void Start()
    {
        _tickedAt = edge.Now;
        _peers.UnionWith(hub.Peers);
        Enter(nameof(IGameCode.OnStart), () => code.OnStart(this));
    }

    public void Stop()
    {
        // What it wants to do now comes too late.
        _isOver = true;
        Enter(nameof(IGameCode.OnStop), code.OnStop);
    }

    public void Tick()
    {
        double seconds = (edge.Now.Microseconds - _tickedAt.Microseconds) / 1e6;
        _tickedAt = edge.Now;
        Finish();
        _calls.Tick();
        if (_calls.WantsNumbers && !_isReserving) ReserveNumbers();
        Enter(nameof(IGameCode.OnTick), () => code.OnTick(seconds));
    }

    /// <summary>A peer has all calls through a number.</summary>
    public void OnArrived(int peer, uint through) => _calls.OnArrived(peer, through);

    /// <summary>A peer is connected to another server now.</summary>
    public void OnMoved(int peer) => _calls.OnMoved(peer);

    public void OnResolved(Action<int> onLeft)
    {
        foreach (int gone in _peers.Where(p => !hub.Peers.Contains(p)).ToList())
        {
            _peers.Remove(gone);
            onLeft(gone);
            _calls.OnGone(gone);
            Enter(nameof(IGameCode.OnPeerLeft), () => code.OnPeerLeft(gone));
        }

        foreach (int come in hub.Peers.Where(p => !_peers.Contains(p)).ToList())
        {
            _peers.Add(come);
            Enter(nameof(IGameCode.OnPeerJoined), () => code.OnPeerJoined(come));
        }

        Finish();
    }

    /// <summary>Takes a call; false if its caller or its node is not here yet.</summary>
    public bool TryTake(RpcCall call)
    {
        if (!_peers.Contains(call.From)) return false;
        if (call.Node.IsNone)
        {
            Enter(nameof(IGameCode.OnBytes), () => code.OnBytes(call.From, call.Packet));
            return true;
        }

        if (hub.World.PathOf(call.Node) is null) return false;
        if (!RpcPacket.TryRead(call.Packet.Span, out RpcPacket packet) || !hub.World.MethodsOf(call.Node).TryGetMethod(packet.Method, out RpcMethod method)
            || !Arguments.TryRead(packet, limits.Values, out ImmutableArray<Variant> arguments))
        {
            edge.Count("a call of the cluster that means nothing here");
            return true;
        }

        var read = new GameCall(call.From, View(call.Node), method.Name, arguments);
        Enter(nameof(IGameCode.OnCall), () => code.OnCall(read));
        return true;
    }

    public NodeView? Find(string path) => hub.World.Tree.TryFind(path, out MirrorNode? node) ? View(node.Id) : null;

    public NodeView? Find(NodeId id) => hub.World.PathOf(id) is null ? null : View(id);

    public GameChange Begin() => new(hub.World);

    public void Change(IReadOnlyList<SceneOperation> operations, Action<ChangeOutcome>? done)
    {
        int waiting = _changes.Count + (_isChanging ? 1 : 0) + _finished.Count;
        if (waiting >= limits.ChangesMax) throw new InvalidOperationException($"more than {limits.ChangesMax} changes wait to be made");
        if (_isOver) return;
        ChangesBegun++;
        _changes.Enqueue(new([.. operations], done));
        MakeNext();
    }

    public CallOutcome Call(int peer, string path, string method, params ReadOnlySpan<Variant> arguments) =>
        hub.World.Tree.TryFind(path, out MirrorNode? node) ? Call(peer, node.Id, method, arguments) : CallOutcome.NoSuchNode;

    public CallOutcome Call(int peer, NodeId node, string method, params ReadOnlySpan<Variant> arguments)
    {
        if (hub.World.PathOf(node) is null || !hub.World.Tree.TryFind(node, out MirrorNode? target)) return CallOutcome.NoSuchNode;
        RpcMethods methods = hub.World.MethodsOf(node);
        if (!methods.TryGetId(method, out ushort id) || !methods.TryGetMethod(id, out RpcMethod found) || found.Mode == RpcMode.Disabled) return CallOutcome.NoSuchMethod;
        if (found.Mode == RpcMode.Authority && target.Header!.Authority != PeerSession.Cluster) return CallOutcome.NotTheAuthority;
        if (arguments.Length > Arguments.CountMax) return CallOutcome.TooLarge;
        _writer.Clear();
        RpcPacket.Write(_writer, 0, id, arguments);
        if (_writer.Length > limits.PacketBytesMax) return CallOutcome.TooLarge;
        return Send(peer, node, _writer.ToArray());
    }

    public CallOutcome SendBytes(int peer, ReadOnlySpan<byte> bytes) =>
        bytes.Length > limits.PacketBytesMax ? CallOutcome.TooLarge : Send(peer, NodeId.None, bytes.ToArray());

    public bool SetLive(NodeId node, string property, Variant value)
    {
        var which = new SyncProperty(node, property);
        if (!IsHere || hub.World.SenderOf(which) is not { Authority: PeerSession.Cluster } sender) return false;
        LiveState? before = hub.Live[sender.Node];
        if (before is null || before.AuthorityEpoch != sender.AuthorityEpoch || !State.TryRead(before.Bytes, sender.Always.Length, limits.Values, out ImmutableArray<Variant> known)) known = [];
        Variant?[]? values = _incomplete.GetValueOrDefault(sender.Node);
        if (values?.Length != sender.Always.Length) values = new Variant?[sender.Always.Length];
        for (int i = 0; i < values.Length; i++) values[i] = sender.Always[i] == which ? value : values[i] ?? (known.IsEmpty ? Stored(sender.Always[i]) : known[i]);
        _incomplete.Remove(sender.Node);
        if (values.Any(v => v is null))
        {
            // A state has all values or none.
            _incomplete.Add(sender.Node, values);
            return true;
        }

        _writer.Clear();
        State.Write(_writer, [.. values.Select(v => v!.Value)]);
        if (known.IsEmpty || !_writer.Written.SequenceEqual(before!.Bytes)) edge.Publish(sender.Node, sender.AuthorityEpoch, _writer.ToArray());
        return true;
    }

    public void Post(Action action) => edge.Post(() =>
    {
        if (!_isOver) Enter(nameof(IGame.Post), action);
    });

    private CallOutcome Send(int peer, NodeId node, byte[] packet)
    {
        if (!IsHere) return CallOutcome.NotHere;
        if (peer != 0 && !_peers.Contains(peer)) return CallOutcome.NoSuchPeer;
        _calls.Send(peer == 0 ? _peers : [peer], node, packet);
        return CallOutcome.Sent;
    }

    private NodeView View(NodeId id) => new(hub, limits.Values, id);

    private Variant? Stored(SyncProperty property) =>
        hub.World.Tree.TryFind(property.Node, out MirrorNode? node) && node.Properties.TryGetValue(property.Name, out byte[]? stored)
        && PropertyValue.TryDecode(stored, out Variant value)
            ? value
            : (Variant?)null;

    private void MakeNext()
    {
        // Not from the end of the one before: that could go on for long.
        while (!_isChanging && !_isOver && !IsOvertaken && _changes.TryDequeue(out Waiting change))
        {
            _isChanging = true;
            bool isWithin = true;
            var transaction = new CodeTransaction(record, change.Operations);
            edge.Run(transaction, outcome =>
            {
                _isChanging = false;
                if (transaction.IsOvertaken && outcome is TransactionOutcome.GivenUp) IsOvertaken = true;
                else _finished.Enqueue(FinishedBy(outcome, change.Done));
                if (!isWithin) MakeNext();
            });
            isWithin = false;
        }
    }

    private void ReserveNumbers()
    {
        _isReserving = true;
        var reserve = new CodeTransaction(record, [], moreNumbers: true);
        edge.Run(reserve, outcome =>
        {
            _isReserving = false;
            if (outcome is TransactionOutcome.Committed) _calls.Reserve(reserve.Numbers);
        });
    }

    private static Finished FinishedBy(TransactionOutcome outcome, Action<ChangeOutcome>? done) => outcome switch
    {
        TransactionOutcome.Committed committed => new(committed.Timestamp, new(ChangeResult.Made, ""), done),
        TransactionOutcome.GivenUp givenUp => new(Timestamp.Zero, new(ChangeResult.NotMade, givenUp.Why), done),
        TransactionOutcome.Unavailable unavailable => new(Timestamp.Zero, new(ChangeResult.NotMade, unavailable.Why), done),
        TransactionOutcome.Ambiguous ambiguous => new(Timestamp.Zero, new(ChangeResult.Unknown, ambiguous.Why), done),
        _ => new(Timestamp.Zero, new(ChangeResult.NotMade, outcome.ToString()), done),
    };

    private void Finish()
    {
        while (_finished.TryPeek(out Finished next) && next.At <= edge.Resolved)
        {
            _finished.Dequeue();
            ChangesOver++;
            if (next.Outcome.Result != ChangeResult.Made) edge.Count("a change of the game's code that was not made");
            if (next.Done is { } done) Enter("the end of a change", () => done(next.Outcome));
        }
    }

    // Whatever the code does wrong, a wrong type of a peer's argument for instance: the server goes on.
    private void Enter(string where, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            edge.Report(where, e);
        }
    }
}
