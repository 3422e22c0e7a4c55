using System.Buffers.Binary;
using Banyan.Godot.Game;
using Banyan.Primitives;
using Banyan.Simulator.World;
using Banyan.Sync.Frames;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>
/// One Godot client, from its joining to its end: the model of the engine, on connections to one gateway after the other if
/// it can resume, on a single one if it is a stock client.
/// </summary>
internal sealed class GameClient
{
    private const long PingMicroseconds = 1_000_000;
    private const long SilenceMicroseconds = 3_000_000;
    private const int ToldMax = 4000;

    // Of a peer that has gone and come again while the client's path for it was under way: the cluster cannot tell when the
    // client has heard of either. The engine prints it, and forgets it.
    private const string ConfirmedTooLate = "Invalid packet received. Tries to confirm a node which was not requested.";
    private const string Dead = "the cluster has taken this server for dead, connect again";

    private readonly GamesWorld _games;
    private readonly SeededRandom _random;
    private readonly ClientSession? _session;
    private readonly Queue<Func<string>> _told = []; // the last packets
    private readonly MovedNodes _moves;
    private SimulatedConnection? _connection;
    private bool _wasOpen;
    private long _heardAt;
    private long _pingAt;
    private long _connectAt;
    private long _offlineUntil;
    private long _soundAt;
    private bool _isLeaving;

    public GameClient(GamesWorld games, int number, bool canResume, SeededRandom random)
    {
        (_games, Number, _random) = (games, number, random);
        if (canResume) _session = new(CanMoveAs(number));
        if (_session is not null && games.Kind == GamesKind.Trees) Board = new(games, this, _session, random.Fork());
        Tree = new(games.Project) { OnEnterTree = SmallGame.OnEnterTree };
        _moves = new(Tree);
        Main = Tree.ChangeScene(SmallGame.Main)!;
        Tree.Multiplayer.Join(Send);
    }

    /// <summary>Whether it keeps nodes that move, and frees what is taken out of scenes.</summary>
    public bool CanMove => _session is not null && CanMoveAs(Number);

    /// <summary>Among all clients of the run, from 1.</summary>
    public int Number { get; }

    public GameTree Tree { get; }

    /// <summary>The scene's root.</summary>
    public GameNode Main { get; }

    /// <summary>Its peer id; 0 before it has one.</summary>
    public int Peer { get; private set; }

    public bool CanResume => _session is not null;

    /// <summary>What it does with the board, if the game has one and it can.</summary>
    public BoardPlayer? Board { get; }

    /// <summary>Its own player, once it is there.</summary>
    public GameNode? Player => Peer == 0 ? null : Main.GetNodeOrNull($"Players/{Peer}");

    /// <summary>The last values that it has seen of what only goes up.</summary>
    public SortedDictionary<string, long> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>Why its session is over; null while it is not.</summary>
    public string? Ended { get; private set; }

    /// <summary>Whether it will not come again, though nobody has been told so.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Whether it is connected, and all that it has sent has taken effect.</summary>
    public bool IsSettled => Ended is null && Player is not null && _connection is { IsSound: true } && (_session is null || (_session.IsOpen && _session.KeptCount == 0 && _session.ChangesCount == 0));

    /// <summary>How it stands, for people.</summary>
    public override string ToString() =>
        $"client {Number} (peer {Peer}, {(CanResume ? "resumable" : "stock")})";

    /// <summary>How it stands, for people who wait for it.</summary>
    public string State => $"{this} is {Ended ?? (_connection is null ? "without a connection" : _connection.IsSound ? "connected" : "on a dead connection")}, "
        + $"{(Player is null ? "without" : "with")} its player, {_session?.KeptCount ?? 0} packets are not done";

    /// <summary>One frame of the game.</summary>
    public void Process()
    {
        long now = _games.Cluster.Time.Now;
        Receive(now);
        Tree.Process(now + 1);
        string[] errors = [.. Tree.Errors.Where(e => !(_games.HasDistances && e == ConfirmedTooLate))];
        if (errors.Length > 0) _games.Violate($"{this}: {string.Join("; ", errors)}; it was last told {string.Join(", ", _told.Select(t => t()))}");
        Tree.ClearErrors();
        if (_session is null || Ended is not null) return;
        Board?.Process();
        _session.Tick();
        Flush();
    }

    /// <summary>A packet that no script of the game would send.</summary>
    public void SendRaw(ReadOnlySpan<byte> packet, bool reliable)
    {
        if (Tree.Multiplayer.Status == ConnectionStatus.Connected) Send(1, packet, reliable);
    }

    /// <summary>Its connection breaks.</summary>
    public void Break() => _connection?.Break();

    /// <summary>Its connection falls silent.</summary>
    public void FallSilent() => _connection?.FallSilent();

    /// <summary>Has no network for a while.</summary>
    public void GoOffline(long microseconds)
    {
        _offlineUntil = _games.Cluster.Time.Now + microseconds;
        if (_random.Chance(0.5)) Break();
        else FallSilent();
        Lose();
    }

    /// <summary>Is shut down without a word.</summary>
    public void Abandon()
    {
        IsAbandoned = true;
        if (_random.Chance(0.5)) Break();
        else FallSilent();
        Lose();
    }

    /// <summary>Ends its session.</summary>
    public void Leave()
    {
        if (_session is null)
        {
            _connection?.Close();
            End("left");
            return;
        }

        _isLeaving = true;
        if (!_session.IsOpen)
        {
            Abandon();
            return;
        }

        _session.Leave();
        Flush();
    }

    // Of those who could: the others have what moves freed and made anew, as stock clients do.
    private static bool CanMoveAs(int number) => number % 2 == 0;

    private void Send(int to, ReadOnlySpan<byte> packet, bool reliable)
    {
        if (_session is null) _connection?.SendToGateway(packet.ToArray());
        else Invariant.Holds(_session.Send(packet, reliable));
    }

    private void Receive(long now)
    {
        if (Ended is not null || IsAbandoned) return;
        if (_connection is null)
        {
            if (now >= _connectAt && now >= _offlineUntil) Connect();
            return;
        }

        _connection.Poll();
        if (!_wasOpen && _connection.IsOpen)
        {
            _wasOpen = true;
            (_heardAt, _pingAt) = (now, now + PingMicroseconds);
            _session?.Connect();
            Note(() => "(connected)");
        }

        if (_connection.IsSound && (_session is null || _session.IsOpen)) _soundAt = now;
        if (_session is null) ReceivePackets();
        else ReceiveFrames(_session, now);
    }

    private void ReceivePackets()
    {
        while (_connection!.TryTake(out byte[]? packet))
        {
            if (Peer == 0) Begin(BinaryPrimitives.ReadInt32LittleEndian(packet));
            else Take(packet);
        }

        if (_connection.IsOver || (!_wasOpen && _games.Cluster.Time.Now - _heardAt > SilenceMicroseconds)) End(_connection.Fault ?? "the connection is gone");
    }

    private void ReceiveFrames(ClientSession session, long now)
    {
        while (_connection!.TryTake(out byte[]? frame))
        {
            _heardAt = now;
            if (!session.OnFrame(frame)) _games.Violate($"{this}: a frame that no gateway would send: {Convert.ToHexString(frame.AsSpan(0, Math.Min(frame.Length, 40)))}");
            if (Peer == 0 && session.Peer != 0) Begin(session.Peer);
        }

        while (true)
        {
            if (session.TryTakePacket(out byte[]? packet)) Take(packet);
            else if (session.TryTakeMove(out NodeMove? move)) Take(move);
            else break;
        }

        if (session.Ended is { } why)
        {
            CheckEnd(why, now);
            End(why);
        }
        else if (session.Reason is not null || _connection.IsOver)
        {
            Lose();
        }
        else if (now - _heardAt > SilenceMicroseconds)
        {
            _connection.Close();
            Lose();
        }
        else if (_wasOpen && now >= _pingAt)
        {
            _pingAt = now + PingMicroseconds;
            _connection.SendToGateway([(byte)ClientFrameKind.Ping, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
    }

    private void Take(byte[] packet)
    {
        Note(() => PacketText.Of(packet));
        Tree.Multiplayer.OnPacket(1, packet);
    }

    private void Take(NodeMove move)
    {
        Note(() => move.ToString());
        if (move is NodeMove.Put) _games.MovesCount++;
        if (_moves.Take(move) is { } wrong) _games.Violate($"{this}: {wrong}; it was last told {string.Join(", ", _told.Select(t => t()))}");
    }

    private void Note(Func<string> told)
    {
        _told.Enqueue(told);
        if (_told.Count > ToldMax) _told.Dequeue();
    }

    // A session may end only when it was left, or was away for longer than its grace.
    private void CheckEnd(string why, long now)
    {
        if (_isLeaving || Peer == 0) return;
        // A server that nobody heard of for so long takes its clients along.
        if (why == Dead) return;
        bool isLate = why.Contains("has no session here any more", StringComparison.Ordinal) && now - _soundAt >= _games.Limits.GraceMicroseconds - GamesWorld.ClockSlack;
        if (!isLate) _games.Violate($"{this}: its session has ended {now - _soundAt} µs after it was last served: {why}");
    }

    private void Begin(int peer)
    {
        Peer = peer;
        _games.OnJoined(this);
        Tree.Multiplayer.OnConnected(peer);
    }

    private void Connect()
    {
        SimulatedServer server = _games.Cluster.Server(_games.Cluster.ServerIds[_random.Next(_games.Cluster.ServerIds.Length)]);
        _wasOpen = false;
        _connection = new(_games.Cluster, server, _games.GatewayOf, CanResume, _random.Fork());
        _heardAt = _games.Cluster.Time.Now;
    }

    private void Lose()
    {
        _session?.Disconnect();
        _connection = null;
        _connectAt = _games.Cluster.Time.Now + _random.Next(400_000);
        if (_isLeaving) IsAbandoned = true;
        if (_session is null) End("the connection is gone");
    }

    private void Flush()
    {
        // What is said before the connection is open, is said again when it is.
        while (_wasOpen && _session!.TryTakeFrame(out byte[]? frame)) _connection?.SendToGateway(frame);
    }

    private void End(string why)
    {
        Ended = why;
        _connection = null;
        if (Tree.Multiplayer.Status == ConnectionStatus.Connected) Tree.Multiplayer.OnPeerDisconnected(1);
        _moves.End();
        _games.OnEnded(this, why);
    }
}
