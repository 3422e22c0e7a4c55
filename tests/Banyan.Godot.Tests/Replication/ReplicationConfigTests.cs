using System.Collections.Immutable;
using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Replication;

public class ReplicationConfigTests
{
    private static readonly Variant True = true;
    private static readonly Variant False = false;

    [Fact]
    public void Lists_keep_the_order_of_the_config()
    {
        ReplicationConfig config = Read(
            ("properties/0/path", Path(".:position")), ("properties/0/spawn", True), ("properties/0/replication_mode", 1),
            ("properties/1/path", Path("label:text")), ("properties/1/spawn", True), ("properties/1/replication_mode", 0),
            ("properties/2/path", Path(".:health")), ("properties/2/spawn", False), ("properties/2/replication_mode", 2),
            ("properties/3/path", Path(".:rotation")), ("properties/3/spawn", False), ("properties/3/replication_mode", 1),
            ("properties/4/path", Path("A/B:mesh:size")), ("properties/4/spawn", True), ("properties/4/replication_mode", 2));
        Assert.Equal([".:position", "label:text", "A/B:mesh:size"], Texts(config.Spawn));
        Assert.Equal([".:position", ".:rotation"], Texts(config.Sync));
        Assert.Equal([".:health", "A/B:mesh:size"], Texts(config.Watch));
        Assert.Equal(5, config.Properties.Length);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void What_is_not_said_is_spawn_and_always() =>
        Assert.Equal([new(NodePath.Parse(":a"))], Read(("properties/0/path", Path(":a"))).Properties);

    [Fact]
    public void The_older_form_is_read_as_the_engine_does()
    {
        ReplicationConfig config = Read(
            ("properties/0/path", Path(".:a")), ("properties/0/sync", True), ("properties/0/watch", True),
            ("properties/1/path", Path(".:b")), ("properties/1/sync", False), ("properties/1/watch", False),
            ("properties/2/path", Path(".:c")), ("properties/2/watch", True), ("properties/2/sync", False),
            ("properties/3/path", Path(".:d")), ("properties/3/sync", True), ("properties/3/watch", False));
        Assert.Equal(
            [ReplicationMode.OnChange, ReplicationMode.Never, ReplicationMode.OnChange, ReplicationMode.Always],
            config.Properties.Select(p => p.Mode));
    }

    public static TheoryData<string, Variant> Unfit() => new()
    {
        { "properties/2/path", Path(".:c") },
        { "properties/1/path", ".:c" },
        { "properties/1/path", Path("c") },
        { "properties/1/path", Path("") },
        { "properties/1/path", Path(".:a") },
        { "properties/0/path", Path(".:c") },
        { "properties/1/spawn", True },
        { "properties/0/spawn", 1 },
        { "properties/0/replication_mode", 3 },
        { "properties/0/replication_mode", -1 },
        { "properties/0/replication_mode", 1.0 },
        { "properties/0/unknown", True },
        { "properties/0", True },
        { "properties/x/spawn", True },
        { "properties/-1/spawn", True },
        { "properties/99999999999/spawn", True },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void What_the_engine_passes_over_is_passed_over_with_a_warning(string name, Variant value)
    {
        ReplicationConfig config = Read(("properties/0/path", Path(".:a")), (name, value));
        Assert.Equal([new(NodePath.Parse(".:a"))], config.Properties);
        Assert.Single(config.Warnings);
    }

    [Fact]
    public void Properties_of_every_resource_are_nothing_to_warn_of() =>
        Assert.Empty(Read(("resource_name", "a"), ("resource_local_to_scene", True)).Warnings);

    [Fact]
    public void A_mask_names_watched_properties_in_order()
    {
        ReplicationConfig config = Read([.. Watched(3)]);
        Assert.True(config.TryGetWatched(0b101, out ImmutableArray<NodePath> properties));
        Assert.Equal([".:p0", ".:p2"], Texts(properties));
        Assert.False(config.TryGetWatched(0, out _));
        Assert.False(config.TryGetWatched(0b1000, out _));
        Assert.False(ReplicationConfig.Empty.TryGetWatched(1, out _));
    }

    [Fact]
    public void Sixty_four_properties_can_be_watched_and_no_more()
    {
        ReplicationConfig config = Read([.. Watched(64)]);
        Assert.True(config.TryGetWatched(ulong.MaxValue, out ImmutableArray<NodePath> properties));
        Assert.Equal(64, properties.Length);
        Assert.True(config.TryGetWatched(1UL << 63, out properties));
        Assert.Equal([".:p63"], Texts(properties));
        Assert.False(ReplicationConfig.TryRead(Resource([.. Watched(65)]), out _));
    }

    [Fact]
    public void Another_resource_or_one_with_too_many_properties_is_refused()
    {
        Assert.False(ReplicationConfig.TryRead(new InlineObject("Resource", []), out _));
        (string, Variant)[] many = [.. Enumerable.Range(0, ReplicationConfig.PropertiesMax + 1).Select(i => ($"properties/{i}/path", Path($".:p{i}")))];
        Assert.True(ReplicationConfig.TryRead(Resource(many[..^1]), out _));
        Assert.False(ReplicationConfig.TryRead(Resource(many), out _));
    }

    private static IEnumerable<(string, Variant)> Watched(int count) => Enumerable.Range(0, count).SelectMany(i =>
        ((string, Variant)[])[($"properties/{i}/path", Path($".:p{i}")), ($"properties/{i}/replication_mode", 2)]);

    private static Variant Path(string text) => NodePath.Parse(text);

    private static IEnumerable<string> Texts(ImmutableArray<NodePath> paths) => paths.Select(p => p.ToString());

    private static InlineObject Resource(params (string Name, Variant Value)[] properties) =>
        new(ReplicationConfig.ClassName, [.. properties.Select(p => new KeyValuePair<string, Variant>(p.Name, p.Value))]);

    private static ReplicationConfig Read(params (string Name, Variant Value)[] properties)
    {
        Assert.True(ReplicationConfig.TryRead(Resource(properties), out ReplicationConfig config));
        return config;
    }
}
