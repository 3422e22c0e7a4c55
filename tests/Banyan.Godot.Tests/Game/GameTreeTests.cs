using Banyan.Godot.Game;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Game;

public sealed class GameTreeTests
{
    private readonly GameTree _game = new(new MemoryProject
    {
        ["res://a.tscn"] = """
            [gd_scene format=3]

            [node name="A" type="Node3D"]
            transform = Transform3D(0, 0, 1, 0, 1, 0, -1, 0, 0, 4, 5, 6)

            [node name="B" type="Node" parent="."]

            [node name="C" type="Node" parent="B"]
            unique_name_in_owner = true

            [node name="D" type="Node2D" parent="."]
            """,
    });

    [Fact]
    public void Nodes_enter_from_the_root_on_and_leave_from_the_last_leaf_on()
    {
        List<string> events = [];
        _game.OnEnterTree = n => events.Add("enter " + n.Name);
        _game.OnReady = n => events.Add("ready " + n.Name);
        _game.OnExitTree = n => events.Add("exit " + n.Name);
        GameNode a = _game.ChangeScene("res://a.tscn")!;
        a.QueueFree();
        Assert.True(a.IsInsideTree);
        _game.FlushDeleteQueue();
        Assert.Equal(
            [
                "enter A", "enter B", "enter C", "enter D", "ready C", "ready B", "ready D", "ready A",
                "exit D", "exit C", "exit B", "exit A",
            ], events);
        Assert.True(a.IsFreed);
        Assert.Empty(_game.Errors);
    }

    [Fact]
    public void Paths_lead_down_up_from_the_root_and_to_unique_names()
    {
        GameNode a = _game.ChangeScene("res://a.tscn")!;
        GameNode c = a.GetNode("B/C")!;
        Assert.Equal("/root/A/B/C", c.Path);
        Assert.Same(c, _game.GetNodeOrNull("/root/A/B/C"));
        Assert.Same(c, _game.GetNodeOrNull("A/./B/C"));
        Assert.Same(a, c.GetNode("../.."));
        Assert.Same(c, a.GetNode("%C"));
        Assert.Same(c, a.GetNode("D")!.GetNode("%C"));
        Assert.Null(_game.GetNodeOrNull("/root/../root"));
        Assert.Empty(_game.Errors);
        Assert.Null(a.GetNode("Nobody"));
        Assert.Single(_game.Errors);
    }

    [Fact]
    public void A_taken_name_becomes_readable_or_automatic()
    {
        string Add(string name, bool readable)
        {
            GameNode node = _game.CreateNode("Node", name);
            _game.Root.AddChild(node, readable);
            return node.Name;
        }

        Assert.Equal(
            ["Shot", "Shot2", "Shot3", "Shot9", "Shot10", "Node", "@Node@2", "a_b"],
            [Add("Shot", true), Add("Shot", true), Add("Shot", true), Add("Shot9", true), Add("Shot9", true), Add("", true), Add("Shot", false), Add("a.b", true)]);
    }

    [Fact]
    public void A_busy_parent_takes_no_children()
    {
        _game.OnReady = n =>
        {
            if (n.Name == "B") n.Parent!.AddChild(_game.CreateNode("Node", "Late"));
        };
        _game.ChangeScene("res://a.tscn");
        Assert.Null(_game.GetNodeOrNull("A/Late"));
        Assert.Contains("busy", Assert.Single(_game.Errors));
    }

    [Fact]
    public void What_nobody_has_set_is_the_default_of_the_class_where_it_is_known()
    {
        GameNode a = _game.ChangeScene("res://a.tscn")!;
        Assert.Equal(new Vector3(4, 5, 6), a.Get("position"));
        Assert.Equal(new Vector3(0, MathF.PI / 2, 0), a.Get("rotation"));
        Assert.Equal(new Vector3(1, 1, 1), a.Get("scale"));
        Assert.Equal(new Vector2(1, 1), a.GetNode("D")!.Get("scale"));
        Assert.Equal(true, a.GetNode("D")!.Get("visible"));
        Assert.Equal(new Vector2(0, 0), _game.CreateNode("Label").Get("position"));
        Assert.Equal(Variant.Nil, a.Get("health"));
        a.Set("position", new Vector3(7, 8, 9));
        Assert.Equal(new Vector3(7, 8, 9), a.Get("transform").AsTransform3D().Origin);
        a.Properties.SetIndexed(["position", "y"], 1.5);
        Assert.Equal(new Vector3(7, 1.5f, 9), a.Get("position"));
    }

    [Fact]
    public void Authority_goes_down_to_all_that_is_below()
    {
        GameNode a = _game.ChangeScene("res://a.tscn")!;
        a.GetNode("B")!.SetMultiplayerAuthority(7);
        Assert.Equal([1, 7, 7, 1], new[] { "A", "A/B", "A/B/C", "A/D" }.Select(p => _game.GetNodeOrNull(p)!.MultiplayerAuthority));
    }
}
