using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Scenes;

public class SceneFileTests
{
    private const string Whole = """
        [gd_scene load_steps=4 format=3 uid="uid://abc" future=1]

        [ext_resource type="Script" uid="uid://s" path="res://a.gd" id="1_a"]
        [ext_resource type="PackedScene" path="res://b.tscn" id="2_b"]

        [sub_resource type="BoxShape3D" id="Box_1"]
        size = Vector3(1, 2, 3)

        [sub_resource type="Outer" id="Outer_1"]
        inner = SubResource("Box_1")

        [node name="Root" type="Node3D" unique_id=5 node_paths=PackedStringArray("target") groups=["a", "b"]]
        script = ExtResource("1_a")
        target = NodePath("Child")
        metadata/x = {
        "k": [1, 2.0]
        }
        "odd name" = "text
        in two lines"

        [node name="Child" parent="." instance=ExtResource("2_b")]

        [node name="Inner" parent="Child" parent_id_path=PackedInt32Array(7) index="2" unique_id=6]
        visible = false

        [node name="Late" type="Node" parent="Child/Inner" owner="Child"]

        [node name="Place" parent="." instance_placeholder="res://c.tscn"]

        [connection signal="done" from="." to="Child" method="_on_done" flags=3 unbinds=1]
        [connection signal="go" from="Late" to="." method="_on_go" binds=[1, "x"]]

        [editable path="Child"]

        """;

    [Fact]
    public void Every_heading_and_attribute_is_read_and_written_again_letter_for_letter()
    {
        SceneFile file = Parse(Whole);
        Assert.Equal(Whole, SceneFileWriter.Write(file));
        Assert.Equal(("uid://abc", 4L, 3), (file.Uid, file.LoadSteps, file.Format));
        Assert.Equal(["1_a", "2_b"], file.ExtResources.Select(r => r.Id));
        Assert.Equal(["Root", "Child", "Inner", "Late", "Place"], file.Nodes.Select(n => n.Name));
        SceneFileNode root = file.Nodes[0];
        Assert.Equal(["a", "b"], root.Groups);
        Assert.Equal(["script", "target", "metadata/x", "odd name"], root.Properties.Select(p => p.Name));
        Assert.Equal([13, 14, 15, 18], root.Properties.Select(p => p.Line));
        Assert.Equal((2, 6L), (file.Nodes[2].Index, file.Nodes[2].UniqueId));
        Assert.True(file.Nodes[2].IsOverride);
        Assert.Equal("res://c.tscn", file.Nodes[4].InstancePlaceholder);
        Assert.Equal((3L, 1L), (file.Connections[0].Flags, file.Connections[0].Unbinds));
        Assert.Equal([(Variant)1L, "x"], file.Connections[1].Binds);
        Assert.Equal(["Child"], file.EditableInstances);
    }

    [Theory]
    [InlineData("", 1, 1, "expected [gd_scene]")]
    [InlineData("x = 1", 1, 1, "expected a heading in brackets")]
    [InlineData("[gd_resource]", 1, 1, "expected [gd_scene], not [gd_resource]")]
    [InlineData("[gd_scene format=5]", 1, 1, "format 5 is not known; 4 is the newest")]
    [InlineData("[gd_scene format=3\n", 1, 1, "the heading [gd_scene] has no end")]
    [InlineData("[gd_scene format]", 1, 17, "expected '=' after 'format'")]
    [InlineData("[gd_scene format=3]\n[what]", 2, 1, "unknown heading [what]")]
    [InlineData("[gd_scene format=3]\n\n[node type=\"Node\"]", 3, 1, "[node] needs 'name'")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\" parent=\".\"]", 2, 1, "the first node, \"A\", has a parent")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\"]", 2, 1, "the first node, \"A\", has neither a type nor a scene that it inherits")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\"]\n[node name=\"B\" type=\"Node\"]", 3, 1, "node \"B\" has no parent, and is not the first")]
    [InlineData("[gd_scene format=3]\n[node name=\"A/B\" type=\"Node\"]", 2, 1, "\"A/B\" cannot be the name of a node")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\"]\nx = Vector2(1,)", 3, 15, "expected a number")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\"]\nx = ExtResource(\"1\")", 3, 5, "no ext_resource has the id \"1\"")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\"]\nx = SubResource(\"1\")", 3, 5, "no sub_resource before this has the id \"1\"")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\"]\nlost", 3, 1, "'lost' has no value")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\" groups=3]", 2, 35, "'groups' of [node] must be an array of texts")]
    [InlineData("[gd_scene format=3]\n[ext_resource type=\"T\" path=\"res://a\" id=\"1\"]\n[ext_resource type=\"T\" path=\"res://b\" id=\"1\"]", 3, 1, "the ext_resource on line 2 has the id \"1\" already")]
    [InlineData("[gd_scene format=3]\n[ext_resource type=\"T\" path=\"res://a\" id=\"1\"]\nx = 1", 3, 1, "[ext_resource] has no properties")]
    [InlineData("[gd_scene format=3]\n[node name=\"A\" type=\"Node\"]\n[sub_resource type=\"T\" id=\"1\"]", 3, 1, "[sub_resource] after [node]")]
    [InlineData("[gd_scene format=3]\n[connection signal=\"s\" from=\".\" to=\".\"]", 2, 1, "[connection] needs 'method'")]
    [InlineData("[gd_scene format=3]\n[sub_resource type=\"No class\" id=\"1\"]", 2, 1, "'No class' is not the name of a class")]
    public void An_error_names_file_line_and_column(string text, int line, int column, string message)
    {
        Assert.False(SceneFile.TryParse(text, "res://x.tscn", out _, out SceneFileError error));
        Assert.Equal(new SceneFileError("res://x.tscn", line, column, message), error);
    }

    [Fact]
    public void Comments_blank_lines_and_carriage_returns_are_nothing()
    {
        SceneFile file = Parse("; made by hand\r\n[gd_scene format=3] ; yes\r\n\r\n[node name=\"A\" type=\"Node\"]\r\nx = 1 ; one\r\n; y = 2\r\nz = 3");
        Assert.Equal(["x", "z"], file.Nodes[0].Properties.Select(p => p.Name));
        Assert.Equal([5, 7], file.Nodes[0].Properties.Select(p => p.Line));
    }

    [Fact]
    public void A_file_beyond_its_limits_is_refused()
    {
        Assert.False(SceneFile.TryParse(Whole, "res://x.tscn", SceneFileLimits.Default with { CharactersMax = 100 }, out _, out SceneFileError error));
        Assert.Equal("the file is longer than 100 characters", error.Message);
        Assert.False(SceneFile.TryParse(Whole, "res://x.tscn", SceneFileLimits.Default with { TagsMax = 3 }, out _, out error));
        Assert.Equal("res://x.tscn:9:1: more than 3 headings", error.ToString());
    }

    [Fact]
    public void Mutated_files_never_throw()
    {
        SeededRandom random = new(5);
        const string Odd = "\"'\\()[]{},:=&#;-.eE0 \n\0u9A";
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            char[] text = Whole.ToCharArray();
            for (int k = random.Next(4); k >= 0; k--) text[random.Next(text.Length)] = Odd[random.Next(Odd.Length)];
            if (SceneFile.TryParse(new string(text), "res://x.tscn", out SceneFile file, out SceneFileError error))
            {
                string once = SceneFileWriter.Write(file);
                Assert.Equal(once, SceneFileWriter.Write(Parse(once)));
            }
            else
            {
                refused++;
                Assert.True(error.Line >= 1 && error.Column >= 1);
            }
        }

        Assert.InRange(refused, 500, 2900);
    }

    [Fact]
    public void Every_demo_scene_comes_out_as_the_editor_saved_it()
    {
        foreach (string scene in Demos.Scenes())
        {
            string text = File.ReadAllText(scene);
            Assert.True(SceneFile.TryParse(text, scene, out SceneFile file, out SceneFileError error), error.ToString());
            Assert.Equal(text, SceneFileWriter.Write(file));
        }
    }

    private static SceneFile Parse(string text)
    {
        Assert.True(SceneFile.TryParse(text, "res://x.tscn", out SceneFile file, out SceneFileError error), error.ToString());
        return file;
    }
}
