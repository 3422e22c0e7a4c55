using Banyan.Godot.Game;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Game;

/// <summary>Godot's own demo "multiplayer_bomber", its scenes as they are and its scripts in a few lines.</summary>
public sealed class BomberTests
{
    private const string World = "res://world.tscn";

    [Fact]
    public void The_bomber_demo_runs_on_a_server_and_two_clients()
    {
        GameNetwork network = new(new Folder(), Script, World);
        GameTree a = network.Connect(2);
        GameTree b = network.Connect(3);
        network.Deliver();
        var players = (MultiplayerSpawner)network.Server.Root.GetNode("World/PlayerSpawner")!;
        players.Spawn(Dictionary(("id", 2), ("position", new Vector2(10, 20))));
        players.Spawn(Dictionary(("id", 3), ("position", new Vector2(30, 40))));
        network.Settle();
        a.Root.GetNode("World/Players/2/Inputs")!.Set("motion", new Vector2(1, 0));
        network.Settle();
        Assert.All(network.Games, g => Assert.Equal(new Vector2(1, 0), g.Root.GetNode("World/Players/2/Inputs")!.Get("motion")));
        network.Server.Root.GetNode("World/Players/2")!.Set("synced_position", new Vector2(11, 20));
        ((MultiplayerSpawner)network.Server.Root.GetNode("World/BombSpawner")!).Spawn(Dictionary(("position", new Vector2(11, 20)), ("player", 2)));
        GameTree late = network.Connect(4);
        network.Settle();
        foreach (GameTree game in new[] { a, b, late })
        {
            Assert.Equal(["2", "3"], game.Root.GetNode("World/Players")!.Children.Select(p => p.Name));
            Assert.Equal(new Vector2(11, 20), game.Root.GetNode("World/Players/2")!.Get("synced_position"));
            Assert.Equal("Player 2", game.Root.GetNode("World/Players/2/label")!.Get("text"));
            Assert.Equal(new Vector2(11, 20), game.Root.GetNode("World/Bomb")!.Get("position"));
        }

        network.AssertNoErrors();
    }

    private static void Script(GameTree game)
    {
        game.OnEnterTree = node =>
        {
            if (node is not MultiplayerSpawner spawner) return;
            spawner.SpawnFunction = spawner.Name == "BombSpawner" ? Bomb : Player;
        };
        game.OnReady = node =>
        {
            if (node.SceneFilePath == "res://player.tscn") node.GetNode("Inputs/InputsSync")!.SetMultiplayerAuthority(int.Parse(node.Name));
        };

        GameNode Player(Variant data)
        {
            GameNode player = game.Instantiate("res://player.tscn")!;
            player.SetName(Of(data, "id").AsInt().ToString());
            player.Set("synced_position", Of(data, "position"));
            player.Child("label")!.Set("text", "Player " + player.Name);
            return player;
        }

        GameNode Bomb(Variant data)
        {
            GameNode bomb = game.Instantiate("res://bomb.tscn")!;
            bomb.Set("position", Of(data, "position"));
            bomb.SetName("Bomb");
            return bomb;
        }
    }

    private static Variant Of(Variant dictionary, string key)
    {
        Assert.True(dictionary.AsDictionary().TryGet(key, out Variant value));
        return value;
    }

    private static Variant Dictionary(params ReadOnlySpan<(string Key, Variant Value)> pairs) =>
        VariantDictionary.Of(pairs.ToArray().Select(p => new KeyValuePair<Variant, Variant>(p.Key, p.Value)).ToArray());

    private sealed class Folder : IProjectFiles
    {
        private readonly string _folder =
            Path.GetDirectoryName(Demos.Scenes().SingleOrDefault(s => s.EndsWith("multiplayer_bomber/world.tscn", StringComparison.Ordinal)) ?? "") ?? "";

        public bool TryRead(string resPath, out string text)
        {
            string path = Path.Combine(_folder, resPath["res://".Length..]);
            bool exists = File.Exists(path);
            text = exists ? File.ReadAllText(path) : "";
            return exists;
        }

        public bool TryResolveUid(string uid, out string resPath)
        {
            resPath = "";
            return false;
        }
    }
}
