using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Code;

/// <summary>Calls of the game's code for peers: they are numbered, and sent again until they have arrived.</summary>
internal sealed class CodeCalls(ICodeEdge edge, CodeRecord record)
{
    private readonly Outstanding _outstanding = new();
    private ulong _last = record.Numbers - CodeRecord.NumbersBlock;
    private ulong _reserved = record.Numbers;

    /// <summary>Whether more numbers have to be reserved soon.</summary>
    public bool WantsNumbers => _reserved - _last < CodeRecord.NumbersBlock / 2;

    /// <summary>More have been.</summary>
    public void Reserve(ulong through) => _reserved = through;

    /// <summary>Sends a call, or plain bytes, to each peer.</summary>
    public void Send(IEnumerable<int> peers, NodeId node, ReadOnlyMemory<byte> packet)
    {
        // While numbers are being reserved it goes without: at most once.
        uint number = _last < Math.Min(_reserved, uint.MaxValue) ? (uint)++_last : 0;
        foreach (int peer in peers)
        {
            var call = new RpcCall(PeerSession.Cluster, peer, node, packet);
            edge.Send(number != 0 ? _outstanding.Send(call with { Number = number }, edge.Now) : call);
        }
    }

    /// <summary>Sends again what has not been answered for too long.</summary>
    public void Tick()
    {
        foreach (RpcCall call in _outstanding.Overdue(edge.Now).ToList()) edge.Send(call);
    }

    /// <summary>A peer has all through a number.</summary>
    public void OnArrived(int peer, uint through) => _outstanding.OnArrived(peer, through);

    /// <summary>A peer is connected to another server now.</summary>
    public void OnMoved(int peer)
    {
        foreach (RpcCall call in _outstanding.Again(peer, edge.Now).ToList()) edge.Send(call);
    }

    /// <summary>A peer has gone.</summary>
    public void OnGone(int peer) => _outstanding.OnGone(peer);
}
