namespace Banyan.Godot.Scenes;

/// <summary>Bounds on what a scene may grow to: small files that instance each other can name a very large tree.</summary>
/// <param name="NodesMax">Nodes of the whole tree.</param>
/// <param name="InstanceDepthMax">Scenes in scenes.</param>
/// <param name="ValuesMax">Single values in all properties, those in arrays and sub-resources counted wherever they appear.</param>
/// <param name="ValueDepthMax">Arrays, dictionaries and objects in each other, through sub-resources too.</param>
/// <param name="File">Bounds on each file.</param>
public sealed record ExpandLimits(int NodesMax, int InstanceDepthMax, long ValuesMax, int ValueDepthMax, SceneFileLimits File)
{
    /// <summary>A million nodes.</summary>
    public static readonly ExpandLimits Default = new(1 << 20, 64, 1 << 26, 100, SceneFileLimits.Default);
}
