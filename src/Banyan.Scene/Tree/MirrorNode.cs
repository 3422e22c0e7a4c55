using Banyan.Scene.Records;

namespace Banyan.Scene.Tree;

/// <summary>One node of a <see cref="SceneMirror"/>.</summary>
public sealed class MirrorNode
{
    private List<NodePlace>? _ordered;

    internal MirrorNode(NodePlace place) => Place = place;

    /// <summary>Its id and the zone it is in.</summary>
    public NodePlace Place { get; }

    /// <summary>Its id.</summary>
    public NodeId Id => Place.Id;

    /// <summary>Null only within a half-applied batch, or in a broken tree.</summary>
    public NodeHeader? Header { get; internal set; }

    /// <summary>Properties by name, in the form of <see cref="PropertyValue"/>.</summary>
    public SortedDictionary<string, byte[]> Properties { get; } = new(StringComparer.Ordinal);

    /// <summary>Attachments by name.</summary>
    public SortedDictionary<string, byte[]> Attachments { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, ChildEntry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>The children in tree order.</summary>
    public IReadOnlyList<NodePlace> Children
    {
        get
        {
            if (_ordered is not null) return _ordered;
            var entries = new List<ChildEntry>(Entries.Values);
            entries.Sort();
            return _ordered = [.. entries.Select(e => e.Child)];
        }
    }

    internal bool IsEmpty => Header is null && Properties.Count == 0 && Attachments.Count == 0 && Entries.Count == 0;

    internal void ForgetOrder() => _ordered = null;
}
