using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Scripts;

/// <summary>What a GDScript text says of itself that the multiplayer protocol needs: its name, its base, its <c>@rpc</c> methods.</summary>
/// <remarks>
/// The text is not checked any further: what Godot would not compile for other reasons is read as if it did. Inner
/// classes and bodies are passed over. Without a transfer mode a method is <i>reliable</i>: the documentation of
/// <c>@rpc</c> says unreliable, but that default is never applied, and the one of SceneMultiplayer is.
/// An argument of <c>@rpc</c> is a literal, or a constant of the same script that is one; Godot takes any constant
/// expression. Sources: gdscript_parser.cpp (rpc_annotation), scene_rpc_interface.cpp (_parse_rpc_config).
/// </remarks>
public sealed class ScriptRpcs
{
    internal ScriptRpcs(string? className, string? basePath, ImmutableArray<string> baseNames, ImmutableArray<RpcMethod> methods)
    {
        ClassName = className;
        BasePath = basePath;
        BaseNames = baseNames;
        Methods = methods;
    }

    /// <summary>The <c>class_name</c>; null if there is none.</summary>
    public string? ClassName { get; }

    /// <summary>The file that it extends, as the script has it (<see cref="ResolveBasePath"/>); null if it extends a class by name.</summary>
    public string? BasePath { get; }

    /// <summary>The class that it extends, or after <see cref="BasePath"/> an inner class of that file; empty if there is nothing of it.</summary>
    /// <remarks>A script that says neither extends RefCounted.</remarks>
    public ImmutableArray<string> BaseNames { get; }

    /// <summary>Its own <c>@rpc</c> methods, in order of the text.</summary>
    public ImmutableArray<RpcMethod> Methods { get; }

    /// <summary>Reads a script; false with the first error.</summary>
    public static bool TryParse(string text, ScriptLimits limits, out ScriptRpcs script, out ScriptError error)
    {
        ScriptReader reader = new(text, limits);
        bool done = reader.TryRead(out script);
        error = reader.Error;
        return done;
    }

    /// <summary>The methods of a script with those of the script that it extends.</summary>
    /// <remarks>
    /// Its own go over those of the same name. A method that it overrides without <c>@rpc</c> keeps what the base says
    /// of it. Source: gdscript_compiler.cpp (_prepare_compilation).
    /// </remarks>
    public static ImmutableArray<RpcMethod> Inherit(ImmutableArray<RpcMethod> ofBase, ImmutableArray<RpcMethod> own)
    {
        HashSet<string> names = [.. own.Select(m => m.Name)];
        return [.. ofBase.Where(m => !names.Contains(m.Name)), .. own];
    }

    /// <summary>The file that it extends, from the script's own path: <c>"base.gd"</c> in <c>res://a/b.gd</c> is <c>res://a/base.gd</c>.</summary>
    public string? ResolveBasePath(string ownPath)
    {
        if (BasePath is null || BasePath.StartsWith('/') || BasePath.Contains("://", StringComparison.Ordinal)) return BasePath;
        int root = ownPath.IndexOf("://", StringComparison.Ordinal);
        root = root < 0 ? 0 : root + 3;
        List<string> parts = [.. ownPath[root..].Split('/')];
        parts.RemoveAt(parts.Count - 1);
        foreach (string part in BasePath.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part == ".." && parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            else parts.Add(part);
        }

        return ownPath[..root] + string.Join('/', parts);
    }
}
