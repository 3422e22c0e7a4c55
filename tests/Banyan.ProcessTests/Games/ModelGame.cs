using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Banyan.Client.Games;
using Banyan.Godot.Game;
using Banyan.Godot.Scenes;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Sync.Frames;

namespace Banyan.ProcessTests.Games;

/// <summary>A Godot game without Godot: the model of its tree and its multiplayer, on a real connection.</summary>
/// <remarks>Runs on whoever calls <see cref="Process"/>.</remarks>
internal sealed class ModelGame : IAsyncDisposable
{
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private StockConnection? _stock;
    private GameConnection? _connection;

    private ModelGame(IProjectFiles files)
    {
        Tree = new(files) { OnEnterTree = OwnPlayer };
        Moves = new(Tree);
        Assert.NotNull(Tree.ChangeScene("res://main.tscn"));
        Tree.Multiplayer.Called += call => Calls.Add(call);
    }

    public GameTree Tree { get; }

    /// <summary>What it does with nodes that the cluster moves or frees.</summary>
    public MovedNodes Moves { get; }

    /// <summary>Calls that have come.</summary>
    public List<RemoteCall> Calls { get; } = [];

    /// <summary>Its own peer id; 1 until the cluster has given it one.</summary>
    public int Peer => Tree.Multiplayer.UniqueId;

    /// <summary>The scene's root, on which the methods are.</summary>
    public GameNode Main => Tree.CurrentScene!;

    /// <summary>Its own player, once it is there.</summary>
    public GameNode? Player => Main.GetNodeOrNull($"Players/{Peer}");

    /// <summary>Who is there, by name.</summary>
    public string[] Players => Main.GetNodeOrNull("Players") is { } players ? [.. players.Children.Select(p => p.Name).Order(StringComparer.Ordinal)] : [];

    // Where each peer has a player, its own is there; else the cluster knows it.
    private bool IsIn => Main.GetNodeOrNull("Players") is null ? Peer != 1 : Player is not null;

    /// <summary>Connects, and waits until its own player is there, if the game has any.</summary>
    public static async Task<ModelGame> ConnectAsync(Uri gateway, IProjectFiles files, byte[]? auth = null)
    {
        var connection = new StockConnection();
        var game = new ModelGame(files) { _stock = connection };
        if (auth is not null) game.Authenticate(auth);
        await connection.ConnectAsync(gateway);
        game.Tree.Multiplayer.Join((_, packet, _) => connection.Send(packet));
        await Poll.UntilAsync(
            () =>
            {
                game.Process();
                return game.IsIn;
            }, () => "waited for the player");
        return game;
    }

    /// <summary>Connects with a session that outlives gateways.</summary>
    public static async Task<ModelGame> ConnectAsync(IReadOnlyList<Uri> gateways, IProjectFiles files, bool canMove = false)
    {
        var connection = new GameConnection([.. gateways.Select(g => new UriBuilder(g) { Scheme = "ws", Path = "/godot" }.Uri)], canMove);
        var game = new ModelGame(files) { _connection = connection };
        game.Tree.Multiplayer.Join((_, packet, reliable) => Assert.True(connection.Send(packet, reliable)));
        await Poll.UntilAsync(
            () =>
            {
                game.Process();
                return game.IsIn;
            }, () => "waited for the player: " + connection.Ended);
        return game;
    }

    /// <summary>Its session, if it is one that outlives gateways.</summary>
    public GameConnection Connection => _connection!;

    /// <summary>One frame.</summary>
    public void Process()
    {
        while (_connection is not null)
        {
            bool isPacket = _connection.TryReceive(out byte[]? framed);
            NodeMove? move = null;
            if (!isPacket && !_connection.TryReceiveMove(out move)) break;
            if (Tree.Multiplayer.Status == ConnectionStatus.Connecting) Tree.Multiplayer.OnConnected(_connection.Peer);
            if (isPacket) Tree.Multiplayer.OnPacket(1, framed!);
            else Assert.Null(Moves.Take(move!));
        }

        if (_connection is { Peer: > 0 } && Tree.Multiplayer.Status == ConnectionStatus.Connecting) Tree.Multiplayer.OnConnected(_connection.Peer);
        while (_stock is not null && _stock.TryTake(out byte[]? packet))
        {
            if (Tree.Multiplayer.Status == ConnectionStatus.Connecting) Tree.Multiplayer.OnConnected(BinaryPrimitives.ReadInt32LittleEndian(packet));
            else Tree.Multiplayer.OnPacket(1, packet);
        }

        Tree.Process(_time.ElapsedTicks * 1_000_000 / Stopwatch.Frequency);
    }

    /// <summary>What is known of a player: its place, its title, and what it has dropped.</summary>
    public string? Look(string player) =>
        Main.GetNodeOrNull($"Players/{player}") is { } node
            ? $"at {Text(node, "position")}, {Text(node, "title")}: {string.Join(", ", Drops(node).Select(d => $"{d.Name} {Text(d, "count")}"))}"
            : null;

    /// <summary>Drops something beside its player, as a script does: the spawner sees it.</summary>
    public void Drop(int count)
    {
        GameNode drop = Tree.Instantiate("res://drop.tscn")!;
        drop.Set("count", count);
        Player!.GetNode("Drops")!.AddChild(drop, forceReadableName: true);
    }

    /// <summary>What a player has dropped, by name.</summary>
    public static IReadOnlyList<GameNode> Drops(GameNode player) => [.. player.GetNode("Drops")!.Children.OrderBy(d => d.Name, StringComparer.Ordinal)];

    /// <summary>Plays games until something holds.</summary>
    public static Task UntilAsync(Func<bool> holds, params ModelGame[] games) => Poll.UntilAsync(
        () =>
        {
            foreach (ModelGame game in games) game.Process();
            return holds();
        }, () => string.Join("; ", games.SelectMany(g => g.Tree.Errors.Prepend(string.Join(", ", g.Players.Select(p => $"{p} {g.Look(p)}"))))));

    public async ValueTask DisposeAsync()
    {
        if (_stock is not null) await _stock.DisposeAsync();
        if (_connection is null) return;
        _connection.Leave();
        await _connection.DisposeAsync();
    }

    // As a game does with auth_callback, in peer_authenticating.
    private void Authenticate(byte[] bytes)
    {
        Tree.Multiplayer.AuthCallback = (_, _) => { };
        Tree.Multiplayer.PeerAuthenticating += peer =>
        {
            Tree.Multiplayer.SendAuth(peer, bytes);
            Tree.Multiplayer.CompleteAuth(peer);
        };
    }

    /// <summary>Spawns what its script's function makes of an argument.</summary>
    public GameNode MakeToy(string argument) => ((MultiplayerSpawner)Player!.GetNode("ToySpawner")!).Spawn(argument)!;

    /// <summary>What is known of a player's toys.</summary>
    public string Toys(int player) => Main.GetNodeOrNull($"Players/{player}/Toys") is { } toys
        ? string.Join(", ", toys.Children.Select(t => $"{t.Name} {Text(t, "title")} {Text(t, "count")}"))
        : "no player";

    // A Variant itself says nothing of its value.
    private static string Text(GameNode node, string property) => VariantText.Write(node.Get(property));

    private void OwnToys(MultiplayerSpawner spawner, int peer)
    {
        spawner.SetMultiplayerAuthority(peer);
        spawner.SpawnFunction = argument =>
        {
            GameNode toy = Tree.Instantiate("res://drop.tscn")!;
            toy.Set("title", argument);
            toy.GetNode("State")!.SetMultiplayerAuthority(peer);
            return toy;
        };
    }

    // As the player's script would: the name says whose it is. The pose itself would be too late, it has begun by then.
    private void OwnPlayer(GameNode node)
    {
        if (node.Parent?.Name == "Players" && int.TryParse(node.Name, CultureInfo.InvariantCulture, out int peer))
        {
            node.GetNode("Pose")!.SetMultiplayerAuthority(peer);
            node.GetNode("DropSpawner")!.SetMultiplayerAuthority(peer);
            if (node.GetNodeOrNull("ToySpawner") is MultiplayerSpawner toys) OwnToys(toys, peer);
        }

        if (node.Parent?.Name == "Drops" && int.TryParse(node.Parent.Parent!.Name, CultureInfo.InvariantCulture, out int owner)) node.GetNode("State")!.SetMultiplayerAuthority(owner);
    }
}
