using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Server.Games;

/// <summary>What the servers' Godot hosts send each other.</summary>
internal static class GodotMessage
{
    public enum Kind : byte
    {
        /// <summary>A state: synchronizer, authority epoch, bytes.</summary>
        State = 1,

        /// <summary>A call: from, to, node, packet.</summary>
        Call = 2,

        /// <summary>Bytes from a peer to another: from, to, bytes.</summary>
        Raw = 3,
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
        writer.Bytes(call.Packet.Span);
    }

    public static void WriteRaw(ByteWriter writer, int from, int to, ReadOnlySpan<byte> bytes)
    {
        writer.Byte((byte)Kind.Raw);
        writer.UInt32((uint)from);
        writer.UInt32((uint)to);
        writer.Bytes(bytes);
    }
}
