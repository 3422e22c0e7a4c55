using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Bench.World;

/// <summary>
/// A world by rule: below /root one node for each zone, below that its nodes, with four properties of the sizes that a
/// game has: a transform, a number, a flag and a short text.
/// </summary>
/// <param name="Zones">From 1; zone 0 keeps only the world's root.</param>
/// <param name="NodesPerZone">With the zone's own node.</param>
public sealed record GeneratedWorld(int Zones, int NodesPerZone)
{
    /// <summary>All nodes, without the world's root.</summary>
    public int Nodes => Zones * NodesPerZone;

    /// <summary>A world of so many nodes, or a few more so that all zones are alike.</summary>
    public static GeneratedWorld OfAbout(int nodes, int zones) => new(zones, Math.Max(1, (nodes + zones - 1) / zones));

    /// <summary>The zone of a place in the order of zones, counted from 0.</summary>
    public static ZoneId ZoneAt(int place) => new((uint)place + 1);

    /// <summary>Where the node of a zone is.</summary>
    public static string PathOf(int place) => ScenePath.Join(ScenePath.Root, NameOf(place));

    /// <summary>Transactions that make it, each of whole zones and of about so many nodes.</summary>
    /// <param name="nodesMax">A zone with more is a transaction by itself.</param>
    public IEnumerable<IReadOnlyList<SceneOperation>> Batches(int nodesMax = 2_000)
    {
        int zonesEach = Math.Max(1, nodesMax / NodesPerZone);
        for (int from = 0; from < Zones; from += zonesEach)
        {
            int until = Math.Min(Zones, from + zonesEach);
            yield return [.. Enumerable.Range(from, until - from).Select(i => new SpawnOperation(NodeRef.At(ScenePath.Root), Template(i)))];
        }
    }

    /// <summary>Where to cut so that the zones lie in so many ranges; the first one keeps the world's root too.</summary>
    public IEnumerable<Key> Cuts(int ranges)
    {
        for (int i = 1; i < ranges; i++) yield return SceneKeys.Start(ZoneAt((int)((long)Zones * i / ranges)));
    }

    private static string NameOf(int place) => $"Zone{place + 1}";

    private SceneTemplate Template(int place)
    {
        var nodes = new TemplateNode[NodesPerZone];
        nodes[0] = new(-1, NameOf(place), "Node3D", "", [], 0, ZoneAt(place), [], []);
        for (int i = 1; i < nodes.Length; i++) nodes[i] = new(0, $"Item{i}", "MeshInstance3D", "", [], 0, null, Properties(place, i), []);
        return new(nodes);
    }

    private static PropertyWrite[] Properties(int zone, int number)
    {
        float x = (number % 32) * 2;
        float z = (number / 32) * 2;
        var transform = new Transform3D(new(new(1, 0, 0), new(0, 1, 0), new(0, 0, 1)), new(zone * 64 + x, 0, z));
        return
        [
            new("transform", PropertyValue.Encode(transform)),
            new("health", PropertyValue.Encode(100L + number)),
            new("visible", PropertyValue.Encode(number % 2 == 0)),
            new("label", PropertyValue.Encode($"item {number} of zone {zone}")),
        ];
    }
}
