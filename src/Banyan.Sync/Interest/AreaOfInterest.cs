using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Sync.Interest;

/// <summary>What is near one peer, and what its session has yet to hear of that.</summary>
internal sealed class AreaOfInterest
{
    /// <summary>Where its own node was last; null if it has never had one.</summary>
    public Position? Center { get; set; }

    /// <summary>Nodes with a distance that are within it, or are the peer's own.</summary>
    public HashSet<NodeId> Near { get; set; } = [];

    /// <summary>Peers that it would not know, but which have called it: until when it knows them.</summary>
    public SortedDictionary<int, Timestamp> Met { get; } = [];

    /// <summary>What has changed since it was last taken; null for nothing.</summary>
    public AreaChange? Change { get; private set; }

    /// <summary>What is to be told, to be added to.</summary>
    public AreaChange Pending => Change ??= new();

    /// <summary>Takes what is to be told.</summary>
    public AreaChange? TakeChange()
    {
        AreaChange? change = Change;
        Change = null;
        return change;
    }
}

/// <summary>What has become different for one peer.</summary>
public sealed class AreaChange
{
    /// <summary>Nodes that may have come or gone: see what is so now.</summary>
    public SortedSet<NodeId> Nodes { get; } = [];

    /// <summary>Peers of whom that holds.</summary>
    public SortedSet<int> Peers { get; } = [];
}
