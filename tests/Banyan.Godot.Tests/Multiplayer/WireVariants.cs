using Banyan.Godot.Tests.Variants;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

/// <summary>Random values that a peer can send: without what only a file can say of objects.</summary>
internal static class WireVariants
{
    /// <summary>A random value, as it is after one way over the wire.</summary>
    public static Variant Next(RandomVariants variants)
    {
        ByteWriter writer = new();
        VariantBinary.Encode(writer, variants.Next());
        ByteReader reader = new(writer.Written);
        Assert.True(VariantBinary.TryDecode(ref reader, VariantLimits.Peer, out Variant value));
        return value;
    }
}
