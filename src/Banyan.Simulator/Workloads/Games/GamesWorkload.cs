using Banyan.Kv.Feeds;
using Banyan.Primitives;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Simulator.Checking;
using Banyan.Simulator.World;
using Banyan.Sync.Hosting;
using Banyan.Sync.World;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>
/// Godot clients of a small game, stock ones and ones that can resume, on gateways that die, over connections that break and
/// fall silent; who come into each other's sight and go, or play with the game's own code or a followed tree, if there is some.
/// </summary>
public sealed class GamesWorkload : IWorkload
{
    /// <summary>Among all workloads.</summary>
    public const string Name = "games";

    /// <summary>With distances.</summary>
    public const string NearName = "games-near";

    /// <summary>With code.</summary>
    public const string CodeName = "games-code";

    /// <summary>With a tree to follow.</summary>
    public const string TreesName = "games-trees";

    private const long FrameMicroseconds = 50_000;
    private const int DifferencesMax = 10;
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly List<GameClient> _clients = [];
    private readonly ZoneId[] _zones;
    private readonly GamesKind _kind;
    private GamesWorld? _games;
    private GameOperator? _operator;
    private GameActs? _acts;
    private SeededRandom _random = new(0);
    private int _left;
    private int _operating;
    private long _lookAt;
    private bool _isStopped;
    private bool _isQuiet;

    /// <summary>Reads the game.</summary>
    public GamesWorkload(GamesKind kind = GamesKind.Plain)
    {
        _kind = kind;
        bool isThere = new GameFiles(new SmallGame(kind)).TryGetScene(SmallGame.Main, out GameScene? main);
        Invariant.Holds(isThere);
        _zones = [.. ImportPlan.Of(main!.Expanded, ScenePath.Root).Zones.Keys];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Key> Cuts => [.. _zones.Select(SceneKeys.Start)];

    /// <inheritdoc/>
    public bool IsDone => _isStopped ? _operating == 0 && LooksQuiet() : _left == 0;

    /// <inheritdoc/>
    public int Operations { get; private set; }

    /// <inheritdoc/>
    public int Commits => _operator?.Commits ?? 0;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    /// <summary>Clients that have had a peer id.</summary>
    public int Joined => _games?.JoinedCount ?? 0;

    /// <summary>Messages of one client that have come to another.</summary>
    public long Messages => _games?.Ledger.ReceivedCount ?? 0;

    /// <summary>Nodes that clients have moved instead of making them anew.</summary>
    public int Moves => _games?.MovesCount ?? 0;

    /// <summary>Changes of followed trees that were made, and answered.</summary>
    public int BoardChanges => _games?.BoardChanges ?? 0;

    /// <summary>Answers of the game's code that have come to clients.</summary>
    public long Answers => _games?.Code.AnsweredCount ?? 0;

    /// <inheritdoc/>
    public Key AnyCut(SeededRandom random)
    {
        ZoneId zone = _zones[random.Next(_zones.Length)];
        return SceneKeys.Header(new(NodeId.Of(zone, 1 + (uint)random.Next(40)), zone));
    }

    /// <inheritdoc/>
    public void Start(SimulatedCluster cluster, SeededRandom random, int operations)
    {
        _left = operations;
        _random = random;
        _games = new(cluster, _kind, random.Fork());
        _acts = new(_games, random.Fork());
        _operator = new(_games, _clients, random.Fork());
        _operator.Found();
        WhenFounded(() =>
        {
            for (int i = 4 + random.Next(6); i > 0; i--) cluster.Time.After(random.Next(1_000_000), Join);
            Operate();
        });
    }

    /// <inheritdoc/>
    public void Stop()
    {
        _isStopped = true;
        _left = 0;
        if (_games is not null) _games.IsOver = true;
    }

    /// <inheritdoc/>
    public void Check(CommittedHistory history, List<string> violations)
    {
        violations.AddRange(_games!.Violations);
        if (!_isQuiet) violations.AddRange(Unfinished().Take(DifferencesMax));
        foreach ((string why, int count) in _games.Told) Note(why, count);
        Note("messages received", (int)_games.Ledger.ReceivedCount);
        Note("nodes moved and not made anew", _games.MovesCount);
        if (_kind == GamesKind.Trees) Note("changes of the board", _games.BoardChanges);
        if (_kind != GamesKind.Code) return;
        Note("starts of the code", _games.Code.Starts);
        Note("questions taken", (int)_games.Code.TakenCount);
        Note("answers received", (int)_games.Code.AnsweredCount);
    }

    private void WhenFounded(Action then)
    {
        if (_operator!.HasFounded) then();
        else _games!.Cluster.Time.After(100_000, () => WhenFounded(then));
    }

    private void Note(string what, int count = 1) => _outcomes[what] = _outcomes.GetValueOrDefault(what) + count;

    private void Join()
    {
        if (_isStopped) return;
        GameClient client = _games!.NewClient(canResume: _random.Chance(0.7));
        _clients.Add(client);
        Frame(client);
    }

    private void Frame(GameClient client)
    {
        client.Process();
        _games!.CheckAuthors(client);
        if (client.Ended is not null || client.IsAbandoned)
        {
            _clients.Remove(client);
            _games.Cluster.Time.After(_random.Next(2_000_000), Join);
            return;
        }

        MayFail(client);
        if (_left > 0 && _random.Chance(0.25) && _acts!.Act(client) is { } what)
        {
            _left--;
            Operations++;
            Note(what);
        }

        _games.Cluster.Time.After(FrameMicroseconds - 5_000 + _random.Next(10_000), () => Frame(client));
    }

    // What becomes of connections besides what becomes of gateways.
    private void MayFail(GameClient client)
    {
        long every = _games!.Cluster.Faults.ConnectionFaultEvery;
        if (every == 0 || client.Peer == 0 || !_random.Chance((double)FrameMicroseconds / every)) return;
        long grace = _games.Limits.GraceMicroseconds;
        switch (_random.Next(20))
        {
            case < 8:
                client.Break();
                break;
            case < 13:
                client.FallSilent();
                break;
            case < 17:
                client.GoOffline(_random.NextInRange(100_000, grace));
                break;
            case < 19:
                client.GoOffline(grace + _random.NextInRange(1_000_000, 3_000_000));
                break;
            default:
                client.Abandon();
                break;
        }
    }

    private void Operate()
    {
        if (_left == 0) return;
        _left--;
        _operating++;
        _operator!.Act(what =>
        {
            _operating--;
            Operations++;
            Note(what);
            _games!.Cluster.Time.After(_random.Next(400_000), Operate);
        });
    }

    private bool LooksQuiet()
    {
        long now = _games!.Cluster.Time.Now;
        if (now < _lookAt) return _isQuiet;
        _lookAt = now + 500_000;
        _isQuiet = !Unfinished().Any();
        return _isQuiet;
    }

    // What is not yet as it must be in the end.
    private IEnumerable<string> Unfinished()
    {
        if (!_operator!.HasFounded) yield return "the game was not founded";
        foreach (GameClient client in _clients)
        {
            if (!client.IsSettled) yield return client.State;
        }

        foreach (string missing in _games!.Ledger.Missing(_clients)) yield return missing;
        foreach (SimulatedGateway gateway in _games.Gateways)
        {
            foreach (string left in gateway.Host.Leftovers()) yield return $"at {gateway.Server}: {left}";
        }

        if (_games.Cluster.Servers.FirstOrDefault(s => s.IsUp)?.Store?.Feed.Snapshot() is not { } snapshot) yield return "no server knows the world";
        else
        {
            foreach (string difference in new GameViews(_games, snapshot).Differences(_clients)) yield return difference;
        }
    }
}
