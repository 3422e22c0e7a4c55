using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>A scene file with its references resolved, shared by all its instances.</summary>
internal sealed class LoadedScene(
    SceneFile file, IReadOnlyDictionary<string, string> externalPaths, ImmutableArray<ImmutableArray<WeighedProperty>> properties,
    ImmutableArray<ImmutableArray<Variant>> binds)
{
    public SceneFile File { get; } = file;

    /// <summary>For each node of the file its properties, without any <see cref="SectionRef"/> left in them.</summary>
    public ImmutableArray<ImmutableArray<WeighedProperty>> Properties { get; } = properties;

    /// <summary>For each connection of the file its bound arguments, likewise.</summary>
    public ImmutableArray<ImmutableArray<Variant>> Binds { get; } = binds;

    /// <summary>The path of what a node instances.</summary>
    public string PathOf(ObjectRef instance) => instance is SectionRef section ? externalPaths[section.Id] : ((ResourceRef)instance).Path;
}

/// <summary>A property, and how many single values it holds.</summary>
internal readonly record struct WeighedProperty(string Name, Variant Value, long Weight);
