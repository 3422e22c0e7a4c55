using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;

namespace Banyan.Sync.Peers;

/// <summary>What a session has done. Numbers are those of the client's reliable packets; 0 for all others.</summary>
public interface IPeerOutbox : ISessionMemoryWriter
{
    /// <summary>Whether the client remembers for the next gateway what it was told.</summary>
    bool CanResume { get; }

    /// <summary>Whether the client does with nodes what <see cref="Move"/> says.</summary>
    bool CanMove { get; }

    /// <summary>Has the client do something with a node, behind all packets.</summary>
    void Move(NodeMove move);

    /// <summary>Sends a packet to the client, behind all others.</summary>
    void Send(ReadOnlySpan<byte> packet);

    /// <summary>Sends a message of another peer, behind all other packets.</summary>
    void Deliver(int source, uint number, ReadOnlySpan<byte> packet);

    /// <summary>Runs a transaction in the client's name, behind its others.</summary>
    /// <param name="number">Of the packet that asks for it.</param>
    /// <param name="index">Which of the packet's it is, from 1: the same whenever the packet comes again.</param>
    /// <param name="operations">What it does.</param>
    /// <param name="done">Told whether it is made, and the nodes that its operations were about, if that is known; null for nobody.</param>
    void Transact(uint number, int index, IReadOnlyList<SceneOperation> operations, Action<bool, IReadOnlyList<NodeId>>? done = null);

    /// <summary>Something of a packet has to wait.</summary>
    void Hold(uint number);

    /// <summary>It waits no more.</summary>
    void Release(uint number);

    /// <summary>Tells all servers of a synchronizer's state, this one included.</summary>
    void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state);

    /// <summary>Brings a call, or plain bytes, to whom they are for.</summary>
    void Call(RpcCall call);

    /// <summary>The client has, or will never have, all messages of another peer through a number.</summary>
    void Arrived(int source, uint through);
}
