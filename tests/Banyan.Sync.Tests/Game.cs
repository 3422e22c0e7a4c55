namespace Banyan.Sync.Tests;

/// <summary>A small game: a level with players that a spawner adds, one that is there from the start, and what players drop.</summary>
internal static class Game
{
    public const string Main = "res://main.tscn";
    public const string Player = "res://player.tscn";
    public const string Drop = "res://drop.tscn";
    public const string Bombs = "res://bombs.tscn";
    public const string Pair = "res://pair.tscn";
    public const string State = "res://state.gd";

    /// <summary>The synchronizer of the player that is there from the start.</summary>
    public const string BobsPose = "Main/Players/Bob/Pose";

    public static MemoryProject Files() => new()
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
        [Player] = $"""
            [gd_scene load_steps=2 format=3 uid="uid://player"]

            {SceneText.Config(
                1, Replicated.Always(".:position"), Replicated.Always("Head:rotation", spawn: false),
                Replicated.OnChange(".:health"), Replicated.OnChange(".:title"))}

            [node name="Player" type="CharacterBody3D"]

            [node name="Head" type="Node3D" parent="."]

            {SceneText.Synchronizer("Pose", 1)}

            {SceneText.Drops}
            """,
        [Drop] = SceneText.Counted("Drop"),
        [Bombs] = """
            [gd_scene format=3]

            [node name="Bombs" type="Node2D"]

            [node name="First" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("res://pair.tscn")
            spawn_path = NodePath("..")

            [node name="Second" type="MultiplayerSpawner" parent="."]
            spawn_path = NodePath("..")
            """,
        [Pair] = $"""
            [gd_scene load_steps=3 format=3]

            {SceneText.Config(1, Replicated.OnChange(".:count"))}

            {SceneText.Config(2, Replicated.OnChange(".:speed"))}

            [node name="Pair" type="Node"]

            {SceneText.Synchronizer("One", 1)}

            {SceneText.Synchronizer("Two", 2)}
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
}
