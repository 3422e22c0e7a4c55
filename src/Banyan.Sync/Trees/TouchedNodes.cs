using Banyan.Kv.Ranges;
using Banyan.Scene.Records;

namespace Banyan.Sync.Trees;

/// <summary>Which nodes a transaction has touched.</summary>
internal sealed class TouchedNodes
{
    public TouchedNodes(ReadOnlySpan<VersionEvent> changes)
    {
        foreach (VersionEvent one in changes)
        {
            if (!SceneKeys.TryParse(one.Key, out SceneKey key)) continue;
            switch (key.Kind)
            {
                case RecordKind.Header:
                    Headers.Add(key.Node.Id);
                    break;
                case RecordKind.Child:
                    Directories.Add(key.Node.Id);
                    break;
                case RecordKind.Property:
                    if (!Properties.TryGetValue(key.Node.Id, out SortedSet<string>? names)) Properties.Add(key.Node.Id, names = new(StringComparer.Ordinal));
                    names.Add(key.Name);
                    break;
            }
        }
    }

    public bool IsEmpty => Headers.Count + Directories.Count + Properties.Count == 0;

    /// <summary>Nodes that have come, gone or moved, or have another authority.</summary>
    public SortedSet<NodeId> Headers { get; } = [];

    /// <summary>Nodes whose children are others, or in another order.</summary>
    public SortedSet<NodeId> Directories { get; } = [];

    /// <summary>Nodes with other properties, and which.</summary>
    public SortedDictionary<NodeId, SortedSet<string>> Properties { get; } = [];

    public bool Touches(TreeShadow shadow) =>
        Headers.Any(shadow.Contains) || Directories.Any(shadow.Contains) || Properties.Keys.Any(shadow.Contains);
}
