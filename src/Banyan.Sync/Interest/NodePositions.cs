using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Interest;

/// <summary>Where nodes are now: by their latest state, else by the tree.</summary>
/// <remarks>What stands above a node moves it, but does not turn or scale it here: keep those upright whose children have distances.</remarks>
internal sealed class NodePositions(GameWorld world, LiveTable live, VariantLimits limits)
{
    private static readonly (string Property, bool IsGlobal)[] _properties =
        [("position", false), ("global_position", true), ("transform", false), ("global_transform", true)];

    /// <summary>From the tree's root; nowhere in particular for a node without a place.</summary>
    public Position Of(NodeId id)
    {
        Position sum = Position.Zero;
        world.Tree.TryFind(id, out MirrorNode? node);
        for (int depth = 0; node is not null && depth <= SceneTransaction.DepthMax; depth++)
        {
            if (TryOwn(node, out Position own, out bool isGlobal)) sum += own;
            if (isGlobal || node.Header!.IsRoot) break;
            node = world.Tree[node.Header.Parent];
        }

        return sum;
    }

    // What is sent all the time is newer than what stands in the tree, whichever of the properties it is.
    private bool TryOwn(MirrorNode node, out Position position, out bool isGlobal)
    {
        foreach ((string name, bool global) in _properties)
        {
            isGlobal = global;
            var property = new SyncProperty(node.Id, name);
            if (world.SenderOf(property) is { } sender && live.TryGet(sender, property, limits, out Variant sent) && Position.TryOf(sent, out position)) return true;
        }

        foreach ((string name, bool global) in _properties)
        {
            isGlobal = global;
            if (node.Properties.TryGetValue(name, out byte[]? stored) && PropertyValue.TryDecode(stored, out Variant kept) && Position.TryOf(kept, out position)) return true;
        }

        (position, isGlobal) = (Position.Zero, false);
        return false;
    }
}
