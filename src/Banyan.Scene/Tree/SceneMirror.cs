using System.Diagnostics.CodeAnalysis;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Scene.Tree;

/// <summary>
/// The tree as it follows from its records: give it a snapshot, then every change in order, and it is the tree at that
/// timestamp. Clients, exports and checkers look at the world through it.
/// </summary>
public sealed class SceneMirror
{
    private readonly Dictionary<NodePlace, MirrorNode> _nodes = [];
    private readonly Dictionary<NodeId, ZoneId> _locators = [];
    private readonly SortedSet<NodePlace> _reaps = new(ByPlace);
    private readonly SortedDictionary<ZoneId, ulong> _serials = [];

    internal static readonly Comparer<NodePlace> ByPlace =
        Comparer<NodePlace>.Create((a, b) => (a.Zone, a.Id).CompareTo((b.Zone, b.Id)));

    /// <summary>Nodes with a header, those that are still to be reaped included.</summary>
    public int Count { get; private set; }

    /// <summary>Detached subtrees that are still to be removed.</summary>
    public IReadOnlyCollection<NodePlace> Reaps => _reaps;

    internal IReadOnlyDictionary<NodePlace, MirrorNode> Nodes => _nodes;

    internal IReadOnlyDictionary<NodeId, ZoneId> Locators => _locators;

    internal IReadOnlyDictionary<ZoneId, ulong> Serials => _serials;

    /// <summary>
    /// Takes one record: its new value, or null if it was deleted. False, and no change, if it is none of the scene's or
    /// cannot be read.
    /// </summary>
    public bool Apply(Key key, byte[]? value)
    {
        if (!SceneKeys.TryParse(key, out SceneKey parsed)) return false;
        ulong number = 0;
        switch (parsed.Kind)
        {
            case RecordKind.ZoneSerials:
                if (value is not null && !SceneRecords.TryDecodeNumber(value, out number)) return false;
                if (value is null) _serials.Remove(parsed.Node.Zone);
                else _serials[parsed.Node.Zone] = number;
                return true;
            case RecordKind.Locator:
                if (value is not null && !(SceneRecords.TryDecodeNumber(value, out number) && number <= uint.MaxValue)) return false;
                if (value is null) _locators.Remove(parsed.Node.Id);
                else _locators[parsed.Node.Id] = new((uint)number);
                return true;
            case RecordKind.Reap:
                if (value is null) _reaps.Remove(parsed.Node);
                else _reaps.Add(parsed.Node);
                return true;
            default:
                return ApplyToNode(parsed, value);
        }
    }

    /// <summary>The world's root; null in a world that was never touched.</summary>
    public MirrorNode? Root => this[NodePlace.Root];

    /// <summary>The node at a place, if it is there.</summary>
    public MirrorNode? this[NodePlace place] => _nodes.TryGetValue(place, out MirrorNode? node) && node.Header is not null ? node : null;

    /// <summary>Finds a node by its id.</summary>
    public bool TryFind(NodeId id, [NotNullWhen(true)] out MirrorNode? node)
    {
        ZoneId zone = _locators.TryGetValue(id, out ZoneId moved) ? moved : id.BirthZone;
        node = this[new(id, zone)];
        return node is not null;
    }

    /// <summary>Finds a node by its path from /root.</summary>
    public bool TryFind(string path, [NotNullWhen(true)] out MirrorNode? node)
    {
        node = null;
        if (!ScenePath.TrySplit(path, out string[] names, out _)) return false;
        node = Root;
        foreach (string name in names)
        {
            if (node is null) return false;
            node = ChildOf(node, name);
        }

        return node is not null;
    }

    /// <summary>The child of a name; null if there is none.</summary>
    public MirrorNode? ChildOf(MirrorNode parent, string name) => parent.Entries.TryGetValue(name, out ChildEntry entry) ? this[entry.Child] : null;

    /// <summary>The path of a node from /root; its id if it is detached.</summary>
    public string PathOf(MirrorNode node)
    {
        var names = new Stack<string>();
        for (MirrorNode? at = node; at is not null && names.Count <= SceneTransaction.DepthMax; at = this[at.Header!.Parent])
        {
            if (at.Id == NodeId.Root) return names.Count == 0 ? ScenePath.Root : ScenePath.Root + "/" + string.Join('/', names);
            if (at.Header!.IsRoot) break;
            names.Push(at.Header.Name);
        }

        return node.Id.ToString();
    }

    /// <summary>A node and all below it, in tree order, with their depth below it.</summary>
    public IEnumerable<(MirrorNode Node, int Depth)> Walk(MirrorNode from)
    {
        var stack = new Stack<(MirrorNode, int)>();
        stack.Push((from, 0));
        while (stack.TryPop(out (MirrorNode Node, int Depth) next))
        {
            yield return next;
            IReadOnlyList<NodePlace> children = next.Node.Children;
            for (int i = children.Count - 1; i >= 0; i--)
            {
                if (this[children[i]] is { } child && next.Depth < SceneTransaction.DepthMax) stack.Push((child, next.Depth + 1));
            }
        }
    }

    private bool ApplyToNode(SceneKey parsed, byte[]? value)
    {
        NodeHeader? header = null;
        ChildEntry entry = default;
        if (value is not null && parsed.Kind == RecordKind.Header && !NodeHeader.TryDecode(value, out header)) return false;
        if (value is not null && parsed.Kind == RecordKind.Child && !ChildEntry.TryDecode(value, out entry)) return false;
        if (!_nodes.TryGetValue(parsed.Node, out MirrorNode? node))
        {
            if (value is null) return true;
            _nodes.Add(parsed.Node, node = new(parsed.Node));
        }

        switch (parsed.Kind)
        {
            case RecordKind.Header:
                if (node.Header is not null) Count--;
                node.Header = header;
                if (header is not null) Count++;
                break;
            case RecordKind.Child:
                node.ForgetOrder();
                if (value is null) node.Entries.Remove(parsed.Name);
                else node.Entries[parsed.Name] = entry;
                break;
            case RecordKind.Property:
                Set(node.Properties, parsed.Name, value);
                break;
            default:
                Set(node.Attachments, parsed.Name, value);
                break;
        }

        if (node.IsEmpty) _nodes.Remove(parsed.Node);
        return true;
    }

    private static void Set(SortedDictionary<string, byte[]> values, string name, byte[]? value)
    {
        if (value is null) values.Remove(name);
        else values[name] = value;
    }
}
