using Banyan.Godot.Game;

namespace Banyan.Godot.Tests.Game;

/// <summary>A game with players that their clients move, items that the server spawns, shots of a spawn function, and what players drop.</summary>
internal static class SmallGame
{
    public const string Main = "res://main.tscn";
    public const string Player = "res://player.tscn";
    public const string Item = "res://item.tscn";
    public const string Drop = "res://drop.tscn";

    public static MemoryProject Files() => new()
    {
        [Main] = $"""
            [gd_scene load_steps=3 format=3]

            [ext_resource type="Script" path="res://main.gd" id="1"]
            {SceneText.Config(1, Replicated.OnChange(".:round"))}

            [node name="Main" type="Node3D"]
            script = ExtResource("1")

            {SceneText.Synchronizer("Rules", 1)}

            [node name="Players" type="Node3D" parent="."]

            [node name="Items" type="Node3D" parent="."]

            [node name="Shots" type="Node3D" parent="."]

            [node name="PlayerSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("res://player.tscn")
            spawn_path = NodePath("../Players")

            [node name="ItemSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("res://drop.tscn", "res://item.tscn")
            spawn_path = NodePath("../Items")

            [node name="ShotSpawner" type="MultiplayerSpawner" parent="."]
            spawn_path = NodePath("../Shots")
            spawn_limit = 100
            """,
        ["res://main.gd"] = """
            extends Node3D

            @rpc("any_peer", "call_local", "unreliable")
            func say(text): pass

            @rpc("authority", "reliable")
            func announce(text, number): pass
            """,
        [Player] = $"""
            [gd_scene load_steps=4 format=3]

            [ext_resource type="Script" path="res://player.gd" id="1"]
            {SceneText.Config(1, Replicated.Always(".:position"), Replicated.Always("Head:rotation"), Replicated.OnChange(".:title"))}
            {SceneText.Config(2, Replicated.OnChange(".:health"))}

            [node name="Player" type="CharacterBody3D"]
            script = ExtResource("1")

            [node name="Head" type="Node3D" parent="."]

            {SceneText.Synchronizer("Pose", 1)}

            {SceneText.Synchronizer("State", 2)}

            {SceneText.Drops}
            """,
        ["res://player.gd"] = """
            extends CharacterBody3D

            @rpc("any_peer", "call_local")
            func hit(amount): pass

            @rpc
            func teleport(to): pass
            """,
        [Item] = $"""
            [gd_scene load_steps=2 format=3]

            {SceneText.Config(1, Replicated.Always(".:position"), Replicated.OnChange(".:count"))}

            [node name="Item" type="Node3D"]

            {SceneText.Synchronizer("State", 1)}
            """,
        [Drop] = """
            [gd_scene format=3]

            [node name="Drop" type="Node3D"]
            """,
    };

    /// <summary>What its scripts do: a player's pose is its client's, and shots are made of their argument.</summary>
    public static void Script(GameTree game)
    {
        game.OnEnterTree = node =>
        {
            if (node.SceneFilePath == Player) node.Child("Pose")!.SetMultiplayerAuthority(int.Parse(node.Name));
            if (node.SceneFilePath == Item && node.Parent!.Name == "Items") node.SetMultiplayerAuthority(game.Node("ItemSpawner").MultiplayerAuthority);
            if (node is MultiplayerSpawner { Name: "ShotSpawner" } spawner)
            {
                spawner.SpawnFunction = argument =>
                {
                    GameNode shot = game.CreateNode("Node3D", "Shot");
                    shot.Set("power", argument);
                    return shot;
                };
            }
        };
    }

    public static GameNetwork Network() => new(Files(), Script);

    /// <summary>Adds an instance of a scene under a node, under a name.</summary>
    public static GameNode Add(this GameTree game, string parent, string scene, string name)
    {
        GameNode node = game.Instantiate(scene)!;
        node.SetName(name);
        game.Node(parent).AddChild(node, forceReadableName: true);
        return node;
    }

    /// <summary>A node that must be there, by its path below <c>/root/Main</c>.</summary>
    public static GameNode Node(this GameTree game, string path)
    {
        GameNode? node = game.GetNodeOrNull(path.Length == 0 ? "Main" : "Main/" + path);
        Assert.NotNull(node);
        return node;
    }

    public static bool Has(this GameTree game, string path) => game.GetNodeOrNull("Main/" + path) is not null;

    /// <summary>All nodes by path with the properties that are synchronized.</summary>
    public static string Dump(GameTree game)
    {
        List<string> lines = [];
        Write(game.Node(""));
        return string.Join('\n', lines);

        void Write(GameNode node)
        {
            string values = string.Join(' ', new[] { "position", "rotation", "title", "health", "count", "round", "power" }.Select(p => Banyan.Godot.Text.VariantText.Write(node.Get(p))));
            lines.Add($"{node.Path} {node.Type} {values}");
            // A despawned node leaves a gap that another fills: the order of siblings is each game's own.
            foreach (GameNode child in node.Children.OrderBy(c => c.Name, StringComparer.Ordinal)) Write(child);
        }
    }
}
