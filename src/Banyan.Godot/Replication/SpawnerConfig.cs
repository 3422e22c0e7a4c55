using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Scenes;

namespace Banyan.Godot.Replication;

/// <summary>What a scene says of a MultiplayerSpawner.</summary>
/// <remarks>
/// A file cannot hold a <c>spawn_function</c>, so any spawner may get one from a script. Source: multiplayer_spawner.cpp.
/// A value that Godot would not take leaves the default, with a warning.
/// </remarks>
public sealed record SpawnerConfig
{
    /// <summary>The node's class.</summary>
    public const string ClassName = "MultiplayerSpawner";

    /// <summary>Indexes that a <see cref="SpawnPacket"/> can name; the one after them means a custom spawn.</summary>
    public const int ScenesMax = SpawnPacket.CustomScene;

    /// <summary>From the spawner to the parent of what it spawns; empty if the scene does not say, and then it spawns nothing.</summary>
    public required NodePath SpawnPath { get; init; }

    /// <summary>By their index in packets, as the file has them: <c>res://…</c> or <c>uid://…</c>.</summary>
    public required ImmutableArray<string> SpawnableScenes { get; init; }

    /// <summary>The most that may be there at a time; 0 for no limit.</summary>
    public required long SpawnLimit { get; init; }

    /// <summary>Whether it lists no scenes, so that all that it spawns are custom spawns.</summary>
    public bool IsCustom => SpawnableScenes.IsEmpty;

    /// <summary>What did not fit, each a sentence without its full stop.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>Reads the node; false if it is of another class.</summary>
    public static bool TryRead(ExpandedNode node, out SpawnerConfig config)
    {
        config = None;
        if (node.Type != ClassName) return false;
        NodeProperties properties = new(node);
        ImmutableArray<string> scenes = properties.Texts("_spawnable_scenes");
        if (scenes.Length > ScenesMax)
            properties.Warn($"{ClassName} \"{node.Name}\" lists {scenes.Length} scenes, but only {ScenesMax} can be named");
        config = new()
        {
            SpawnPath = properties.Path("spawn_path", NodePath.Empty),
            SpawnableScenes = scenes,
            SpawnLimit = properties.Int("spawn_limit", 0, 0, uint.MaxValue),
            Warnings = [.. properties.Warnings],
        };
        return true;
    }

    private static readonly SpawnerConfig None = new()
    {
        SpawnPath = NodePath.Empty,
        SpawnableScenes = [],
        SpawnLimit = 0,
        Warnings = [],
    };
}
