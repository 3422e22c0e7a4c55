using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Scenes;
using Banyan.Godot.Scripts;

namespace Banyan.Sync.World;

/// <summary>The files that the game ships: every client and every server has the same. Each is read once.</summary>
public sealed class GameFiles(IProjectFiles files)
{
    private const int BasesMax = 64;

    // Of paths that clients make up, there is no end.
    private const int ScenesKeptMax = 4_096;

    private readonly Dictionary<string, GameScene?> _scenes = [];
    private readonly Dictionary<string, RpcMethods> _methods = [];

    /// <summary>A scene with all that it instances; false if there is none, or none that can be read.</summary>
    /// <param name="resPath">"res://…" or "uid://…".</param>
    /// <param name="scene">The scene.</param>
    public bool TryGetScene(string resPath, [NotNullWhen(true)] out GameScene? scene)
    {
        string path = PathOf(resPath);
        if (!_scenes.TryGetValue(path, out scene))
        {
            scene = SceneExpander.TryExpand(path, files, ExpandLimits.Default, out ExpandedScene expanded, out _) ? new(path, expanded) : null;
            if (scene is not null || _scenes.Count < ScenesKeptMax) _scenes.Add(path, scene);
        }

        return scene is not null;
    }

    /// <summary>The methods of a script that can be called from afar, with those of the scripts that it extends; none if it cannot be read.</summary>
    /// <remarks>A base that is given by its class_name is not looked for.</remarks>
    public RpcMethods MethodsOf(string scriptPath)
    {
        string path = PathOf(scriptPath);
        if (_methods.TryGetValue(path, out RpcMethods? methods)) return methods;
        if (!RpcMethods.TryCreate([], MethodsOf(path, BasesMax), out methods)) methods = RpcMethods.None;
        _methods.Add(path, methods);
        return methods;
    }

    private ImmutableArray<RpcMethod> MethodsOf(string path, int basesMax)
    {
        if (basesMax == 0 || !files.TryRead(path, out string text)) return [];
        if (!ScriptRpcs.TryParse(text, ScriptLimits.Default, out ScriptRpcs script, out _)) return [];
        ImmutableArray<RpcMethod> ofBase = script.ResolveBasePath(path) is { } parent ? MethodsOf(PathOf(parent), basesMax - 1) : [];
        return ScriptRpcs.Inherit(ofBase, script.Methods);
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
        var synchronizers = ImmutableArray.CreateBuilder<(string, SynchronizerConfig)>();
        for (int i = 0; i < expanded.Nodes.Length; i++)
        {
            if (SynchronizerConfig.TryRead(expanded.Nodes[i], out SynchronizerConfig config) && Follow(expanded.PathOf(i), config.RootPath) == ".")
                synchronizers.Add((expanded.PathOf(i), config));
        }

        RootSynchronizers = synchronizers.ToImmutable();
    }

    /// <summary>"res://…".</summary>
    public string Path { get; }

    /// <summary>Its nodes.</summary>
    public ExpandedScene Expanded { get; }

    /// <summary>Whether an instance has a node at a path below its root from the start.</summary>
    public bool HasNode(string path) => _paths.Contains(path);

    /// <summary>Those that send properties of the scene's root, in tree order, with their paths from the root.</summary>
    public ImmutableArray<(string Path, SynchronizerConfig Config)> RootSynchronizers { get; }

    /// <summary>Follows a path from a node of the scene, as Godot's get_node does; null if it leads out of the scene.</summary>
    public static string? Follow(string from, NodePath path)
    {
        if (path.IsAbsolute) return null;
        List<string> names = from == "." ? [] : [.. from.Split('/')];
        foreach (string name in path.Names)
        {
            if (name == ".") continue;
            if (name != "..") names.Add(name);
            else if (names.Count > 0) names.RemoveAt(names.Count - 1);
            else return null;
        }

        return names.Count == 0 ? "." : string.Join('/', names);
    }
}
