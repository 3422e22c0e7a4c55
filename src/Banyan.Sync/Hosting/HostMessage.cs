using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Hosting;

/// <summary>What the servers' Godot hosts send each other.</summary>
internal static class HostMessage
{
    public enum Kind : byte
    {
        /// <summary>A state: synchronizer, authority epoch, bytes.</summary>
        State = 1,

        /// <summary>A call: from, to, node, number, previous, packet.</summary>
        Call = 2,

        /// <summary>What has arrived: source, receiver, number.</summary>
        Arrived = 3,
    }

    public static void WriteState(ByteWriter writer, NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state)
    {
        writer.Byte((byte)Kind.State);
        writer.Number(synchronizer.Value);
        writer.Number(authorityEpoch);
        writer.Bytes(state);
    }

    public static void WriteCall(ByteWriter writer, RpcCall call)
    {
        writer.Byte((byte)Kind.Call);
        writer.UInt32((uint)call.From);
        writer.UInt32((uint)call.To);
        writer.Number(call.Node.Value);
        writer.Number(call.Number);
        writer.Number(call.Previous);
        writer.Bytes(call.Packet.Span);
    }

    public static void WriteArrived(ByteWriter writer, int source, int to, uint through)
    {
        writer.Byte((byte)Kind.Arrived);
        writer.UInt32((uint)source);
        writer.UInt32((uint)to);
        writer.Number(through);
    }
}
