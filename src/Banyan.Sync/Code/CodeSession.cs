using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Code;

/// <summary>Whether the game's code runs here, and the way of peers' calls to it: here, to the server that runs it, or kept for a while.</summary>
/// <remarks>
/// <code>
/// Away ──Holder is this server──► taking over ──record written──► catching up ──tree shows all before──► running
///   ▲                                                                                                       │
///   └──────────── Holder is another, or the record is another's ◄────────────────────────────────────────────┘
/// </code>
/// </remarks>
/// <param name="hub">The clients of this server, and the world that they see.</param>
/// <param name="edge">The server.</param>
/// <param name="make">Makes the code, anew for every start; null if this server has none.</param>
/// <param name="limits">How much may wait.</param>
public sealed class CodeSession(PeerHub hub, ICodeEdge edge, Func<IGameCode>? make, CodeLimits limits)
{
    private readonly WaitingCalls _calls = new(limits);
    private readonly Queue<(RpcCall Call, long Changes)> _taken = []; // until the changes that they have led to are over
    private Arrivals _arrivals = new();
    private CodeRun? _run;
    private CodeRecord? _record; // written, but the tree may not show all that came before
    private Timestamp _writtenAt;
    private bool _isTakingOver;
    private Timestamp _takeOverAt;

    /// <summary>Whether the code runs here.</summary>
    public bool IsRunning => _run is not null;

    /// <summary>Calls that wait.</summary>
    public int WaitingCallsCount => _calls.Count;

    /// <summary>A call for the cluster; <see cref="Work"/> does something about it.</summary>
    /// <param name="call">Checked by the server of its caller.</param>
    /// <param name="isForwarded">Whether that is another server: then it is not sent on again.</param>
    public void OnCall(RpcCall call, bool isForwarded)
    {
        if (make is null && (isForwarded || edge.Holder == edge.Self)) edge.Count("a call of the cluster, for which the game has no code here");
        else if (call.Number != 0 && _run is null) ForwardAtOnce(call, isForwarded);
        else if (call.Number != 0 && !IsToBeTaken(call)) return;
        else if (!_calls.TryAdd(call, isForwarded, edge.Now))
        {
            edge.Count("a call of the cluster while too many wait");
            Answer(call);
        }
    }

    /// <summary>Hands calls over, as far as they can be now.</summary>
    public void Work()
    {
        foreach (RpcCall late in _calls.Offer(edge.Now, Take))
        {
            edge.Count("a call of the cluster that nobody took in time");
            Answer(late);
        }
    }

    /// <summary>The world has moved on, to <see cref="ICodeEdge.Resolved"/>.</summary>
    public void OnResolved()
    {
        if (_run is null && _record is { } record && edge.Holder == edge.Self && (edge.Resolved >= _writtenAt || Mutation.Is("begin-with-an-old-tree")))
        {
            _record = null;
            // Nothing of an earlier start: state worth keeping is in the tree.
            _run = new(hub, edge, make!(), record, limits);
            _run.Start();
        }

        _run?.OnResolved(_arrivals.Forget);
        TellTaken();
        Work();
    }

    /// <summary>Time has passed.</summary>
    public void Tick()
    {
        bool isHere = edge.Holder == edge.Self;
        if (!isHere || _run is { IsOvertaken: true }) Stop();
        if (isHere && make is not null && _run is null && _record is null && !_isTakingOver && edge.Now >= _takeOverAt) TakeOver();
        _run?.Tick();
        TellTaken();
        Work();
    }

    /// <summary>A peer has all calls of the code through a number.</summary>
    public void OnArrived(int peer, uint through) => _run?.OnArrived(peer, through);

    /// <summary>A peer is connected to another server now.</summary>
    public void OnMoved(int peer) => _run?.OnMoved(peer);

    /// <summary>Stops the code, if it runs: the server ends, or another one leads.</summary>
    public void Stop()
    {
        _record = null;
        _run?.Stop();
        _run = null;
        // What became of numbered calls nobody knows here: they come again, to whoever runs the code then. Were they kept, too,
        // the next start here would be told them twice.
        _arrivals = new();
        _taken.Clear();
        if (!Mutation.Is("keep-calls-for-the-next-start")) _calls.DropNumbered();
    }

    private void TakeOver()
    {
        _isTakingOver = true;
        var takeOver = new TakeOverTransaction(edge.Self, edge.Life);
        edge.Run(takeOver, outcome =>
        {
            _isTakingOver = false;
            _takeOverAt = edge.Now.Add(limits.TakeOverAgainMicroseconds);
            if (outcome is not TransactionOutcome.Committed committed) return;
            _record = takeOver.Record;
            _writtenAt = committed.Timestamp;
        });
    }

    private bool Take(RpcCall call, bool isForwarded)
    {
        ServerId holder = edge.Holder;
        if (holder == edge.Self)
        {
            if (_run is null || !_run.TryTake(call)) return false;
            Answer(call);
            return true;
        }

        if (isForwarded || holder.IsNone || call.Number != 0) return false;
        edge.Forward(holder, call);
        return true;
    }

    // What is numbered comes again until somebody says that it has arrived: it need not be kept where the code does not run.
    private void ForwardAtOnce(RpcCall call, bool isForwarded)
    {
        ServerId holder = edge.Holder;
        if (!isForwarded && !holder.IsNone && holder != edge.Self) edge.Forward(holder, call);
    }

    private bool IsToBeTaken(RpcCall call)
    {
        Arrival arrival = _arrivals.Take(call);
        if (arrival == Arrival.Again) edge.Arrived(call.From, _arrivals.HeardFrom(call.From));
        return arrival == Arrival.New || (arrival == Arrival.Again && Mutation.Is("take-a-call-twice"));
    }

    // Behind those that came before: who hears of one takes all before it for arrived.
    private void Answer(RpcCall call)
    {
        if (call.Number == 0) return;
        _taken.Enqueue((call, _run?.ChangesBegun ?? 0));
        TellTaken();
    }

    // A change of a code that was overtaken is not made: its call must come again.
    private void TellTaken()
    {
        while (_taken.TryPeek(out (RpcCall Call, long Changes) taken) && (taken.Changes <= (_run?.ChangesOver ?? 0) || Mutation.Is("confirm-a-call-before-its-changes")))
        {
            _taken.Dequeue();
            TellArrived(taken.Call);
        }
    }

    private void TellArrived(RpcCall call)
    {
        if (_arrivals.OnHeard(call.From, call.Number)) edge.Arrived(call.From, call.Number);
    }
}
