using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>Loads each scene file of an expansion once, resolves its references, and warns of what they name in vain.</summary>
internal sealed class SceneLoader(IProjectFiles files, ExpandLimits limits)
{
    private readonly Dictionary<string, LoadedScene> _scenes = [];
    private readonly Dictionary<string, bool> _exists = [];
    private readonly HashSet<SceneWarning> _warned = [];
    private readonly ImmutableArray<SceneWarning>.Builder _warnings = ImmutableArray.CreateBuilder<SceneWarning>();

    public ImmutableArray<SceneWarning> Warnings => _warnings.ToImmutable();

    /// <summary>Whether a path names a scene in Godot's text form.</summary>
    public static bool IsTextScene(string path) =>
        path.EndsWith(".tscn", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".escn", StringComparison.OrdinalIgnoreCase);

    /// <summary>Adds a warning, once.</summary>
    public void Warn(string file, int line, string message)
    {
        SceneWarning warning = new(file, line, message);
        if (_warned.Add(warning)) _warnings.Add(warning);
    }

    public bool Exists(string path)
    {
        if (!_exists.TryGetValue(path, out bool exists)) _exists.Add(path, exists = files.Exists(path));
        return exists;
    }

    /// <summary>The file that a path or uid in another file means.</summary>
    public string Locate(string path, string? uid, string fromFile)
    {
        if (uid is not null && files.TryResolveUid(uid, out string byUid)) return byUid;
        if (path.StartsWith("uid://", StringComparison.Ordinal)) return files.TryResolveUid(path, out byUid) ? byUid : path;
        return path.StartsWith('/') ? path : Normal(path, fromFile);
    }

    public bool TryLoad(string path, out LoadedScene scene, out SceneFileError error)
    {
        error = default;
        if (_scenes.TryGetValue(path, out scene!)) return true;
        if (!files.TryRead(path, out string text))
        {
            error = new SceneFileError(path, 0, 0, "there is no such file");
            return false;
        }

        if (!SceneFile.TryParse(text, path, limits.File, out SceneFile file, out error)) return false;
        Dictionary<string, string> externalPaths = [];
        foreach (ExtResource resource in file.ExtResources)
        {
            string target = Locate(resource.Path, resource.Uid, path);
            externalPaths.Add(resource.Id, target);
            if (!Exists(target)) Warn(path, resource.Line, $"the {resource.Type} {target} is missing");
        }

        if (!TryResolve(file, externalPaths, out scene, out error)) return false;
        _scenes.Add(path, scene);
        return true;
    }

    /// <summary>Puts what references stand for in the place of each.</summary>
    private bool TryResolve(SceneFile file, Dictionary<string, string> externalPaths, out LoadedScene scene, out SceneFileError error)
    {
        ResourceValues values = new(externalPaths);
        int tooDeep = 0;
        foreach (SubResource resource in file.SubResources) Admit(values.Define(resource), resource.Line);
        ImmutableArray<ImmutableArray<WeighedProperty>> properties =
            [.. file.Nodes.Select(n => n.Properties.Select(p => Weigh(p)).ToImmutableArray())];
        ImmutableArray<ImmutableArray<Variant>> binds =
            [.. file.Connections.Select(c => c.Binds.Select(b => Admit(values.Resolve(b), c.Line).Value).ToImmutableArray())];
        scene = new LoadedScene(file, externalPaths, properties, binds);
        error = tooDeep == 0 ? default : new SceneFileError(
            file.Path, tooDeep, 0, $"values nested deeper than {limits.ValueDepthMax}, sub_resources counted in");
        return tooDeep == 0;

        WeighedProperty Weigh(SceneProperty property)
        {
            ResourceValues.Weighed value = Admit(values.Resolve(property.Value), property.Line);
            return new WeighedProperty(property.Name, value.Value, value.Weight);
        }

        ResourceValues.Weighed Admit(ResourceValues.Weighed value, int line)
        {
            if (tooDeep == 0 && value.Depth > limits.ValueDepthMax) tooDeep = line;
            return value;
        }
    }

    /// <summary>A path without <c>.</c> and <c>..</c>, relative ones as seen from a file's folder: one file has one path.</summary>
    private static string Normal(string path, string fromFile)
    {
        bool isWhole = path.Contains("://", StringComparison.Ordinal);
        string start = isWhole ? path : fromFile;
        string scheme = start[..(start.IndexOf("://", StringComparison.Ordinal) is int at and >= 0 ? at + 3 : 0)];
        List<string> parts = isWhole ? [] : [.. fromFile[scheme.Length..].Split('/')[..^1]];
        foreach (string part in (isWhole ? path[scheme.Length..] : path).Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
        }

        return scheme + string.Join('/', parts);
    }
}
