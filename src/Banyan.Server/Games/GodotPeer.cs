using Banyan.Kv.Transactions;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Server.Games;

/// <summary>A client of this server: its connection, its session, and its transactions, one after the other. Of the loop alone.</summary>
internal sealed class GodotPeer(int id, GodotHost host, GodotSocket socket) : IPeerOutbox
{
    private const int TransactionsMax = 1_000;
    private readonly Queue<IReadOnlyList<SceneOperation>> _transactions = [];
    private bool _isRunning;
    private Action? _onIdle;

    public int Id => id;

    public GodotSocket Socket => socket;

    public PeerSession? Session { get; set; }

    public bool HasJoined { get; set; }

    public bool IsGone { get; set; }

    public void Send(ReadOnlySpan<byte> packet) => socket.Send(packet);

    public void Transact(IReadOnlyList<SceneOperation> operations)
    {
        if (operations.Count == 0 || IsGone) return;
        if (_transactions.Count >= TransactionsMax)
        {
            socket.Fail($"more than {TransactionsMax} changes wait to be made");
            return;
        }

        _transactions.Enqueue(operations);
        RunNext();
    }

    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => host.Publish(synchronizer, authorityEpoch, state);

    public void Call(RpcCall call) => host.Call(call);

    public void SendRaw(int to, ReadOnlySpan<byte> bytes) => host.SendRaw(id, to, bytes);

    /// <summary>Calls back when all changes that it has sent are made.</summary>
    public void WhenIdle(Action idle)
    {
        if (_isRunning) _onIdle = idle;
        else idle();
    }

    private void RunNext()
    {
        if (_isRunning || !_transactions.TryDequeue(out IReadOnlyList<SceneOperation>? operations)) return;
        _isRunning = true;
        host.Run(new SceneTransaction(operations), outcome =>
        {
            _isRunning = false;
            if (outcome is not TransactionOutcome.Committed) host.Count("a change of a client that was not made: " + outcome.GetType().Name);
            RunNext();
            if (_isRunning) return;
            _onIdle?.Invoke();
            _onIdle = null;
        });
    }
}
