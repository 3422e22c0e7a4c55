using Banyan.Godot.Scenes;

namespace Banyan.Sync.Tests;

/// <summary>A small game: a level with players that a spawner adds, one that is there from the start, and what players drop.</summary>
internal sealed class Game : IProjectFiles
{
    public const string Main = "res://main.tscn";
    public const string Player = "res://player.tscn";
    public const string Drop = "res://drop.tscn";
    public const string Bombs = "res://bombs.tscn";
    public const string Pair = "res://pair.tscn";
    public const string State = "res://state.gd";

    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal)
    {
        [Main] = """
            [gd_scene load_steps=3 format=3 uid="uid://main"]

            [ext_resource type="PackedScene" path="res://player.tscn" id="1"]

            [node name="Main" type="Node3D"]

            [node name="Players" type="Node3D" parent="."]

            [node name="Bob" parent="Players" instance=ExtResource("1")]

            [node name="Spawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("uid://player", "res://drop.tscn")
            spawn_path = NodePath("../Players")
            """,
        [Player] = """
            [gd_scene load_steps=2 format=3 uid="uid://player"]

            [sub_resource type="SceneReplicationConfig" id="1"]
            properties/0/path = NodePath(".:position")
            properties/0/spawn = true
            properties/0/replication_mode = 1
            properties/1/path = NodePath("Head:rotation")
            properties/1/spawn = false
            properties/1/replication_mode = 1
            properties/2/path = NodePath(".:health")
            properties/2/spawn = true
            properties/2/replication_mode = 2
            properties/3/path = NodePath(".:title")
            properties/3/spawn = true
            properties/3/replication_mode = 2

            [node name="Player" type="CharacterBody3D"]

            [node name="Head" type="Node3D" parent="."]

            [node name="Pose" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("1")

            [node name="Drops" type="Node3D" parent="."]

            [node name="DropSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("res://drop.tscn")
            spawn_path = NodePath("../Drops")
            """,
        [Drop] = """
            [gd_scene load_steps=2 format=3]

            [sub_resource type="SceneReplicationConfig" id="1"]
            properties/0/path = NodePath(".:count")
            properties/0/spawn = true
            properties/0/replication_mode = 2

            [node name="Drop" type="Node3D"]

            [node name="State" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("1")
            """,
        [Bombs] = """
            [gd_scene format=3]

            [node name="Bombs" type="Node2D"]

            [node name="First" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("res://pair.tscn")
            spawn_path = NodePath("..")

            [node name="Second" type="MultiplayerSpawner" parent="."]
            spawn_path = NodePath("..")
            """,
        [Pair] = """
            [gd_scene load_steps=3 format=3]

            [sub_resource type="SceneReplicationConfig" id="1"]
            properties/0/path = NodePath(".:count")
            properties/0/spawn = true
            properties/0/replication_mode = 2

            [sub_resource type="SceneReplicationConfig" id="2"]
            properties/0/path = NodePath(".:speed")
            properties/0/spawn = true
            properties/0/replication_mode = 2

            [node name="Pair" type="Node"]

            [node name="One" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("1")

            [node name="Two" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("2")
            """,
        [State] = """
            extends Node

            @rpc("any_peer")
            func hello():
                pass

            @rpc("authority")
            func begin():
                pass

            func secret():
                pass
            """,
    };

    public bool TryRead(string resPath, out string text) => _files.TryGetValue(resPath, out text!);

    public bool TryResolveUid(string uid, out string resPath)
    {
        resPath = uid switch { "uid://main" => Main, "uid://player" => Player, _ => "" };
        return resPath.Length > 0;
    }
}
