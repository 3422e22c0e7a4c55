using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Replication;
using Banyan.Godot.Scenes;
using Banyan.Godot.Scripts;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>A project's scenes and scripts, each read once; many games of one thread may share it.</summary>
public sealed class GameProject(IProjectFiles files)
{
    // Deeper chains of scripts are circles.
    private const int BasesMax = 64;
    private const string WholeResource = "whole";

    private readonly Dictionary<string, ExpandedScene?> _scenes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RpcMethods> _methods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _scriptClasses = new(StringComparer.Ordinal);

    /// <summary>The files.</summary>
    public IProjectFiles Files { get; } = files;

    /// <summary>Says which file a <c>class_name</c> stands for, since files cannot be listed; needed for scripts that extend one by name.</summary>
    public void AddScriptClass(string className, string resPath) => _scriptClasses[className] = resPath;

    /// <summary>A scene with all that it instances; false if it is missing or malformed.</summary>
    public bool TryGetScene(string resPath, out ExpandedScene scene)
    {
        if (!_scenes.TryGetValue(resPath, out ExpandedScene? found))
        {
            found = SceneExpander.TryExpand(resPath, Files, ExpandLimits.Default, out ExpandedScene expanded, out _) ? expanded : null;
            _scenes.Add(resPath, found);
        }

        scene = found!;
        return found is not null;
    }

    /// <summary>The file of a <c>uid://</c>; other paths, and unknown ids, as they are.</summary>
    public string EnsurePath(string path) =>
        path.StartsWith("uid://", StringComparison.Ordinal) && Files.TryResolveUid(path, out string resPath) ? resPath : path;

    /// <summary>A replication config that has a file of its own (<c>.tres</c>); false if it is missing or is none.</summary>
    public bool TryGetReplicationConfig(string resPath, out ReplicationConfig config)
    {
        config = ReplicationConfig.Empty;
        if (!Files.TryRead(resPath, out string text)) return false;
        // A resource file is a scene file but for its heading and for the last section, which has no type there and no id.
        IEnumerable<string> lines = text.Split('\n').Select(line => line.TrimEnd() switch
        {
            "[resource]" => $"[sub_resource type=\"{ReplicationConfig.ClassName}\" id=\"{WholeResource}\"]",
            string heading when heading.StartsWith("[gd_resource ", StringComparison.Ordinal) => "[gd_scene format=3]",
            _ => line,
        });
        if (!SceneFile.TryParse(string.Join('\n', lines), resPath, out SceneFile file, out _)) return false;
        return file.SubResources.FirstOrDefault(r => r.Id == WholeResource) is { } found &&
            ReplicationConfig.TryRead(new(found.Type, [.. found.Properties.Select(p => new KeyValuePair<string, Variant>(p.Name, p.Value))]), out config);
    }

    /// <summary>What a script lets peers call, with what it inherits; none if it is missing or cannot be read.</summary>
    public RpcMethods RpcMethodsOf(string scriptPath)
    {
        if (_methods.TryGetValue(scriptPath, out RpcMethods? methods)) return methods;
        if (!RpcMethods.TryCreate([], Collect(scriptPath, 0), out methods)) methods = RpcMethods.None;
        _methods.Add(scriptPath, methods);
        return methods;
    }

    private ImmutableArray<RpcMethod> Collect(string path, int depth)
    {
        if (depth > BasesMax || !Files.TryRead(path, out string text)) return [];
        if (!ScriptRpcs.TryParse(text, ScriptLimits.Default, out ScriptRpcs script, out _)) return [];
        string? basePath = script.ResolveBasePath(path);
        if (basePath is null && script.BaseNames is [string name]) basePath = _scriptClasses.GetValueOrDefault(name);
        return basePath is null ? script.Methods : ScriptRpcs.Inherit(Collect(EnsurePath(basePath), depth + 1), script.Methods);
    }
}
