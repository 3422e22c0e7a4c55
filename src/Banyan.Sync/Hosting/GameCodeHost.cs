using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Code;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Hosting;

/// <summary>The game's own code on this server: it runs here while this server leads the range of /root.</summary>
internal sealed class GameCodeHost : ICodeEdge
{
    private const long SlowMicroseconds = 50_000;
    private static readonly Key _root = SceneKeys.Header(NodePlace.Root);

    private readonly GameHost _host;
    private readonly Store _store;
    private readonly IHostEdge _edge;
    private readonly CodeSession _session;
    private ServerId _lastHolder;

    /// <summary>Does nothing until <see cref="Tick"/>.</summary>
    /// <param name="host">The clients of this server.</param>
    /// <param name="store">This server's.</param>
    /// <param name="hub">What clients see.</param>
    /// <param name="life">Which life of the server.</param>
    /// <param name="make">Makes the code; null if there is none.</param>
    /// <param name="edge">The machine around it.</param>
    public GameCodeHost(GameHost host, Store store, PeerHub hub, ulong life, Func<IGameCode>? make, IHostEdge edge)
    {
        _host = host;
        _store = store;
        _edge = edge;
        Life = life;
        IsThere = make is not null;
        _session = new(hub, this, make, CodeLimits.Default);
    }

    /// <summary>Whether the game has code, here or on another server.</summary>
    public bool IsThere { get; }

    /// <summary>Whether it runs here.</summary>
    public bool IsRunning => _session.IsRunning;

    public ServerId Self => _store.Self;

    public ulong Life { get; }

    public Timestamp Now => _store.Clock.Reading;

    public Timestamp Resolved => _host.IsLoaded ? _store.Feed.Frontier : Timestamp.Zero;

    public ServerId Holder
    {
        get
        {
            if (!_store.Replicas.TryGetValue(_store.Router.RangeOf(_root).Id, out Replica? replica)) return ServerId.None;
            ServerId holder = replica.State.Lease.Holder;
            bool isHeld = holder == Self ? replica.HoldsLeaseAt(Timestamp.Zero) : !holder.IsNone && _store.Liveness.IsAlive(holder);
            return isHeld ? holder : ServerId.None;
        }
    }

    /// <summary>A client of this server calls the cluster.</summary>
    public void OnCall(RpcCall call) => _session.OnCall(call, isForwarded: false);

    /// <summary>A client of another server does.</summary>
    public void OnForwarded(RpcCall call) => _session.OnCall(call, isForwarded: true);

    /// <summary>Hands over what has come.</summary>
    public void Work() => Watch(_session.Work);

    /// <summary>The world has moved on.</summary>
    public void OnResolved() => Watch(_session.OnResolved);

    /// <summary>Time has passed.</summary>
    public void Tick()
    {
        ServerId holder = Holder;
        if (!holder.IsNone && holder != _lastHolder)
        {
            // What a former server has not answered for goes to the one that runs the code now.
            if (!_lastHolder.IsNone) _host.Links.OnMoved(PeerSession.Cluster);
            _lastHolder = holder;
        }

        Watch(_session.Tick);
    }

    /// <summary>The server ends.</summary>
    public void Stop() => _session.Stop();

    /// <summary>A peer has all calls of the code through a number.</summary>
    public void OnArrived(int peer, uint through) => _session.OnArrived(peer, through);

    /// <summary>A peer is connected to another server now.</summary>
    public void OnMoved(int peer) => _session.OnMoved(peer);

    public void Run(ITransactionBody body, Action<TransactionOutcome> done) => _host.Run(body, RequestId.None, 0, done);

    public void Send(RpcCall call) => _host.Links.Route(call);

    public void Forward(ServerId to, RpcCall call) => _host.Links.Send(to, call);

    public void Arrived(int from, uint through) => _host.Links.Arrived(from, PeerSession.Cluster, through);

    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => _host.Links.Publish(synchronizer, authorityEpoch, state);

    public void Post(Action action) => _edge.Post(action);

    public void Count(string why) => _host.Count(why);

    public void Report(string where, Exception exception)
    {
        _host.Count("an exception of the game's code");
        _edge.Log($"games: the game's code has thrown in {where}: {exception}");
    }

    // It holds up everything else that this server does.
    private void Watch(Action action)
    {
        long start = _edge.Microseconds;
        action();
        if (_edge.Microseconds - start > SlowMicroseconds) _host.Count($"a call of the game's code that took more than {SlowMicroseconds / 1000} ms");
    }
}
