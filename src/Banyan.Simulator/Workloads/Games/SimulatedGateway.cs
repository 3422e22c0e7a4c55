using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Scene.Reaping;
using Banyan.Simulator.World;
using Banyan.Sync.Code;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>What a server does beside its store, in one of its lives: it keeps the scene, and hosts Godot clients.</summary>
internal sealed class SimulatedGateway : IHostEdge
{
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedServer _server;
    private readonly SeededRandom _random;
    private readonly Action<string> _log;

    public SimulatedGateway(
        SimulatedCluster cluster, SimulatedServer server, Store store, GameFiles files, GameRules rules, PeerLimits limits, Func<IGameCode>? code, SeededRandom random, Action<string> log)
    {
        (_cluster, _server, _random, _log) = (cluster, server, random, log);
        Life = server.Life;
        var keeper = new SceneKeeper(store);
        Host = new(store, files, rules, limits, [], code, this);
        server.TicksAlways = () => Host.IsBusy;
        server.OnTick = () =>
        {
            keeper.Tick();
            Host.Tick();
        };
    }

    /// <summary>Of the server, which it ends with.</summary>
    public int Life { get; }

    /// <summary>Which server's.</summary>
    public ServerId Server => _server.Id;

    public GameHost Host { get; }

    public bool IsUp => _server.IsUp && _server.Life == Life;

    public long Microseconds => _cluster.Time.Now;

    public void FillRandom(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)_random.NextUInt64();
    }

    public void Post(Action action) => _cluster.Time.After(0, () =>
    {
        if (IsUp) _server.Do(_ => action());
    });

    public void Log(string line) => _log(line);
}
