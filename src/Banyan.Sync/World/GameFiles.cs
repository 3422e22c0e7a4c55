using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Scenes;

namespace Banyan.Sync.World;

/// <summary>The files that the game ships: every client and every server has the same. Each is read once.</summary>
public sealed class GameFiles(IProjectFiles files)
{
    private readonly Dictionary<string, GameScene?> _scenes = [];

    /// <summary>A scene with all that it instances; false if there is none, or none that can be read.</summary>
    /// <param name="resPath">"res://…" or "uid://…".</param>
    /// <param name="scene">The scene.</param>
    public bool TryGetScene(string resPath, [NotNullWhen(true)] out GameScene? scene)
    {
        string path = PathOf(resPath);
        if (!_scenes.TryGetValue(path, out scene))
        {
            scene = SceneExpander.TryExpand(path, files, ExpandLimits.Default, out ExpandedScene expanded, out _) ? new(path, expanded) : null;
            _scenes.Add(path, scene);
        }

        return scene is not null;
    }

    /// <summary>The path of a resource that may be named by its uid; the uid itself if the project does not know it.</summary>
    public string PathOf(string path) => path.StartsWith("uid://", StringComparison.Ordinal) && files.TryResolveUid(path, out string resolved) ? resolved : path;
}

/// <summary>One scene of the game.</summary>
public sealed class GameScene
{
    private readonly HashSet<string> _paths;

    internal GameScene(string path, ExpandedScene expanded)
    {
        Path = path;
        Expanded = expanded;
        _paths = [.. Enumerable.Range(0, expanded.Nodes.Length).Select(expanded.PathOf)];
    }

    /// <summary>"res://…".</summary>
    public string Path { get; }

    /// <summary>Its nodes.</summary>
    public ExpandedScene Expanded { get; }

    /// <summary>Whether an instance has a node at a path below its root from the start.</summary>
    public bool HasNode(string path) => _paths.Contains(path);
}
