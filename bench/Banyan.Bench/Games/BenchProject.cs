using Banyan.Bench.Cluster;

namespace Banyan.Bench.Games;

/// <summary>A Godot project on disk, in which every peer gets a player that tells all others when it was sent.</summary>
internal sealed class BenchProject
{
    /// <summary>How far players see each other where distances matter.</summary>
    public const int Distance = 100;

    /// <summary>Writes the files.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="hasDistances">Whether players see only those who are near.</param>
    public BenchProject(BenchFolder folder, bool hasDistances = false)
    {
        string interest = hasDistances ? $$""", "interest": { "within": { "/root/Main/Players": {{Distance}} } }""" : "";
        Path = System.IO.Path.Combine(folder.Path, "project");
        Directory.CreateDirectory(Path);
        Write("project.godot", "config_version=5\n");
        Write("banyan.json", $$"""
            { "join": [ { "spawn": "res://player.tscn", "under": "/root/Main/Players", "name": "{peer}", "authorities": { "Pose": "{peer}" } } ]{{interest}} }
            """);
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
            func greet(sent):
                pass
            """);
        Write("player.tscn", """
            [gd_scene load_steps=2 format=3]

            [sub_resource type="SceneReplicationConfig" id="1"]
            properties/0/path = NodePath(".:position")
            properties/0/replication_mode = 1
            properties/1/path = NodePath(".:sent")
            properties/1/replication_mode = 1

            [node name="Player" type="Node3D"]

            [node name="Pose" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("1")
            """);
    }

    public string Path { get; }

    public string Main => System.IO.Path.Combine(Path, "main.tscn");

    private void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);
}
