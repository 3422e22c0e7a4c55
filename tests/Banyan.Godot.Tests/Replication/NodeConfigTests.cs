using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Scenes;

namespace Banyan.Godot.Tests.Replication;

public class NodeConfigTests
{
    private const string Head = "[gd_scene format=3]\n\n";
    private const string Root = "[node name=\"Root\" type=\"Node\"]\n\n";

    [Fact]
    public void A_synchronizer_has_the_engines_defaults()
    {
        SynchronizerConfig config = Synchronizer("", "");
        Assert.Equal(NodePath.Parse(".."), config.RootPath);
        Assert.Equal(0, config.ReplicationIntervalMicroseconds);
        Assert.Equal(0, config.DeltaIntervalMicroseconds);
        Assert.True(config.PublicVisibility);
        Assert.Equal(VisibilityUpdateMode.Idle, config.VisibilityUpdateMode);
        Assert.Empty(config.Replication.Properties);
        Assert.Null(config.ReplicationFile);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void A_synchronizer_is_read_with_its_config()
    {
        SynchronizerConfig config = Synchronizer(
            "[sub_resource type=\"SceneReplicationConfig\" id=\"c\"]\nproperties/0/path = NodePath(\"..:a\")\nproperties/0/replication_mode = 2\n\n",
            "root_path = NodePath(\"../Inputs\")\nreplication_interval = 0.05\ndelta_interval = 1\nreplication_config = SubResource(\"c\")\n" +
            "visibility_update_mode = 2\npublic_visibility = false\n");
        Assert.Equal(NodePath.Parse("../Inputs"), config.RootPath);
        Assert.Equal(50_000, config.ReplicationIntervalMicroseconds);
        Assert.Equal(1_000_000, config.DeltaIntervalMicroseconds);
        Assert.False(config.PublicVisibility);
        Assert.Equal(VisibilityUpdateMode.None, config.VisibilityUpdateMode);
        Assert.Equal([NodePath.Parse("..:a")], config.Replication.Watch);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void A_config_in_a_file_of_its_own_is_named()
    {
        SynchronizerConfig config = Synchronizer(
            "[ext_resource type=\"SceneReplicationConfig\" path=\"res://c.tres\" id=\"c\"]\n\n", "replication_config = ExtResource(\"c\")\n");
        Assert.Equal("res://c.tres", config.ReplicationFile);
        Assert.Empty(config.Replication.Properties);
    }

    [Theory]
    [InlineData("replication_interval = -1.0")]
    [InlineData("replication_interval = nan")]
    [InlineData("replication_interval = inf")]
    [InlineData("delta_interval = \"1\"")]
    [InlineData("public_visibility = \"no\"")]
    [InlineData("visibility_update_mode = 3")]
    [InlineData("root_path = 1")]
    [InlineData("replication_config = 1")]
    public void A_value_that_does_not_fit_leaves_the_default(string property)
    {
        SynchronizerConfig config = Synchronizer("", property + "\n");
        Assert.Single(config.Warnings);
        Assert.Equal(Synchronizer("", "") with { Warnings = config.Warnings }, config);
    }

    [Fact]
    public void A_config_of_another_class_is_refused()
    {
        ExpandedNode node = Node("MultiplayerSynchronizer", "[sub_resource type=\"Resource\" id=\"c\"]\n\n", "replication_config = SubResource(\"c\")\n");
        Assert.False(SynchronizerConfig.TryRead(node, out _));
        Assert.False(SynchronizerConfig.TryRead(Node("Node", "", ""), out _));
        Assert.False(SpawnerConfig.TryRead(Node("Node", "", ""), out _));
    }

    [Fact]
    public void A_spawner_is_read()
    {
        SpawnerConfig config = Spawner(
            "_spawnable_scenes = PackedStringArray(\"uid://abc\", \"res://bomb.tscn\")\nspawn_path = NodePath(\"../Players\")\nspawn_limit = 9\n");
        Assert.Equal(NodePath.Parse("../Players"), config.SpawnPath);
        Assert.Equal(["uid://abc", "res://bomb.tscn"], config.SpawnableScenes);
        Assert.Equal(9, config.SpawnLimit);
        Assert.False(config.IsCustom);
        Assert.Empty(config.Warnings);
        Assert.Equal(["a"], Spawner("_spawnable_scenes = [\"a\"]\n").SpawnableScenes);
    }

    [Fact]
    public void A_spawner_without_scenes_is_custom()
    {
        SpawnerConfig config = Spawner("");
        Assert.True(config.IsCustom);
        Assert.True(config.SpawnPath.IsEmpty);
        Assert.Equal(0, config.SpawnLimit);
    }

    [Theory]
    [InlineData("spawn_limit = -1")]
    [InlineData("spawn_limit = 4294967296")]
    [InlineData("spawn_path = 1")]
    [InlineData("_spawnable_scenes = [1]")]
    [InlineData("_spawnable_scenes = 1")]
    public void A_spawners_value_that_does_not_fit_leaves_the_default(string property)
    {
        SpawnerConfig config = Spawner(property + "\n");
        Assert.Single(config.Warnings);
        Assert.Equal(0, config.SpawnLimit);
        Assert.True(config.SpawnPath.IsEmpty);
        Assert.Empty(config.SpawnableScenes);
    }

    [Fact]
    public void More_scenes_than_a_packet_can_name_are_warned_of()
    {
        string scenes = string.Join(", ", Enumerable.Range(0, 255).Select(i => $"\"res://{i}.tscn\""));
        Assert.Empty(Spawner($"_spawnable_scenes = PackedStringArray({scenes})\n").Warnings);
        Assert.Single(Spawner($"_spawnable_scenes = PackedStringArray({scenes}, \"res://x.tscn\")\n").Warnings);
    }

    [Fact]
    public void The_bomber_demo_is_read_as_it_is()
    {
        ExpandedScene player = Demo("player.tscn");
        Assert.True(SynchronizerConfig.TryRead(player.Nodes.Single(n => n.Name == "MultiplayerSynchronizer"), out SynchronizerConfig body));
        Assert.Equal([".:synced_position", "label:text"], body.Replication.Spawn.Select(p => p.ToString()));
        Assert.Equal([".:synced_position"], body.Replication.Sync.Select(p => p.ToString()));
        Assert.Empty(body.Replication.Watch);
        Assert.Empty(body.Warnings);
        Assert.True(SynchronizerConfig.TryRead(player.Nodes.Single(n => n.Name == "InputsSync"), out SynchronizerConfig inputs));
        Assert.Equal([".:motion", ".:bombing"], inputs.Replication.Sync.Select(p => p.ToString()));
        Assert.Equal([".:motion", ".:bombing"], inputs.Replication.Spawn.Select(p => p.ToString()));
        Assert.Equal(NodePath.Parse(".."), inputs.RootPath);

        ExpandedScene world = Demo("world.tscn");
        Assert.True(SpawnerConfig.TryRead(world.Nodes.Single(n => n.Name == "PlayerSpawner"), out SpawnerConfig players));
        Assert.Equal(NodePath.Parse("../Players"), players.SpawnPath);
        Assert.True(players.IsCustom);
        Assert.True(SpawnerConfig.TryRead(world.Nodes.Single(n => n.Name == "BombSpawner"), out SpawnerConfig bombs));
        Assert.Equal(NodePath.Parse(".."), bombs.SpawnPath);
    }

    private static ExpandedScene Demo(string file)
    {
        MemoryProject project = new();
        foreach (string path in Demos.Scenes().Where(s => s.Contains("/multiplayer_bomber/", StringComparison.Ordinal)))
            project["res://" + System.IO.Path.GetFileName(path)] = File.ReadAllText(path);
        Assert.True(SceneExpander.TryExpand("res://" + file, project, ExpandLimits.Default, out ExpandedScene scene, out SceneFileError error), error.ToString());
        return scene;
    }

    private static SynchronizerConfig Synchronizer(string resources, string properties)
    {
        Assert.True(SynchronizerConfig.TryRead(Node("MultiplayerSynchronizer", resources, properties), out SynchronizerConfig config));
        return config;
    }

    private static SpawnerConfig Spawner(string properties)
    {
        Assert.True(SpawnerConfig.TryRead(Node("MultiplayerSpawner", "", properties), out SpawnerConfig config));
        return config;
    }

    private static ExpandedNode Node(string type, string resources, string properties)
    {
        MemoryProject project = new() { ["res://a.tscn"] = $"{Head}{resources}{Root}[node name=\"N\" type=\"{type}\" parent=\".\"]\n{properties}" };
        Assert.True(SceneExpander.TryExpand("res://a.tscn", project, ExpandLimits.Default, out ExpandedScene scene, out SceneFileError error), error.ToString());
        return scene.Nodes[1];
    }
}
