namespace Banyan.SmallGames;

/// <summary>The game in which every peer gets a player of its own: all but the player.</summary>
internal static class PlayersGame
{
    /// <summary>The level, with methods in main.gd.</summary>
    public const string Main = """
        [gd_scene load_steps=2 format=3]

        [ext_resource type="Script" path="res://main.gd" id="1"]

        [node name="Main" type="Node3D"]
        script = ExtResource("1")

        [node name="Players" type="Node3D" parent="."]

        [node name="Spawner" type="MultiplayerSpawner" parent="."]
        _spawnable_scenes = PackedStringArray("res://player.tscn")
        spawn_path = NodePath("../Players")
        """;

    /// <summary>What banyan.json says of those who join.</summary>
    /// <param name="owned">Nodes of a player that are its peer's.</param>
    public static string Join(params IEnumerable<string> owned)
    {
        string authorities = string.Join(", ", owned.Select(node => $$""" "{{node}}": "{peer}" """));
        return $$"""
            "join": [ { "spawn": "res://player.tscn", "under": "/root/Main/Players", "name": "{peer}", "authorities": { {{authorities}} } } ]
            """;
    }

    /// <summary>Writes it into a folder.</summary>
    /// <param name="folder">An existing one.</param>
    /// <param name="rules">banyan.json.</param>
    /// <param name="script">main.gd.</param>
    /// <param name="player">player.tscn.</param>
    /// <returns>The path of the level.</returns>
    public static string Write(string folder, string rules, string script, string player)
    {
        File.WriteAllText(Path.Combine(folder, "project.godot"), "config_version=5\n");
        File.WriteAllText(Path.Combine(folder, "banyan.json"), rules);
        File.WriteAllText(Path.Combine(folder, "main.gd"), script);
        File.WriteAllText(Path.Combine(folder, "player.tscn"), player);
        string main = Path.Combine(folder, "main.tscn");
        File.WriteAllText(main, Main);
        return main;
    }
}
