using System.Text.Json;
using Banyan.Godot.Scenes;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Scenes;

public class SceneDumpTests
{
    [Fact]
    public void A_dump_is_an_array_of_records_in_tree_order()
    {
        MemoryProject project = new()
        {
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [sub_resource type="BoxShape3D" id="S"]
                size = Vector3(1, 2, 3)
                [node name="Main" type="Node3D" groups=["é"]]
                [node name="A" type="CollisionShape3D" parent="."]
                shape = SubResource("S")
                """,
        };
        Assert.Equal(
            """
            [
              {
                "path": ".",
                "type": "Node3D",
                "groups": [
                  "é"
                ],
                "properties": {}
              },
              {
                "path": "A",
                "type": "CollisionShape3D",
                "groups": [],
                "properties": {
                  "shape": "Object(BoxShape3D,\"size\":Vector3(1, 2, 3))"
                }
              }
            ]
            """,
            Dump(Expand(project, "res://main.tscn")));
    }

    [Fact]
    public void Every_demo_scene_expands_and_dumps_and_every_value_reads_back()
    {
        foreach ((MemoryProject project, string path) in DemoScenes())
        {
            ExpandedScene scene = Expand(project, path);
            Assert.All(scene.Warnings, w => Assert.EndsWith(" is missing", w.Message));
            using JsonDocument dump = JsonDocument.Parse(Dump(scene));
            Assert.Equal(scene.Nodes.Length, dump.RootElement.GetArrayLength());
            HashSet<string> paths = [];
            for (int i = 0; i < scene.Nodes.Length; i++)
            {
                ExpandedNode node = scene.Nodes[i];
                Assert.True(node.Parent < i && node.Owner < i);
                Assert.True(paths.Add(scene.PathOf(i)));
                Assert.Equal(scene.PathOf(i), dump.RootElement[i].GetProperty("path").GetString());
                foreach ((string name, Variant value) in node.Properties)
                {
                    string text = dump.RootElement[i].GetProperty("properties").GetProperty(name).GetString()!;
                    Assert.True(VariantText.TryParse(text, null, out Variant again, out VariantTextError error), error.ToString());
                    Assert.Equal(text, VariantText.Write(again));
                    Assert.True(Stored(value) == value, name);
                }
            }
        }
    }

    [Fact]
    public void The_demo_town_keeps_what_it_says_of_its_missing_model_and_the_game_holds_its_stage_and_coins()
    {
        (MemoryProject project, string town) = DemoScenes().Single(s => s.Path.EndsWith("/town_scene.tscn", StringComparison.Ordinal));
        ExpandedScene scene = Expand(project, town);
        List<string> paths = [.. Enumerable.Range(0, scene.Nodes.Length).Select(scene.PathOf)];
        Assert.Equal("", scene.Nodes[paths.IndexOf("TownModel")].Type);
        Assert.Contains("TownModel/Terrain/GrassMesh", paths);
        Assert.Contains("TownModel/Racetrack/RacetrackMain/RacetrackMesh", paths);
        Assert.Contains("TownModel/Trees/Tree/StaticBody3D/CollisionShape3D", paths);
        Assert.Contains(scene.Warnings, w => w.ToString().EndsWith(": the PackedScene res://town/model/town_model.gltf is missing", StringComparison.Ordinal));

        (project, string game) = DemoScenes().Single(s => s.Path.EndsWith("/game.tscn", StringComparison.Ordinal));
        scene = Expand(project, game);
        Assert.True(scene.Nodes.Count(n => n.Scene == "res://coin/coin.tscn" && n.InstanceRoot && n.Type == "Area3D") > 50);
        Assert.Contains(scene.Nodes, n => n.Scene == "res://player/player.tscn" && n.Type == "CharacterBody3D");
    }

    /// <summary>Each demo scene with the project it belongs to: the folder two below the demos' own.</summary>
    private static IEnumerable<(MemoryProject Project, string Path)> DemoScenes()
    {
        Dictionary<string, MemoryProject> projects = [];
        foreach (string scene in Demos.Scenes())
        {
            string[] parts = scene[(scene.IndexOf("godot-demos", StringComparison.Ordinal) + "godot-demos/".Length)..].Split(Path.DirectorySeparatorChar);
            string name = string.Join('/', parts[..2]);
            if (!projects.TryGetValue(name, out MemoryProject? project)) projects.Add(name, project = new());
            project["res://" + string.Join('/', parts[2..])] = File.ReadAllText(scene);
        }

        return projects.Values.SelectMany(p => p.Paths.Select(path => (p, path)));
    }

    private static Variant Stored(Variant value)
    {
        ByteWriter writer = new();
        VariantBinary.Encode(writer, value, fullObjects: true);
        ByteReader reader = new(writer.Written);
        Assert.True(VariantBinary.TryDecode(ref reader, VariantLimits.Stored, out Variant decoded));
        return decoded;
    }

    private static ExpandedScene Expand(MemoryProject project, string path)
    {
        Assert.True(SceneExpander.TryExpand(path, project, ExpandLimits.Default, out ExpandedScene scene, out SceneFileError error), error.ToString());
        return scene;
    }

    private static string Dump(ExpandedScene scene)
    {
        ByteWriter writer = new();
        SceneDump.Write(writer, scene);
        return System.Text.Encoding.UTF8.GetString(writer.Written);
    }
}
