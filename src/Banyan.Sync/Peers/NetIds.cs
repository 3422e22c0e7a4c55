using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>
/// The numbers that packets to a client have for nodes: path cache ids and net ids alike, one for each node. A session that
/// may resume elsewhere has its client remember them. A node that the client has lost gets another number when it comes
/// again: clients remember the old one for what it was.
/// </summary>
/// <remarks>
/// HAZARD: where a client loses a synchronizer that it has numbered itself, Godot forgets that number of all peers. A client
/// counts its own from 1, so these begin far above.
/// </remarks>
public sealed class NetIds
{
    /// <summary>The first number.</summary>
    public const uint First = 1 << 20;

    private readonly Dictionary<NodeId, uint> _ids = [];
    private readonly Dictionary<uint, NodeId> _nodes = [];
    private uint _last = First - 1;

    /// <summary>The number of a node; below 2³¹ and not 0.</summary>
    public uint Of(NodeId node)
    {
        if (_ids.TryGetValue(node, out uint id)) return id;
        Invariant.Holds(_last < int.MaxValue, "net ids do not run out");
        _ids.Add(node, ++_last);
        _nodes.Add(_last, node);
        return _last;
    }

    /// <summary>The number that a node has already.</summary>
    public bool TryGet(NodeId node, out uint id) => _ids.TryGetValue(node, out id);

    /// <summary>The node of a number, if it has not lost it since.</summary>
    public bool TryGetNode(uint id, out NodeId node) => _nodes.TryGetValue(id, out node);

    /// <summary>Whether a number is, or was, a node's.</summary>
    public bool WasGivenOut(uint id) => id >= First && id <= _last;

    /// <summary>Takes a number over from another gateway; false if it is none, or the node has one.</summary>
    public bool TryTakeOver(NodeId node, uint id)
    {
        if (!IsUsable(id) || _nodes.ContainsKey(id) || !_ids.TryAdd(node, id)) return false;
        _nodes.Add(id, node);
        Spend(id);
        return true;
    }

    /// <summary>Never gives a number out again.</summary>
    public void Spend(uint id)
    {
        if (IsUsable(id)) _last = Math.Max(_last, id);
    }

    /// <summary>Forgets a node that the client has lost.</summary>
    public bool Forget(NodeId node) => _ids.Remove(node, out uint id) && _nodes.Remove(id);

    // A client that makes numbers up uses up its own: half of them are left in any case.
    private static bool IsUsable(uint id) => id is >= First and < 1 << 30;
}
