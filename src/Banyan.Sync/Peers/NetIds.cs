using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>
/// The numbers that packets have for nodes: path cache ids and net ids alike, one for each node and all clients of this
/// server. A node that clients have lost gets another when it comes again: they remember the old one for what it was.
/// </summary>
public sealed class NetIds
{
    private readonly Dictionary<NodeId, uint> _ids = [];
    private uint _last;

    /// <summary>The number of a node; below 2³¹ and not 0.</summary>
    public uint Of(NodeId node)
    {
        if (_ids.TryGetValue(node, out uint id)) return id;
        Invariant.Holds(_last < int.MaxValue, "net ids do not run out");
        _ids.Add(node, ++_last);
        return _last;
    }

    /// <summary>Forgets a node that clients have lost.</summary>
    public void Forget(NodeId node) => _ids.Remove(node);
}
