using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>Bounds on one scene file.</summary>
/// <param name="CharactersMax">Length of the text, in UTF-16 units.</param>
/// <param name="TagsMax">Headings: nodes, resources, connections.</param>
/// <param name="Values">Bounds on each value.</param>
public sealed record SceneFileLimits(int CharactersMax, int TagsMax, VariantLimits Values)
{
    /// <summary>Far beyond what Godot's editor still opens with ease.</summary>
    public static readonly SceneFileLimits Default = new(256 << 20, 1 << 20, VariantLimits.Peer);
}
