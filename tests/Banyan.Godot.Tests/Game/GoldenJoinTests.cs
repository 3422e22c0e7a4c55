using Banyan.Godot.Game;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Game;

public sealed class GoldenJoinTests
{
    // The digest of no method names.
    private static readonly string NoMethods = Convert.ToHexStringLower("d41d8cd98f00b204e9800998ecf8427e"u8);

    [Fact]
    public void The_bytes_of_a_join_are_those_of_the_engine()
    {
        GameNetwork network = new(new MemoryProject
        {
            [SmallGame.Main] = """
                [gd_scene format=3]

                [node name="Main" type="Node3D"]

                [node name="Players" type="Node3D" parent="."]

                [node name="Spawner" type="MultiplayerSpawner" parent="."]
                _spawnable_scenes = PackedStringArray("res://player.tscn")
                spawn_path = NodePath("../Players")
                """,
            [SmallGame.Player] = $"""
                [gd_scene load_steps=2 format=3]

                {SceneText.Config(1, Replicated.Always(".:position"), Replicated.OnChange(".:health"))}

                [node name="Player" type="Node3D"]

                {SceneText.Synchronizer("Pose", 1)}
                """,
        });
        GameNode bob = network.Server.Add("Players", SmallGame.Player, "Bob");
        bob.Set("position", new Vector3(1, 2, 3));
        bob.Set("health", 100);
        network.Connect(2);
        network.Connect(3);
        network.Deliver();
        network.Frame();
        network.Deliver();
        string path = "01" + NoMethods + "00" + "01000000" + "4d61696e2f537061776e657200";
        string spawn = "04" + "00" + "01000000" + "01000000" + "01000000" + "04000000" + "02000000" + "426f6200" +
            "09000000" + "0000803f" + "00000040" + "00004040" + "0264";
        string state = "06" + "0100" + "02000000" + "10000000" + "09000000" + "0000803f" + "00000040" + "00004040";
        string change = "16" + "02000000" + "0100000000000000" + "02000000" + "0264";
        Assert.Equal([path, spawn, "0701" + "03000000", state, change], network.Sent.Where(s => s.To == 2).Select(s => s.Hex));
        Assert.Equal(["0701" + "02000000", path, spawn, state, change], network.Sent.Where(s => s.To == 3).Select(s => s.Hex));
        Assert.Equal(["0201" + "01000000", "0201" + "01000000"], network.Sent.Where(s => s.To == 1).Select(s => s.Hex));

        network.Sent.Clear();
        bob.QueueFree();
        network.Frame();
        network.Deliver();
        Assert.Equal([state.Replace("060100", "060200"), "05" + "01000000"], network.Sent.Where(s => s.To == 2).Select(s => s.Hex));
        Assert.All(network.Clients.Values, c => Assert.False(c.Has("Players/Bob")));
        network.AssertNoErrors();
    }
}
