using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>A node of the tree: a <see cref="MapLeaf"/> or a <see cref="MapInner"/>. Leaves are all equally deep.</summary>
/// <remarks>
/// No node is ever empty. There is no lower bound otherwise: a node that got small is joined with a neighbour when the
/// two fit together well, and left alone when not.
/// </remarks>
internal abstract class MapNode(EditToken edit)
{
    /// <summary>Slots of a leaf, children of an inner node.</summary>
    public const int CountMax = 64;

    /// <summary>A node smaller than this looks for a neighbour to be joined with …</summary>
    public const int SmallCount = CountMax / 4;

    /// <summary>… if both together are no more than this.</summary>
    public const int JoinedCountMax = CountMax * 3 / 4;

    public readonly EditToken Edit = edit;
    public int Count;
    public MapTotals Totals;

    /// <summary>Adds a version. The result stands in this node's place; <paramref name="right"/>, if any, after it.</summary>
    public abstract MapNode Put(
        EditToken edit, Key key, Timestamp timestamp, byte[]? value, out MapNode? right, out Key separator);

    /// <summary>Drops what no read at or above the horizon sees on a key. Null if the node is empty then.</summary>
    public abstract MapNode? Trim(EditToken edit, Key key, Timestamp horizon, List<VersionedValue> scratch);

    /// <summary>Cuts into the keys below and the keys from <paramref name="at"/> on; either may be null.</summary>
    public abstract (MapNode? Left, MapNode? Right) Split(EditToken edit, Key at);

    /// <summary>This node and its right neighbour in one.</summary>
    public abstract MapNode JoinWith(EditToken edit, Key separator, MapNode right);

    /// <summary>How far an array grows, so that small maps stay small.</summary>
    protected static int CapacityFor(int count) =>
        count > CountMax / 2 ? CountMax : Math.Max(4, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count));
}
