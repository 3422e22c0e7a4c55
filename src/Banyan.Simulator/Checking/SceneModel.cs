using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Simulator.Checking;

/// <summary>
/// What the scene's operations mean, on a plain tree in memory: no records, no ranges, one after the other. The cluster
/// must do the same, and refuse for the same reason.
/// </summary>
internal sealed class SceneModel
{
    private readonly SortedDictionary<NodeId, ModelNode> _nodes = [];
    private readonly SortedSet<NodeId> _detached = [];
    private readonly SortedDictionary<ZoneId, uint> _serials = [];

    private sealed class ModelNode(NodeId id, NodeId parent, string name, ZoneId zone, int authority, uint epoch)
    {
        public NodeId Id => id;

        public NodeId Parent { get; set; } = parent;

        public string Name { get; set; } = name;

        public ZoneId Zone { get; set; } = zone;

        public int Authority { get; set; } = authority;

        public uint Epoch { get; set; } = epoch;

        public SortedDictionary<string, byte[]> Properties { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, byte[]> Attachments { get; } = new(StringComparer.Ordinal);

        public List<NodeId> Children { get; private set; } = [];

        public ModelNode Copy()
        {
            var copy = new ModelNode(Id, Parent, Name, Zone, Authority, Epoch) { Children = [.. Children] };
            foreach ((string key, byte[] value) in Properties) copy.Properties.Add(key, value);
            foreach ((string key, byte[] value) in Attachments) copy.Attachments.Add(key, value);
            return copy;
        }
    }

    /// <summary>Nodes, those that are to be reaped included.</summary>
    public int Count => _nodes.Count;

    /// <summary>A tree of its own, equal to this.</summary>
    public SceneModel Copy()
    {
        var copy = new SceneModel();
        foreach ((NodeId id, ModelNode node) in _nodes) copy._nodes.Add(id, node.Copy());
        foreach (NodeId id in _detached) copy._detached.Add(id);
        foreach ((ZoneId zone, uint last) in _serials) copy._serials.Add(zone, last);
        return copy;
    }

    /// <summary>The tree that follows from records.</summary>
    public static SceneModel Of(SceneMirror mirror)
    {
        var model = new SceneModel();
        if (mirror.Root is { } root) model.Take(mirror, root);
        foreach (NodePlace reap in mirror.Reaps)
        {
            model._detached.Add(reap.Id);
            if (mirror[reap] is { } top) model.Take(mirror, top);
        }

        return model;
    }

    private void Take(SceneMirror mirror, MirrorNode from)
    {
        foreach ((MirrorNode node, _) in mirror.Walk(from))
        {
            NodeHeader header = node.Header!;
            var taken = new ModelNode(node.Id, header.Parent.Id, header.Name, node.Place.Zone, header.Authority, header.AuthorityEpoch);
            foreach ((string name, byte[] value) in node.Properties) taken.Properties.Add(name, value);
            foreach ((string name, byte[] value) in node.Attachments) taken.Attachments.Add(name, value);
            taken.Children.AddRange(node.Children.Select(c => c.Id));
            _nodes[node.Id] = taken;
        }
    }

    /// <summary>The world's root, if there is none yet.</summary>
    public void Found() => _nodes.TryAdd(NodeId.Root, new(NodeId.Root, NodeId.None, "root", ZoneId.World, 1, 1));

    /// <summary>Removes a detached subtree, if it is still there.</summary>
    public void Reap(NodeId top)
    {
        if (_detached.Remove(top)) Forget(_nodes[top]);
    }

    private void Forget(ModelNode node)
    {
        _nodes.Remove(node.Id);
        foreach (NodeId child in node.Children) Forget(_nodes[child]);
    }

    /// <summary>A batch. Null if it is done, else why and which operation; then the tree is half-way and of no more use.</summary>
    public (SceneErrorCode Code, int Operation)? Apply(IReadOnlyList<SceneOperation> operations, List<NodeId> results)
    {
        for (int i = 0; i < operations.Count; i++)
        {
            if (Apply(operations[i], results) is { } refused) return (refused, i);
        }

        return null;
    }

    private SceneErrorCode? Apply(SceneOperation operation, List<NodeId> results)
    {
        NodeRef what = operation switch
        {
            SpawnOperation o => o.Parent,
            DespawnOperation o => o.Node,
            RenameOperation o => o.Node,
            ReparentOperation o => o.Node,
            ReorderOperation o => o.Node,
            SetPropertiesOperation o => o.Node,
            MoveZoneOperation o => o.Node,
            SetAuthorityOperation o => o.Node,
            SetAttachmentsOperation o => o.Node,
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
        // A node that is being removed may still be written to by its id: what is written goes with it.
        bool mayHangLoose = operation is SetPropertiesOperation or SetAuthorityOperation or SetAttachmentsOperation;
        if (Find(what) is not { } node || (!mayHangLoose && !IsAttached(node))) return SceneErrorCode.NoSuchNode;
        if (operation is SpawnOperation spawn) return Spawn(node, spawn, results);
        if (node.Id == NodeId.Root && !mayHangLoose) return SceneErrorCode.IsRoot;
        results.Add(node.Id);
        switch (operation)
        {
            case DespawnOperation:
                Unlink(node);
                node.Parent = NodeId.None;
                _detached.Add(node.Id);
                return null;
            case RenameOperation o:
                if (o.Name != node.Name && HasChild(_nodes[node.Parent], o.Name)) return SceneErrorCode.DuplicateName;
                node.Name = o.Name;
                return null;
            case ReparentOperation o:
                return Reparent(node, o);
            case ReorderOperation o:
                List<NodeId> siblings = _nodes[node.Parent].Children;
                int place = o.Place < 0 ? siblings.Count + o.Place : o.Place;
                if (place < 0 || place >= siblings.Count) return SceneErrorCode.BadValue;
                siblings.Remove(node.Id);
                siblings.Insert(place, node.Id);
                return null;
            case SetPropertiesOperation o:
                Write(node.Properties, o.Properties);
                return null;
            case SetAttachmentsOperation o:
                Write(node.Attachments, o.Attachments);
                return null;
            case MoveZoneOperation o:
                MoveZone(node, node.Zone, o.Zone);
                return null;
            case SetAuthorityOperation o:
                node.Authority = o.Authority;
                node.Epoch++;
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation));
        }
    }

    private static void Write(SortedDictionary<string, byte[]> values, IReadOnlyList<PropertyWrite> writes)
    {
        foreach (PropertyWrite write in writes)
        {
            if (write.Value is null) values.Remove(write.Name);
            else values[write.Name] = write.Value;
        }
    }

    private SceneErrorCode? Spawn(ModelNode parent, SpawnOperation o, List<NodeId> results)
    {
        if (HasChild(parent, o.Template.Nodes[0].Name)) return SceneErrorCode.DuplicateName;
        var born = new List<ModelNode>();
        foreach (TemplateNode node in o.Template.Nodes)
        {
            ModelNode above = node.ParentNumber < 0 ? parent : born[node.ParentNumber];
            ZoneId zone = node.Zone ?? above.Zone;
            uint serial = _serials.GetValueOrDefault(zone, zone == ZoneId.World ? 1u : 0u) + 1;
            _serials[zone] = serial;
            var added = new ModelNode(NodeId.Of(zone, serial), above.Id, node.Name, zone, o.Authority, 1);
            Write(added.Properties, node.Properties);
            Write(added.Attachments, node.Attachments);
            above.Children.Add(added.Id);
            _nodes.Add(added.Id, added);
            born.Add(added);
        }

        results.Add(born[0].Id);
        return null;
    }

    private SceneErrorCode? Reparent(ModelNode node, ReparentOperation o)
    {
        if (Find(o.Parent) is not { } parent) return SceneErrorCode.NoSuchNode;
        for (ModelNode? at = parent; at is not null; at = _nodes.GetValueOrDefault(at.Parent))
        {
            if (at == node) return SceneErrorCode.Cycle;
        }

        if (!IsAttached(parent)) return SceneErrorCode.NoSuchNode;
        string name = o.Name ?? node.Name;
        bool isSame = parent.Id == node.Parent && name == node.Name;
        if (!isSame && HasChild(parent, name)) return SceneErrorCode.DuplicateName;
        Unlink(node);
        node.Parent = parent.Id;
        node.Name = name;
        parent.Children.Add(node.Id);
        return null;
    }

    private void MoveZone(ModelNode node, ZoneId from, ZoneId to)
    {
        if (node.Zone != from) return;
        node.Zone = to;
        foreach (NodeId child in node.Children) MoveZone(_nodes[child], from, to);
    }

    private void Unlink(ModelNode node) => _nodes[node.Parent].Children.Remove(node.Id);

    private bool HasChild(ModelNode parent, string name) => parent.Children.Exists(c => _nodes[c].Name == name);

    private bool IsAttached(ModelNode node)
    {
        while (node.Id != NodeId.Root)
        {
            if (node.Parent.IsNone) return false;
            node = _nodes[node.Parent];
        }

        return true;
    }

    private ModelNode? Find(NodeRef what)
    {
        if (!what.Id.IsNone) return _nodes.GetValueOrDefault(what.Id);
        ModelNode? node = _nodes.GetValueOrDefault(NodeId.Root);
        foreach (string name in what.Path.Split('/').Skip(2))
        {
            if (node is null) return null;
            NodeId child = node.Children.Find(c => _nodes[c].Name == name);
            node = _nodes.GetValueOrDefault(child);
        }

        return node;
    }

    /// <summary>Takes the order of siblings over: who was appended at the same time stands in an order of the cluster's choice.</summary>
    public void AdoptOrder(SceneModel other)
    {
        foreach ((NodeId id, ModelNode node) in _nodes)
        {
            if (!other._nodes.TryGetValue(id, out ModelNode? theirs)) continue;
            node.Children.Clear();
            node.Children.AddRange(theirs.Children);
        }
    }

    /// <summary>Where another tree is not as this; null if it is.</summary>
    public string? Difference(SceneModel actual, bool orderMatters)
    {
        if (!_detached.SetEquals(actual._detached))
            return $"to be reaped are {string.Join(" ", actual._detached)}, should be {string.Join(" ", _detached)}";
        foreach ((NodeId id, ModelNode node) in _nodes)
        {
            if (!actual._nodes.TryGetValue(id, out ModelNode? theirs)) return $"{id} \"{node.Name}\" is missing";
            if (Text(node) != Text(theirs)) return $"{id} is {Text(theirs)}, should be {Text(node)}";
            bool sameChildren = orderMatters
                ? node.Children.SequenceEqual(theirs.Children)
                : node.Children.Order().SequenceEqual(theirs.Children.Order());
            if (!sameChildren)
                return $"{id} has the children {string.Join(" ", theirs.Children)}, should have {string.Join(" ", node.Children)}";
        }

        foreach (NodeId id in actual._nodes.Keys)
        {
            if (!_nodes.ContainsKey(id)) return $"{id} should not be there";
        }

        return null;
    }

    private static string Text(ModelNode node) =>
        $"\"{node.Name}\" below {node.Parent} in {node.Zone}, authority {node.Authority} epoch {node.Epoch}, " +
        $"properties {Text(node.Properties)}, attachments {Text(node.Attachments)}";

    private static string Text(SortedDictionary<string, byte[]> values) => string.Join(" ", values.Select(v => v.Key + "=" + Convert.ToHexString(v.Value)));
}
