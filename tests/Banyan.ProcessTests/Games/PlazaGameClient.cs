using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Banyan.Client.Local;
using Banyan.Godot.Game;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>The plaza without Godot: the model of a stock client with the example's own scenes, and what their scripts do about authority.</summary>
internal sealed class PlazaGameClient : IProjectFiles, IAsyncDisposable
{
    private readonly StockConnection _connection = new();
    private readonly Stopwatch _time = Stopwatch.StartNew();

    private PlazaGameClient()
    {
        Tree = new(this) { OnEnterTree = OnEnterTree };
        Assert.NotNull(Tree.ChangeScene("res://main.tscn"));
        Tree.Multiplayer.Called += call =>
        {
            Assert.Equal("refused", call.Method);
            Refused.Add((int)call.Arguments[0].AsInt());
        };
    }

    public GameTree Tree { get; }

    public int Peer => Tree.Multiplayer.UniqueId;

    /// <summary>Who held what it wanted to have.</summary>
    public List<int> Refused { get; } = [];

    public GameNode? Player => Tree.CurrentScene!.GetNodeOrNull($"Players/{Peer}");

    public GameNode? Amber => Tree.CurrentScene!.GetNodeOrNull("Props/Amber");

    public GameNode Door => Tree.CurrentScene!.GetNode("Door")!;

    public bool IsOpen => Door.Get("is_open") is { Type: VariantType.Bool } open && open.AsBool();

    /// <summary>The keeper of Amber, by its script's variable and by its synchronizer; and in whose hand it is.</summary>
    public (int Keeper, int Authority, int Holder) State =>
        Amber is { } prop ? ((int)prop.Get("keeper").AsInt(), prop.GetNode("Pose")!.MultiplayerAuthority, (int)prop.Get("held_by").AsInt()) : default;

    /// <summary>Three servers with the example's code.</summary>
    /// <param name="folder">Where their data stays; null for a temporary folder.</param>
    public static async Task<LocalCluster> StartClusterAsync(string? folder)
    {
        LocalCluster cluster = await RestartClusterAsync(folder);
        (await BanyanCommand.RunAsync(cluster.Gateways[0], "import", Path.Combine(Checkout.Plaza, "main.tscn"))).AssertDone();
        return cluster;
    }

    /// <summary>The same, with what is in the folder.</summary>
    public static Task<LocalCluster> RestartClusterAsync(string? folder) => LocalCluster.StartAsync(
        BanyanCommand.Executable, 3, folder, "--project", Checkout.Plaza, "--open", "--code", Path.Combine(AppContext.BaseDirectory, "Banyan.Plaza.dll"));

    /// <summary>Connects, and waits until its player and the props are there.</summary>
    public static async Task<PlazaGameClient> ConnectAsync(Uri gateway)
    {
        while (true)
        {
            var client = new PlazaGameClient();
            await client._connection.ConnectAsync(gateway);
            client.Tree.Multiplayer.Join((_, packet, _) => client._connection.Send(packet));
            await Poll.UntilAsync(
                () =>
                {
                    client.Process();
                    return (client.Player is not null && client.Amber is not null) || client._connection.Ended is not null;
                }, () => "waited for the plaza");
            if (client._connection.Ended is null) return client;
            // A server that has only just started does not know the world yet.
            Assert.Contains("try again", client._connection.Ended);
            await client.DisposeAsync();
        }
    }

    /// <summary>One frame.</summary>
    public void Process()
    {
        while (_connection.TryTake(out byte[]? packet))
        {
            if (Tree.Multiplayer.Status == ConnectionStatus.Connecting) Tree.Multiplayer.OnConnected(BinaryPrimitives.ReadInt32LittleEndian(packet));
            else Tree.Multiplayer.OnPacket(1, packet);
            // The setter of keeper.
            foreach (GameNode prop in Tree.CurrentScene!.GetNode("Props")!.Children) FollowKeeper(prop);
        }

        Tree.Process(_time.ElapsedTicks * 1_000_000 / Stopwatch.Frequency);
    }

    public void Grab() => Call(Amber!, "grab");

    public void Release(Transform3D at) => Call(Amber!, "release", at);

    public void WantOpen(bool open) => Call(Door, "want_open", open);

    /// <summary>Holds Amber somewhere, as the script does while it is in the hand.</summary>
    public void Hold(float x) => Amber!.Set("transform", new Transform3D(Basis.Identity, new(x, 1, 0)));

    /// <summary>Where Amber is.</summary>
    public float X => Amber!.Get("transform").AsTransform3D().Origin.X;

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    public bool TryRead(string resPath, out string text)
    {
        string file = Path.Combine(Checkout.Plaza, resPath["res://".Length..]);
        text = File.Exists(file) ? File.ReadAllText(file) : "";
        return text.Length > 0;
    }

    public bool TryResolveUid(string uid, out string resPath)
    {
        resPath = "";
        return false;
    }

    private void Call(GameNode node, string method, params Variant[] arguments) => Assert.True(Tree.Multiplayer.Rpc(node, method, arguments, 1));

    private static void OnEnterTree(GameNode node)
    {
        if (node.Parent?.Name == "Players" && int.TryParse(node.Name, CultureInfo.InvariantCulture, out int peer)) node.GetNode("Pose")!.SetMultiplayerAuthority(peer);
        // State has begun, and with it keeper is set; Pose has not.
        if (node.Name == "State" && node.Parent?.Parent?.Name == "Props") FollowKeeper(node.Parent);
    }

    private static void FollowKeeper(GameNode prop)
    {
        if (prop.Get("keeper") is not { Type: VariantType.Int } keeper || prop.GetNode("Pose") is not { } pose) return;
        if (pose.MultiplayerAuthority == keeper.AsInt()) return;
        pose.SetMultiplayerAuthority((int)keeper.AsInt());
        if (keeper.AsInt() == 1) prop.Set("transform", prop.Get("rest"));
    }
}
