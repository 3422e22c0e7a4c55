using Banyan.Godot.Scenes;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Scene.Importing;

/// <summary>A scene as operations that put it into the world, in order, each batch one transaction.</summary>
public sealed class ImportPlan
{
    private readonly ExpandedScene _scene;
    private readonly string _parentPath;
    private readonly string _name;
    private readonly int[] _sizes;
    private readonly int[] _firstAfter;
    private readonly ZoneId?[] _zones;
    private readonly List<List<SceneOperation>> _batches = [];
    private readonly List<SceneOperation> _batch = [];
    private readonly int _nodesMax;
    private int _batchNodes;

    private ImportPlan(ExpandedScene scene, string parentPath, string? name, int nodesMax)
    {
        _scene = scene;
        _parentPath = parentPath;
        _name = name ?? scene.Nodes[0].Name;
        _nodesMax = nodesMax;
        _zones = ZonePlacement.Of(scene);
        _sizes = new int[scene.Nodes.Length];
        _firstAfter = new int[scene.Nodes.Length];
        for (int i = scene.Nodes.Length - 1; i >= 0; i--)
        {
            _sizes[i]++;
            _firstAfter[i] = i + _sizes[i];
            if (scene.Nodes[i].Parent >= 0) _sizes[scene.Nodes[i].Parent] += _sizes[i];
        }
    }

    /// <summary>The batches, in order. A scene of up to <see cref="SceneTransaction.TemplateNodesMax"/> nodes is one.</summary>
    public IReadOnlyList<IReadOnlyList<SceneOperation>> Batches => _batches;

    /// <summary>Nodes of each zone that the scene uses, apart from the zone of the node it is put under.</summary>
    public SortedDictionary<ZoneId, int> Zones { get; } = [];

    /// <summary>All nodes.</summary>
    public int Nodes => _scene.Nodes.Length;

    /// <summary>Where its root will be.</summary>
    public string RootPath => ScenePath.Join(_parentPath, _name);

    /// <summary>Plans a scene below a node.</summary>
    /// <param name="scene">What to import.</param>
    /// <param name="parentPath">From /root.</param>
    /// <param name="name">The root's name; null for the scene's own.</param>
    /// <param name="nodesMax">Nodes in one transaction.</param>
    public static ImportPlan Of(ExpandedScene scene, string parentPath, string? name = null, int nodesMax = SceneTransaction.TemplateNodesMax)
    {
        var plan = new ImportPlan(scene, parentPath, name, nodesMax);
        plan.CountZones();
        plan.Emit(0, parentPath);
        plan.EndBatch();
        return plan;
    }

    /// <summary>Where to cut the key space so that the zones lie in about so many ranges of about equal size.</summary>
    public List<ZoneId> Cuts(int ranges)
    {
        var cuts = new List<ZoneId>();
        int placed = Zones.Values.Sum();
        int before = 0;
        foreach ((ZoneId zone, int nodes) in Zones)
        {
            // The first range keeps what has no place.
            if (cuts.Count + 1 < ranges && before >= (long)placed * cuts.Count / Math.Max(1, ranges - 1)) cuts.Add(zone);
            before += nodes;
        }

        return cuts;
    }

    private void CountZones()
    {
        var zoneOf = new ZoneId?[_scene.Nodes.Length];
        for (int i = 0; i < zoneOf.Length; i++)
        {
            zoneOf[i] = _zones[i] ?? (i == 0 ? null : zoneOf[_scene.Nodes[i].Parent]);
            if (zoneOf[i] is { } zone) Zones[zone] = Zones.GetValueOrDefault(zone) + 1;
        }
    }

    // A subtree that fits is one template; one that does not is spawned node by node, its children in their order.
    private void Emit(int top, string parentPath)
    {
        if (_sizes[top] <= _nodesMax)
        {
            Add(new SpawnOperation(NodeRef.At(parentPath), Template(top, _firstAfter[top])), _sizes[top]);
            return;
        }

        Add(new SpawnOperation(NodeRef.At(parentPath), Template(top, top + 1)), 1);
        string path = ScenePath.Join(parentPath, NameOf(top));
        for (int child = top + 1; child < _firstAfter[top]; child = _firstAfter[child]) Emit(child, path);
    }

    private void Add(SpawnOperation operation, int nodes)
    {
        if (_batchNodes + nodes > _nodesMax) EndBatch();
        _batch.Add(operation);
        _batchNodes += nodes;
    }

    private void EndBatch()
    {
        if (_batch.Count == 0) return;
        _batches.Add([.. _batch]);
        _batch.Clear();
        _batchNodes = 0;
    }

    private string NameOf(int node) => node == 0 ? _name : _scene.Nodes[node].Name;

    private SceneTemplate Template(int top, int end)
    {
        var nodes = new List<TemplateNode>(end - top);
        for (int i = top; i < end; i++)
        {
            ExpandedNode node = _scene.Nodes[i];
            PropertyWrite[] properties = [.. node.Properties.Select(p => new PropertyWrite(p.Key, PropertyValue.Encode(p.Value)))];
            nodes.Add(new(
                i == top ? -1 : node.Parent - top, NameOf(i), node.Type, node.Scene ?? "", node.Groups, (int)node.UniqueId, _zones[i],
                properties, i == 0 ? SceneConnections.Attachments(_scene) : []));
        }

        return new(nodes);
    }
}
