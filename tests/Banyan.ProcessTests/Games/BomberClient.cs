using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Banyan.Client.Games;
using Banyan.Godot.Game;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>A player of the bomber: the model of a stock Godot client, the demo's scripts in a few lines, and a bot at the controls.</summary>
internal sealed class BomberClient : IAsyncDisposable
{
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly GameNode _state;
    private readonly string _name;
    private StockConnection? _stock;
    private GameConnection? _session;
    private int _begun;

    private BomberClient(IProjectFiles files, string name)
    {
        _name = name;
        Tree = new(files) { OnEnterTree = OnEnterTree, OnReady = OnReady };
        _state = Tree.CreateNode("Node", "gamestate"); // the autoload
        _state.RpcMethods = Tree.Project.RpcMethodsOf("res://gamestate.gd");
        Tree.Root.AddChild(_state);
        Tree.Multiplayer.Called += OnCalled;
    }

    public GameTree Tree { get; }

    public int Peer => Tree.Multiplayer.UniqueId;

    /// <summary>As its score board has it.</summary>
    public SortedDictionary<int, int> Scores { get; } = [];

    /// <summary>As its screen says; null while the match goes on.</summary>
    public string? Winner { get; private set; }

    /// <summary>How often it was stunned.</summary>
    public int Stunned { get; private set; }

    /// <summary>Bombs that it has seen.</summary>
    public int Bombs { get; private set; }

    public GameNode? World => Tree.Root.Child("World");

    public string[] Rocks => Names("Rocks");

    public string[] Players => Names("Players");

    public string? Ended => _stock is not null ? _stock.Ended : _session!.Ended;

    /// <summary>Connects to the lobby; or, to look on, with the world open.</summary>
    public static async Task<BomberClient> ConnectAsync(Uri gateway, IProjectFiles files, string name, bool late = false)
    {
        while (true)
        {
            var connection = new StockConnection();
            var client = new BomberClient(files, name) { _stock = connection };
            if (late) client.Tree.ChangeScene("res://world.tscn");
            await connection.ConnectAsync(gateway);
            client.Tree.Multiplayer.Join((_, packet, _) => connection.Send(packet));
            await client.AwaitIdAsync();
            if (client.Ended is null)
            {
                client.Call("register_player", name);
                return client;
            }

            // A server that has only just started does not know the world yet.
            Assert.Contains("try again", client.Ended);
            await client.DisposeAsync();
        }
    }

    /// <summary>Connects to the lobby with a session that outlives gateways.</summary>
    public static async Task<BomberClient> ConnectAsync(IReadOnlyList<Uri> gateways, IProjectFiles files, string name)
    {
        var connection = new GameConnection([.. gateways.Select(g => new UriBuilder(g) { Scheme = "ws", Path = "/godot" }.Uri)]);
        var client = new BomberClient(files, name) { _session = connection };
        client.Tree.Multiplayer.Join((_, packet, reliable) => Assert.True(connection.Send(packet, reliable)));
        await client.AwaitIdAsync();
        Assert.Null(client.Ended);
        client.Call("register_player", name);
        return client;
    }

    /// <summary>Tells the cluster that it is ready.</summary>
    public void Ready() => Call("ready_to_start");

    /// <summary>One frame; with the bot at the controls if it has a player.</summary>
    public void Process()
    {
        while (_stock is not null && _stock.TryTake(out byte[]? packet))
        {
            if (Tree.Multiplayer.Status == ConnectionStatus.Connecting) Tree.Multiplayer.OnConnected(BinaryPrimitives.ReadInt32LittleEndian(packet));
            else Tree.Multiplayer.OnPacket(1, packet);
        }

        while (_session is not null && _session.TryReceive(out byte[]? packet))
        {
            if (Tree.Multiplayer.Status == ConnectionStatus.Connecting) Tree.Multiplayer.OnConnected(_session.Peer);
            Tree.Multiplayer.OnPacket(1, packet);
        }

        if (_session is { Peer: > 0 } && Tree.Multiplayer.Status == ConnectionStatus.Connecting) Tree.Multiplayer.OnConnected(_session.Peer);

        if (Player(Peer) is { } own) Steer(own);
        Tree.Process(_time.ElapsedTicks * 1_000_000 / Stopwatch.Frequency);
    }

    public GameNode? Player(int peer) => World?.GetNodeOrNull($"Players/{peer}");

    /// <summary>All that must be the same at every client once nothing moves any more.</summary>
    public string Look() => string.Join("; ",
        "players " + string.Join(", ", Players.Select(p => $"{p} {World!.GetNode($"Players/{p}/label")!.Get("text").AsText()} at {World!.GetNode($"Players/{p}")!.Get("synced_position").AsVector2()}")),
        "rocks " + string.Join(", ", Rocks), "scores " + string.Join(", ", Scores), "winner " + Winner);

    public async ValueTask DisposeAsync()
    {
        if (_stock is not null) await _stock.DisposeAsync();
        if (_session is null) return;
        _session.Leave();
        await _session.DisposeAsync();
    }

    private Task AwaitIdAsync() => Poll.UntilAsync(
        () =>
        {
            Process();
            return Tree.Multiplayer.Status == ConnectionStatus.Connected || Ended is not null;
        }, () => "waited for a peer id");

    private string[] Names(string parent) => [.. (World?.GetNodeOrNull(parent)?.Children ?? []).Where(n => !n.IsQueuedForDeletion).Select(n => n.Name).Order(StringComparer.Ordinal)];

    private void Call(string method, params Variant[] arguments) => Assert.True(Tree.Multiplayer.Rpc(_state, method, arguments, 1));

    // To a rock of its own choice, and a bomb there.
    private void Steer(GameNode player)
    {
        GameNode inputs = player.GetNode("Inputs")!;
        string[] rocks = Rocks;
        if (rocks.Length == 0)
        {
            inputs.Set("motion", new Vector2(0, 0));
            inputs.Set("bombing", false);
            return;
        }

        if (_begun == 0) _begun = Array.IndexOf(Players, player.Name) * 17;
        Vector2 target = World!.GetNode($"Rocks/{rocks[_begun % rocks.Length]}")!.Get("position").AsVector2();
        Vector2 at = player.Get("synced_position").AsVector2();
        (float x, float y) = ((float)(target.X - at.X), (float)(target.Y - at.Y));
        bool isThere = Math.Abs(x) < 25 && Math.Abs(y) < 25;
        inputs.Set("motion", isThere ? new Vector2(0, 0) : new Vector2(x / 40, y / 40));
        inputs.Set("bombing", isThere);
    }

    private void OnEnterTree(GameNode node)
    {
        if (node is not MultiplayerSpawner spawner) return;
        spawner.SpawnFunction = spawner.Name == "BombSpawner" ? MakeBomb : MakePlayer;
    }

    private static void OnReady(GameNode node)
    {
        // player.gd: the name says whose it is.
        if (node.SceneFilePath == "res://player.tscn") node.GetNode("Inputs/InputsSync")!.SetMultiplayerAuthority(int.Parse(node.Name, CultureInfo.InvariantCulture));
    }

    private GameNode MakePlayer(Variant data)
    {
        GameNode player = Tree.Instantiate("res://player.tscn")!;
        Assert.True(data.AsDictionary().TryGet("name", out Variant name));
        player.Child("label")!.Set("text", name);
        player.GetNode("Inputs")!.Set("motion", new Vector2(0, 0));
        player.GetNode("Inputs")!.Set("bombing", false);
        return player;
    }

    private GameNode MakeBomb(Variant data)
    {
        GameNode bomb = Tree.Instantiate("res://bomb.tscn")!;
        bomb.Set("position", data.AsArray().Items[0]);
        bomb.Set("from_player", data.AsArray().Items[1]);
        Bombs++;
        return bomb;
    }

    private void OnCalled(RemoteCall call)
    {
        Assert.Equal(1, call.Sender);
        switch (call.Method)
        {
            case "load_world":
                if (World is null) Tree.ChangeScene("res://world.tscn");
                Call("world_loaded");
                break;
            case "exploded" when call.Node.SceneFilePath == "res://rock.tscn":
                int by = (int)call.Arguments[0].AsInt();
                Scores[by] = Scores.GetValueOrDefault(by) + 1;
                call.Node.QueueFree();
                break;
            case "exploded":
                if (call.Node.Name == $"{Peer}") Stunned++;
                break;
            case "catch_up":
                Scores.Clear();
                foreach ((Variant peer, Variant score) in call.Arguments[0].AsDictionary().Pairs)
                {
                    if (score.AsInt() > 0) Scores[(int)peer.AsInt()] = (int)score.AsInt();
                }

                string[] left = [.. call.Arguments[1].AsArray().Items.Select(r => r.AsText())];
                foreach (GameNode rock in World!.GetNode("Rocks")!.Children.Where(r => !left.Contains(r.Name))) rock.QueueFree();
                break;
            case "end":
                Winner = call.Arguments[0].AsText();
                break;
            default:
                Assert.Fail($"{_name} was told {call.Method}");
                break;
        }
    }
}
