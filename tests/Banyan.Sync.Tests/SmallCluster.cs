using Banyan.Godot.Scenes;
using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Simulator.World;
using Banyan.Sync.Interest;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Tests;

/// <summary>A founded world with the game's main scene on one server, where nothing goes wrong; its change feed drives a <see cref="GameWorld"/>.</summary>
internal sealed class SmallCluster : IFeedSubscriber
{
    private readonly SimulatedCluster _cluster;
    private readonly GameFiles _files = new(Game.Files());
    private readonly Queue<WorldChange> _changes = [];
    private readonly List<VersionEvent> _all = [];
    private readonly List<PeerHub> _hubs = [];
    private readonly InterestRules? _interest;
    private Timestamp _resolved;

    public SmallCluster(InterestRules? interest = null)
    {
        World = new(_files);
        _interest = interest;
        _hubs.Add(new(_files, PeerLimits.Default with { PathsMax = 50, RefusalsMax = 20 }, interest));
        _cluster = new(1, servers: 1, [SceneKeys.Start(new(1)), SceneKeys.Start(new(2))], FaultOptions.None);
        _cluster.Start();
        _cluster.Servers.First().Do(store => store.Feed.Subscribe(this));
        Settle(_cluster.Time.Now + 1_000_000);
        Commit(new FoundWorld());
        _changes.Clear();
        Assert.True(SceneExpander.TryExpand(Game.Main, Game.Files(), ExpandLimits.Default, out ExpandedScene main, out _));
        foreach (IReadOnlyList<SceneOperation> batch in ImportPlan.Of(main, ScenePath.Root).Batches) Try([.. batch]);
        _changes.Clear();
    }

    public GameWorld World { get; }

    /// <summary>The clients of one server, who see the same world.</summary>
    public PeerHub Hub => _hubs[0];

    /// <summary>The clients of another server.</summary>
    public PeerHub AnotherHub(params int[] peers)
    {
        var hub = new PeerHub(_files, PeerLimits.Default, _interest);
        foreach (int peer in peers) hub.AddPeer(peer);
        hub.Apply(_all.ToArray());
        _hubs.Add(hub);
        return hub;
    }

    /// <summary>Told of every transaction, once all hubs have taken it.</summary>
    public Action<ChangeBatch>? Applied { get; set; }

    /// <summary>Told up to where the world is known.</summary>
    public Action<Timestamp>? ResolvedTo { get; set; }

    /// <summary>Up to where the world is known.</summary>
    public Timestamp Resolved => _resolved;

    /// <summary>The time, by the cluster's clock.</summary>
    public Timestamp Now { get; private set; }

    /// <summary>Begins a transaction.</summary>
    public void Run(ITransactionBody body, Action<TransactionOutcome> done) => Run(body, RequestId.None, 0, done);

    /// <summary>Begins a transaction that may be asked for again.</summary>
    public void Run(ITransactionBody body, RequestId request, ulong acknowledgedThrough, Action<TransactionOutcome> done) =>
        _cluster.Servers.First().Do(store => store.Coordinator.Run(body, request, acknowledgedThrough, done));

    /// <summary>Lets time pass.</summary>
    public void Pass(long microseconds)
    {
        Settle(_cluster.Time.Now + microseconds);
        _cluster.Servers.First().Do(store => Now = store.Clock.Reading);
        _changes.Clear();
    }

    /// <summary>What a world looks like that is made of all changes at once.</summary>
    public GameWorld Afresh()
    {
        var last = new SortedDictionary<Key, VersionEvent>();
        foreach (VersionEvent one in _all) last[one.Key] = one;
        var world = new GameWorld(_files);
        world.Apply(last.Values.ToArray());
        return world;
    }

    /// <summary>Does a batch that must be done; what clients have to hear of it.</summary>
    public WorldChange Do(params SceneOperation[] operations) => Try(operations) ?? throw new InvalidOperationException("refused");

    /// <summary>Does a batch; null if it was refused.</summary>
    public WorldChange? Try(params SceneOperation[] operations)
    {
        if (Commit(new SceneTransaction(operations)) is not TransactionOutcome.Committed) return null;
        var all = new List<WorldChange>();
        while (_changes.TryDequeue(out WorldChange? change)) all.Add(change);
        return Assert.Single(all);
    }

    public NodeId IdOf(string path)
    {
        Assert.True(World.Tree.TryFind(path, out Scene.Tree.MirrorNode? node), path + " is not there");
        return node.Id;
    }

    /// <summary>A player's whole scene, as a spawn brings it.</summary>
    public SpawnOperation Spawn(string parent, string scene, string name, int authority = 1)
    {
        Assert.True(_files.TryGetScene(scene, out GameScene? found));
        return (SpawnOperation)ImportPlan.Of(found.Expanded, parent, name).Batches[0][0] with { Authority = authority };
    }

    public void OnBatch(ChangeBatch batch)
    {
        _all.AddRange(batch.Changes);
        _changes.Enqueue(World.Apply(batch.Changes));
        foreach (PeerHub hub in _hubs) hub.Apply(batch.Changes);
        Applied?.Invoke(batch);
    }

    public void OnResolved(Timestamp timestamp)
    {
        _resolved = timestamp;
        ResolvedTo?.Invoke(timestamp);
    }

    private TransactionOutcome Commit(ITransactionBody body)
    {
        TransactionOutcome? outcome = null;
        _cluster.Servers.First().Do(store => store.Coordinator.Run(body, RequestId.None, 0, o => outcome = o));
        long deadline = _cluster.Time.Now + 60_000_000;
        while (outcome is null && _cluster.Time.Now < deadline) _cluster.Time.Step();
        Assert.NotNull(outcome);
        if (outcome is TransactionOutcome.Committed committed)
        {
            while (_resolved < committed.Timestamp && _cluster.Time.Now < deadline) _cluster.Time.Step();
            Assert.True(_resolved >= committed.Timestamp);
        }

        return outcome;
    }

    private void Settle(long until) => _cluster.Time.RunUntil(until);
}
