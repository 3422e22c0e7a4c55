using System.Text;

namespace Banyan.SmallGames;

/// <summary>A property of a replication config.</summary>
/// <param name="Path">From the synchronizer's root: "Head:rotation".</param>
/// <param name="Mode">Godot's replication_mode.</param>
/// <param name="Spawn">Whether it comes with a spawn, too.</param>
internal readonly record struct Replicated(string Path, int Mode, bool Spawn)
{
    /// <summary>One that every state of its authority brings.</summary>
    public static Replicated Always(string path, bool spawn = true) => new(path, 1, spawn);

    /// <summary>One that is sent when it has changed.</summary>
    public static Replicated OnChange(string path) => new(path, 2, Spawn: true);
}

/// <summary>Parts of scene files, as the editor writes them.</summary>
internal static class SceneText
{
    /// <summary>A scene whose State sends one property when it has changed, and that has no other nodes.</summary>
    public static string Counted(string name) => $"""
        [gd_scene load_steps=2 format=3]

        {Config(1, Replicated.OnChange(".:count"))}

        [node name="{name}" type="Node3D"]

        {Synchronizer("State", 1)}
        """;

    /// <summary>Nodes of a player that drops things: below Drops, by a spawner of its own.</summary>
    public const string Drops = """
        [node name="Drops" type="Node3D" parent="."]

        [node name="DropSpawner" type="MultiplayerSpawner" parent="."]
        _spawnable_scenes = PackedStringArray("res://drop.tscn")
        spawn_path = NodePath("../Drops")
        """;

    /// <summary>A replication config, as a sub-resource.</summary>
    /// <param name="id">Its id in the scene.</param>
    /// <param name="properties">In the order of packets.</param>
    public static string Config(int id, params ReadOnlySpan<Replicated> properties)
    {
        var text = new StringBuilder($"[sub_resource type=\"SceneReplicationConfig\" id=\"{id}\"]");
        for (int i = 0; i < properties.Length; i++)
        {
            text.Append($"\nproperties/{i}/path = NodePath(\"{properties[i].Path}\")");
            text.Append($"\nproperties/{i}/spawn = {(properties[i].Spawn ? "true" : "false")}");
            text.Append($"\nproperties/{i}/replication_mode = {properties[i].Mode}");
        }

        return text.ToString();
    }

    /// <summary>A synchronizer of a scene's root.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="config">The id of its config.</param>
    public static string Synchronizer(string name, int config) => $"""
        [node name="{name}" type="MultiplayerSynchronizer" parent="."]
        replication_config = SubResource("{config}")
        """;
}
