using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>The nodes whose paths one client was told, each in the name of a peer, and whether it has confirmed them.</summary>
internal sealed class AnnouncedPaths
{
    private readonly SortedDictionary<int, SortedDictionary<NodeId, bool>> _bySource = [];
    private readonly Dictionary<NodeId, int> _counts = []; // in how many names; most nodes that go were told in none

    /// <summary>In whose names there are any, in order.</summary>
    public IReadOnlyCollection<int> Sources => _bySource.Keys;

    /// <summary>Whether a node was told in a peer's name.</summary>
    public bool TryGet(int source, NodeId node, out bool isConfirmed)
    {
        isConfirmed = false;
        return _bySource.TryGetValue(source, out SortedDictionary<NodeId, bool>? nodes) && nodes.TryGetValue(node, out isConfirmed);
    }

    /// <summary>Notes that it is told, or confirmed.</summary>
    public void Set(int source, NodeId node, bool isConfirmed)
    {
        if (!_bySource.TryGetValue(source, out SortedDictionary<NodeId, bool>? nodes)) _bySource.Add(source, nodes = []);
        if (!nodes.ContainsKey(node)) _counts[node] = _counts.GetValueOrDefault(node) + 1;
        nodes[node] = isConfirmed;
    }

    /// <summary>Forgets one; false if there was none.</summary>
    public bool Remove(int source, NodeId node)
    {
        if (!_bySource.TryGetValue(source, out SortedDictionary<NodeId, bool>? nodes) || !nodes.Remove(node)) return false;
        if (nodes.Count == 0) _bySource.Remove(source);
        if (--_counts[node] == 0) _counts.Remove(node);
        return true;
    }

    /// <summary>The nodes that were told in a peer's name.</summary>
    public IReadOnlyList<NodeId> Of(int source) => _bySource.TryGetValue(source, out SortedDictionary<NodeId, bool>? nodes) ? [.. nodes.Keys] : [];

    /// <summary>In whose names a node was told.</summary>
    public IReadOnlyList<int> SourcesOf(NodeId node) => _counts.ContainsKey(node) ? [.. _bySource.Where(s => s.Value.ContainsKey(node)).Select(s => s.Key)] : [];
}
