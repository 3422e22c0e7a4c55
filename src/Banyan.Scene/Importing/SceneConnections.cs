using System.Collections.Immutable;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Scene.Importing;

/// <summary>Signal connections of an imported scene: attachments of its root, one each, as a Variant array.</summary>
internal static class SceneConnections
{
    /// <summary>[signal, from, to, method, flags, unbinds, binds], nodes by their paths from the root.</summary>
    public static IReadOnlyList<PropertyWrite> Attachments(ExpandedScene scene)
    {
        var attachments = new List<PropertyWrite>();
        foreach (ExpandedConnection c in scene.Connections)
        {
            ImmutableArray<Variant> parts =
            [
                c.Signal, scene.PathOf(c.From), scene.PathOf(c.To), c.Method, c.Flags, c.Unbinds, new VariantArray(c.Binds),
            ];
            attachments.Add(new($"connection/{attachments.Count:d6}", PropertyValue.Encode(new VariantArray(parts))));
        }

        return attachments;
    }
}
