namespace Banyan.Godot.Variants;

/// <summary>Bounds on values that come from outside.</summary>
/// <param name="DepthMax">Containers in containers; Godot's own bound is 100.</param>
/// <param name="ItemsMax">Items of one array, pairs of one dictionary, properties of one object.</param>
/// <param name="FullObjects">
/// Whether objects may come with class and properties. Godot refuses these by default, since decoding builds them;
/// here they only become an <see cref="InlineObject"/>, but a peer has no business sending them.
/// </param>
public sealed record VariantLimits(int DepthMax = 100, int ItemsMax = 1 << 20, bool FullObjects = false)
{
    /// <summary>For what peers send.</summary>
    public static readonly VariantLimits Peer = new();

    /// <summary>For what we wrote ourselves.</summary>
    public static readonly VariantLimits Stored = new(FullObjects: true);
}
