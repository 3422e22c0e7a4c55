using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Sync.Peers;

/// <summary>What a session has done.</summary>
public interface IPeerOutbox
{
    /// <summary>Sends a packet to the client, behind all others.</summary>
    void Send(ReadOnlySpan<byte> packet);

    /// <summary>Runs a transaction in the client's name, behind its others.</summary>
    void Transact(IReadOnlyList<SceneOperation> operations);

    /// <summary>Tells all servers of a synchronizer's state, this one included.</summary>
    void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state);

    /// <summary>Brings a call to whom it is for.</summary>
    void Call(RpcCall call);

    /// <summary>Brings bytes to another peer, or to the game's own code (peer 1).</summary>
    void SendRaw(int to, ReadOnlySpan<byte> bytes);
}
