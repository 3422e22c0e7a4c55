using Banyan.Godot.Scenes;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Scenes;

public class SceneExpanderTests
{
    private const string Box = """
        [gd_scene format=3 uid="uid://box"]
        [ext_resource type="Script" path="res://box.gd" id="1"]
        [sub_resource type="BoxShape3D" id="S"]
        size = Vector3(1, 2, 3)
        [node name="Box" type="StaticBody3D" unique_id=1 groups=["solid"]]
        script = ExtResource("1")
        mass = 1.0
        [node name="Shape" type="CollisionShape3D" parent="." unique_id=2]
        unique_name_in_owner = true
        shape = SubResource("S")
        [node name="Mark" type="Node3D" parent="Shape"]
        [connection signal="hit" from="Shape" to="." method="_on_hit"]
        """;

    [Fact]
    public void An_instance_takes_type_script_groups_and_children_from_its_scene_and_the_outer_file_comes_on_top()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://box.tscn"] = Box,
            ["res://box.gd"] = "",
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [ext_resource type="PackedScene" uid="uid://box" path="res://moved/box.tscn" id="b"]
                [node name="Main" type="Node3D"]
                [node name="A" parent="." unique_id=11 groups=["solid", "heavy"] instance=ExtResource("b")]
                mass = 5.0
                [node name="B" parent="." instance=ExtResource("b")]
                [node name="Mark" parent="A/Shape" index="0"]
                visible = false
                [node name="Extra" type="Node" parent="A/Shape"]
                [connection signal="hit" from="A/Shape" to="." method="_on_any_hit" flags=18]
                """,
        });
        Assert.Empty(scene.Warnings);
        Assert.Equal([".", "A", "A/Shape", "A/Shape/Mark", "A/Shape/Extra", "B", "B/Shape", "B/Shape/Mark"], Paths(scene));
        ExpandedNode a = At(scene, "A"), shape = At(scene, "A/Shape");
        Assert.Equal(("StaticBody3D", "res://box.tscn", true, 11L), (a.Type, a.Scene, a.InstanceRoot, a.UniqueId));
        Assert.Equal(["solid", "heavy"], a.Groups);
        Assert.Equal(["script=Resource(\"res://box.gd\")", "mass=5.0"], Properties(a));
        Assert.Equal(["script=Resource(\"res://box.gd\")", "mass=1.0"], Properties(At(scene, "B")));
        Assert.Equal(["unique_name_in_owner=true", "shape=Object(BoxShape3D,\"size\":Vector3(1, 2, 3))"], Properties(shape));
        Assert.True(shape.UniqueName);
        Assert.Null(shape.Scene);
        Assert.Equal(["visible=false"], Properties(At(scene, "A/Shape/Mark")));
        Assert.Equal("A", scene.PathOf(shape.Owner));
        Assert.Equal(".", scene.PathOf(At(scene, "A/Shape/Extra").Owner));
        Assert.Equal((-1, "res://main.tscn", false), (scene.Nodes[0].Owner, scene.Nodes[0].Scene, scene.Nodes[0].InstanceRoot));
        Assert.Equal(
            ["A/Shape.hit->A._on_hit 2", "B/Shape.hit->B._on_hit 2", "A/Shape.hit->.._on_any_hit 18"],
            scene.Connections.Select(c => $"{scene.PathOf(c.From)}.{c.Signal}->{scene.PathOf(c.To)}.{c.Method} {c.Flags}"));
    }

    [Fact]
    public void An_inherited_scene_adds_to_and_changes_its_base_under_a_name_of_its_own()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://box.tscn"] = Box,
            ["res://box.gd"] = "",
            ["res://crate.tscn"] = """
                [gd_scene format=3]
                [ext_resource type="PackedScene" path="box.tscn" id="b"]
                [node name="Crate" groups=["crates"] instance=ExtResource("b")]
                mass = 9.0
                [node name="Lid" type="Node3D" parent="." index="0"]
                [node name="Shape" parent="." index="1"]
                disabled = true
                """,
        }, "res://crate.tscn");
        Assert.Equal([".", "Lid", "Shape", "Shape/Mark"], Paths(scene));
        Assert.Equal(("Crate", "StaticBody3D", "res://crate.tscn", false), (scene.Nodes[0].Name, scene.Nodes[0].Type, scene.Nodes[0].Scene, scene.Nodes[0].InstanceRoot));
        Assert.Equal(["solid", "crates"], scene.Nodes[0].Groups);
        Assert.Equal(["script=Resource(\"res://box.gd\")", "mass=9.0"], Properties(scene.Nodes[0]));
        Assert.Equal("disabled=true", Properties(At(scene, "Shape"))[^1]);
        Assert.Single(scene.Connections);
    }

    [Fact]
    public void The_index_orders_siblings_as_Godot_moves_them()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [node name="M" type="Node"]
                [node name="A" type="Node" parent="."]
                [node name="B" type="Node" parent="."]
                [node name="C" type="Node" parent="." index="0"]
                [node name="D" type="Node" parent="." index="2"]
                [node name="E" type="Node" parent="." index="99"]
                """,
        });
        Assert.Equal([".", "C", "A", "D", "B", "E"], Paths(scene));
    }

    [Fact]
    public void A_missing_scene_is_a_warning_and_all_that_was_said_of_it_stays()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://town.tscn"] = """
                [gd_scene format=3]
                [ext_resource type="PackedScene" path="res://town.glb" id="g"]
                [ext_resource type="Texture2D" path="res://grass.png" id="t"]
                [node name="Main" type="Node3D"]
                [node name="Town" parent="." groups=["big"] instance=ExtResource("g")]
                scale = 2.0
                [node name="Grass" parent="Town/Ground/Deep" index="0"]
                texture = ExtResource("t")
                [node name="Trees" type="Node3D" parent="Town"]
                [node name="Tree" type="Node3D" parent="Town/Trees"]
                [connection signal="s" from="Town/Gate" to="." method="m"]
                [editable path="Town"]
                """,
        }, "res://town.tscn");
        Assert.Equal([".", "Town", "Town/Ground", "Town/Ground/Deep", "Town/Ground/Deep/Grass", "Town/Trees", "Town/Trees/Tree", "Town/Gate"], Paths(scene));
        ExpandedNode town = At(scene, "Town");
        Assert.Equal(("", "res://town.glb", true), (town.Type, town.Scene, town.InstanceRoot));
        Assert.Equal(["big"], town.Groups);
        Assert.Equal(["scale=2.0"], Properties(town));
        Assert.Equal(["texture=Resource(\"res://grass.png\")"], Properties(At(scene, "Town/Ground/Deep/Grass")));
        Assert.Equal("", At(scene, "Town/Ground").Type);
        Assert.Equal("Town", scene.PathOf(At(scene, "Town/Ground/Deep").Owner));
        Assert.Equal(
            ["res://town.tscn:2: the PackedScene res://town.glb is missing", "res://town.tscn:3: the Texture2D res://grass.png is missing"],
            scene.Warnings.Select(w => w.ToString()));
        Assert.Single(scene.Connections);
    }

    [Fact]
    public void A_scene_that_is_not_text_is_kept_as_unknown_with_a_warning()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://a.glb"] = "glTF",
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [ext_resource type="PackedScene" path="res://a.glb" id="g"]
                [node name="Main" instance=ExtResource("g")]
                [node name="Bone" parent="Skeleton"]
                x = 1
                """,
        });
        Assert.Equal([".", "Skeleton", "Skeleton/Bone"], Paths(scene));
        Assert.Equal(["res://main.tscn:3: res://a.glb is not a scene in text; what is in it is not known"], scene.Warnings.Select(w => w.ToString()));
    }

    [Fact]
    public void A_vanished_parent_is_a_warning_and_its_node_goes_under_the_root_as_in_Godot()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://box.tscn"] = Box,
            ["res://box.gd"] = "",
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [ext_resource type="PackedScene" path="res://box.tscn" id="b"]
                [node name="Main" type="Node"]
                [node name="A" parent="." instance=ExtResource("b")]
                [node name="Lost" type="Node" parent="A/Gone"]
                [node name="Child" type="Node" parent="A/Gone/Lost"]
                [node name="Gone" parent="A"]
                x = 1
                [connection signal="s" from="A/Gone" to="." method="m"]
                """,
        });
        Assert.Equal([".", "A", "A/Shape", "A/Shape/Mark", "A@Gone#Lost", "A@Gone@Lost#Child"], Paths(scene));
        Assert.Equal(
            [
                "res://main.tscn:5: the parent \"A/Gone\" of node \"Lost\" is missing; the node is under the root as \"A@Gone#Lost\"",
                "res://main.tscn:6: the parent \"A/Gone/Lost\" of node \"Child\" is missing; the node is under the root as \"A@Gone@Lost#Child\"",
                "res://main.tscn:7: node \"A/Gone\" is changed here, but there is none; dropped",
                "res://main.tscn:9: there is no node \"A/Gone\" to connect; dropped",
            ],
            scene.Warnings.Select(w => w.ToString()));
    }

    [Fact]
    public void Scenes_that_contain_each_other_are_an_error_that_names_the_cycle()
    {
        MemoryProject project = new() { ["res://a.tscn"] = Holding("b"), ["res://b.tscn"] = Holding("c"), ["res://c.tscn"] = Holding("b") };
        Assert.Equal(
            "res://c.tscn:4: scenes contain each other: res://b.tscn → res://c.tscn → res://b.tscn",
            Refused(project, "res://a.tscn").ToString());

        static string Holding(string other) => $"""
            [gd_scene format=3]
            [ext_resource type="PackedScene" path="res://{other}.tscn" id="1"]
            [node name="R" type="Node"]
            [node name="I" parent="." instance=ExtResource("1")]
            """;
    }

    [Theory]
    [InlineData("part.tscn")]
    [InlineData("./part.tscn")]
    [InlineData("../rooms/part.tscn")]
    [InlineData("res://rooms/../rooms/./part.tscn")]
    public void A_path_may_be_relative_to_the_file_that_names_it(string path)
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://rooms/part.tscn"] = "[gd_scene format=3]\n[node name=\"P\" type=\"Node2D\"]",
            ["res://rooms/main.tscn"] = $"""
                [gd_scene format=3]
                [ext_resource type="PackedScene" path="{path}" id="1"]
                [node name="M" type="Node"]
                [node name="I" parent="." instance=ExtResource("1")]
                """,
        }, "res://rooms/main.tscn");
        Assert.Equal(("Node2D", "res://rooms/part.tscn"), (scene.Nodes[1].Type, scene.Nodes[1].Scene));
    }

    [Fact]
    public void Two_siblings_of_one_name_are_an_error_that_names_both_places()
    {
        MemoryProject project = new()
        {
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [node name="M" type="Node"]
                [node name="A" type="Node" parent="."]
                [node name="B" type="Node" parent="A"]
                [node name="B" type="Node2D" parent="A"]
                """,
        };
        Assert.Equal("res://main.tscn:5: \"A\" has a child \"B\" already, from res://main.tscn:4", Refused(project, "res://main.tscn").ToString());
    }

    [Fact]
    public void A_missing_or_malformed_file_is_an_error_in_its_own_name()
    {
        MemoryProject project = new()
        {
            ["res://bad.tscn"] = "[gd_scene format=3]\n[node name=\"A\" type=\"Node\"]\nx = (",
            ["res://empty.tscn"] = "[gd_scene format=3]",
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [ext_resource type="PackedScene" path="res://bad.tscn" id="1"]
                [node name="R" type="Node"]
                [node name="I" parent="." instance=ExtResource("1")]
                """,
        };
        Assert.Equal("res://bad.tscn:3:5: expected a value", Refused(project, "res://main.tscn").ToString());
        Assert.Equal("res://no.tscn: there is no such file", Refused(project, "res://no.tscn").ToString());
        Assert.Equal("res://empty.tscn: the scene has no nodes", Refused(project, "res://empty.tscn").ToString());
    }

    [Fact]
    public void Sub_resources_within_sub_resources_and_typed_arrays_are_resolved()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [ext_resource type="Script" path="res://item.gd" id="i"]
                [sub_resource type="Resource" id="1"]
                script = ExtResource("i")
                [sub_resource type="Curve" id="2"]
                points = [SubResource("1"), {"k": SubResource("1")}]
                [node name="M" type="Node"]
                items = Array[ExtResource("i")]([SubResource("1")])
                curve = SubResource("2")
                nothing = null
                [connection signal="s" from="." to="." method="m" binds=[SubResource("1")]]
                """,
            ["res://item.gd"] = "",
        });
        const string Item = "Object(Resource,\"script\":Resource(\"res://item.gd\"))";
        Assert.Equal(
            [$"items=Array[Resource(\"res://item.gd\")]([{Item}])", $"curve=Object(Curve,\"points\":[{Item}, {{\n\"k\": {Item}\n}}])", "nothing=null"],
            Properties(scene.Nodes[0]));
        Assert.Equal(Item, VariantText.Write(scene.Connections[0].Binds[0]));
        foreach ((string name, Variant value) in scene.Nodes[0].Properties)
        {
            Assert.True(VariantText.TryParse(VariantText.Write(value), null, out Variant again, out _), name);
            Assert.Equal(value, again);
        }
    }

    [Fact]
    public void An_instance_placeholder_stays_closed()
    {
        ExpandedScene scene = Expand(new()
        {
            ["res://box.tscn"] = Box,
            ["res://main.tscn"] = """
                [gd_scene format=3]
                [node name="M" type="Node"]
                [node name="Later" parent="." instance_placeholder="uid://box"]
                mass = 3.0
                """,
        });
        ExpandedNode later = At(scene, "Later");
        Assert.Equal(("InstancePlaceholder", "res://box.tscn", false), (later.Type, later.Scene, later.InstanceRoot));
        Assert.Equal(["mass=3.0"], Properties(later));
    }

    [Fact]
    public void Small_files_that_name_a_very_large_tree_or_value_are_refused()
    {
        MemoryProject doubling = new();
        for (int i = 0; i < 40; i++)
        {
            doubling[$"res://{i}.tscn"] = $"""
                [gd_scene format=3]
                [ext_resource type="PackedScene" path="res://{i + 1}.tscn" id="1"]
                [node name="R" type="Node"]
                [node name="A" parent="." instance=ExtResource("1")]
                [node name="B" parent="." instance=ExtResource("1")]
                """;
        }

        doubling["res://40.tscn"] = "[gd_scene format=3]\n[node name=\"R\" type=\"Node\"]";
        Assert.Contains("beyond 10000 nodes", Refused(doubling, "res://0.tscn", ExpandLimits.Default with { NodesMax = 10_000 }).Message);
        Assert.Contains("nested deeper than 20", Refused(doubling, "res://0.tscn", ExpandLimits.Default with { InstanceDepthMax = 20 }).Message);

        string laughs = "[gd_scene format=3]\n[sub_resource type=\"R\" id=\"0\"]\n";
        for (int i = 1; i < 90; i++) laughs += $"[sub_resource type=\"R\" id=\"{i}\"]\na = SubResource(\"{i - 1}\")\nb = SubResource(\"{i - 1}\")\n";
        MemoryProject project = new() { ["res://main.tscn"] = laughs + "[node name=\"M\" type=\"Node\"]\nx = SubResource(\"89\")" };
        Assert.Contains("values", Refused(project, "res://main.tscn").Message);
        Assert.Equal(
            "res://main.tscn:15: values nested deeper than 5, sub_resources counted in",
            Refused(project, "res://main.tscn", ExpandLimits.Default with { ValueDepthMax = 5 }).ToString());
    }

    private static ExpandedScene Expand(MemoryProject project, string path = "res://main.tscn")
    {
        Assert.True(SceneExpander.TryExpand(path, project, ExpandLimits.Default, out ExpandedScene scene, out SceneFileError error), error.ToString());
        return scene;
    }

    private static SceneFileError Refused(MemoryProject project, string path, ExpandLimits? limits = null)
    {
        Assert.False(SceneExpander.TryExpand(path, project, limits ?? ExpandLimits.Default, out _, out SceneFileError error));
        return error;
    }

    private static IEnumerable<string> Paths(ExpandedScene scene) => Enumerable.Range(0, scene.Nodes.Length).Select(scene.PathOf);

    private static ExpandedNode At(ExpandedScene scene, string path) => scene.Nodes[Paths(scene).ToList().IndexOf(path)];

    private static List<string> Properties(ExpandedNode node) => [.. node.Properties.Select(p => p.Key + "=" + VariantText.Write(p.Value))];
}
