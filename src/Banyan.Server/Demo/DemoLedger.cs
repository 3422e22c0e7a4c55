using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Server.Demo;

/// <summary>
/// What was acknowledged, against what the watchers saw and what the tree holds in the end. Each worker writes properties
/// of its own, with numbers that only grow: a number that was acknowledged must come by, once, and never go back.
/// </summary>
internal sealed class DemoLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(NodeId Node, string Property), List<long>> _acknowledged = [];

    public long Commits { get; private set; }

    public long CrossRangeCommits { get; private set; }

    public long Unavailable { get; private set; }

    public long Ambiguous { get; private set; }

    public List<double> LatenciesMs { get; } = [];

    public void Committed(IEnumerable<NodeId> nodes, string property, long number, bool isCrossRange, double milliseconds)
    {
        lock (_gate)
        {
            Commits++;
            if (isCrossRange) CrossRangeCommits++;
            LatenciesMs.Add(milliseconds);
            foreach (NodeId node in nodes)
            {
                if (!_acknowledged.TryGetValue((node, property), out List<long>? numbers)) _acknowledged.Add((node, property), numbers = []);
                numbers.Add(number);
            }
        }
    }

    public void Failed(bool isAmbiguous)
    {
        lock (_gate)
        {
            if (isAmbiguous) Ambiguous++;
            else Unavailable++;
        }
    }

    /// <summary>Acknowledged writes that a watcher has not seen exactly once.</summary>
    public long NotSeenBy(DemoWatcher watcher)
    {
        long lost = 0;
        foreach (((NodeId node, string property), List<long> numbers) in _acknowledged)
        {
            Dictionary<long, int> seen = watcher.SeenOf(node, property);
            foreach (long number in numbers)
            {
                if (seen.GetValueOrDefault(number) != 1) lost++;
            }
        }

        return lost;
    }

    /// <summary>Properties whose last acknowledged write, or a later one, is not in a tree.</summary>
    public long NotIn(SceneMirror mirror)
    {
        long lost = 0;
        foreach (((NodeId id, string property), List<long> numbers) in _acknowledged)
        {
            bool isThere = mirror.TryFind(id, out MirrorNode? node) && node.Properties.TryGetValue(property, out byte[]? value)
                && DemoValue.NumberOf(value) >= numbers.Max();
            if (!isThere) lost++;
        }

        return lost;
    }
}

/// <summary>The values that the demo writes: numbers, as Godot's int.</summary>
internal static class DemoValue
{
    public const string Prefix = "metadata/demo_";

    public static byte[] Of(long number) => PropertyValue.Encode(number);

    public static long NumberOf(byte[]? value) =>
        value is not null && PropertyValue.TryDecode(value, out Godot.Variants.Variant variant) && variant.Type == Godot.Variants.VariantType.Int
            ? variant.AsInt()
            : -1;
}
