using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>
/// What one client had from its scene files and has freed on our word: it cannot have that again, though the tree may come to
/// have something at the same place.
/// </summary>
internal sealed class FreedNodes
{
    private readonly SortedDictionary<NodeId, SortedSet<string>> _paths = [];

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => _paths.Count == 0;

    /// <summary>With what the client got them.</summary>
    public IReadOnlyCollection<NodeId> Anchors => _paths.Keys;

    /// <summary>Notes a node; false if it was freed before, itself or with what it stood below.</summary>
    /// <param name="anchor">With what the client got it.</param>
    /// <param name="below">Where below that.</param>
    public bool TryAdd(NodeId anchor, string below)
    {
        if (Contains(anchor, below)) return false;
        if (!_paths.TryGetValue(anchor, out SortedSet<string>? paths)) _paths.Add(anchor, paths = new(StringComparer.Ordinal));
        return paths.Add(below);
    }

    /// <summary>Whether the client has freed a node, or what it would stand below.</summary>
    public bool Contains(NodeId anchor, string below)
    {
        if (!_paths.TryGetValue(anchor, out SortedSet<string>? paths)) return false;
        for (int end = below.Length; end > 0; end = below.LastIndexOf('/', end - 1))
        {
            if (paths.Contains(below[..end])) return true;
        }

        return false;
    }

    /// <summary>The client has lost the anchor itself; the paths that were noted for it.</summary>
    public IReadOnlyCollection<string> Forget(NodeId anchor) => _paths.Remove(anchor, out SortedSet<string>? paths) ? paths : [];
}
