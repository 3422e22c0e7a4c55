using Banyan.Godot.Scenes;

namespace Banyan.ProcessTests.Games;

/// <summary>A Godot project on disk: a level in which every peer gets a player of its own, and drops things that it spawns itself.</summary>
internal sealed class GameFolder : IProjectFiles, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="moreInPlayer">Nodes for the end of a player's scene.</param>
    /// <param name="moreOwned">Of these, which one is the peer's own.</param>
    public GameFolder(string moreInPlayer = "", string? moreOwned = null)
    {
        Write("project.godot", "config_version=5\n");
        string owned = moreOwned is null ? "" : $$""", "{{moreOwned}}": "{peer}" """;
        Write("banyan.json", """
            { "join": [ { "spawn": "res://player.tscn", "under": "/root/Main/Players", "name": "{peer}", "authorities": { "Pose": "{peer}", "DropSpawner": "{peer}"MORE } } ] }
            """.Replace("MORE", owned, StringComparison.Ordinal));
        Write("main.tscn", """
            [gd_scene load_steps=2 format=3]

            [ext_resource type="Script" path="res://main.gd" id="1"]

            [node name="Main" type="Node3D"]
            script = ExtResource("1")

            [node name="Players" type="Node3D" parent="."]

            [node name="Spawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("res://player.tscn")
            spawn_path = NodePath("../Players")
            """);
        Write("main.gd", """
            extends Node3D

            @rpc("any_peer")
            func greet(text):
                print(text)

            @rpc("authority")
            func start():
                pass
            """);
        Write("player.tscn", """
            [gd_scene load_steps=3 format=3]

            [sub_resource type="SceneReplicationConfig" id="1"]
            properties/0/path = NodePath(".:position")
            properties/0/spawn = true
            properties/0/replication_mode = 1
            properties/1/path = NodePath(".:title")
            properties/1/spawn = true
            properties/1/replication_mode = 2

            [sub_resource type="SceneReplicationConfig" id="2"]

            [node name="Player" type="Node3D"]

            [node name="Pose" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("1")

            [node name="Drops" type="Node3D" parent="."]

            [node name="DropSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("res://drop.tscn")
            spawn_path = NodePath("../Drops")

            """ + moreInPlayer);
        Write("drop.tscn", """
            [gd_scene load_steps=2 format=3]

            [sub_resource type="SceneReplicationConfig" id="1"]
            properties/0/path = NodePath(".:count")
            properties/0/spawn = true
            properties/0/replication_mode = 2

            [node name="Drop" type="Node3D"]

            [node name="State" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("1")
            """);
    }

    public string Path => _folder.Path;

    public string Main => System.IO.Path.Combine(Path, "main.tscn");

    public bool TryRead(string resPath, out string text)
    {
        string file = System.IO.Path.Combine(Path, resPath["res://".Length..]);
        text = File.Exists(file) ? File.ReadAllText(file) : "";
        return text.Length > 0;
    }

    public bool TryResolveUid(string uid, out string resPath)
    {
        resPath = "";
        return false;
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);
}
