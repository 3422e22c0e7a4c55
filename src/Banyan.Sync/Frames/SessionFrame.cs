using Banyan.Primitives;

namespace Banyan.Sync.Frames;

/// <summary>The subprotocol of sessions that outlive their gateway: docs/godot-sessions.md.</summary>
public static class SessionFrame
{
    /// <summary>What a client offers when it connects.</summary>
    public const string Subprotocol = "banyan.v1";

    /// <summary>Of the frames.</summary>
    public const int Version = 1;

    /// <summary>Bytes that a frame may have beyond the packet in it.</summary>
    public const int HeaderBytesMax = 9;

    /// <summary>A packet that may be lost, either way.</summary>
    public static void WritePacket(ByteWriter writer, ReadOnlySpan<byte> packet)
    {
        writer.Byte((byte)ClientFrameKind.Packet);
        writer.Raw(packet);
    }

    /// <summary>A client's reliable packet.</summary>
    public static void WriteNumbered(ByteWriter writer, uint number, ReadOnlySpan<byte> packet)
    {
        writer.Byte((byte)ClientFrameKind.Numbered);
        writer.UInt32(number);
        writer.Raw(packet);
    }

    /// <summary>A gateway's: a reliable message of another peer.</summary>
    public static void WriteNumbered(ByteWriter writer, int source, uint number, ReadOnlySpan<byte> packet)
    {
        writer.Byte((byte)GatewayFrameKind.Numbered);
        writer.UInt32((uint)source);
        writer.UInt32(number);
        writer.Raw(packet);
    }

    /// <summary>What has arrived of each source.</summary>
    public static void WriteHeard(ByteWriter writer, IEnumerable<KeyValuePair<int, uint>> heard)
    {
        writer.Byte((byte)ClientFrameKind.Heard);
        foreach ((int source, uint number) in heard)
        {
            writer.UInt32((uint)source);
            writer.UInt32(number);
        }
    }

    /// <summary>Through which packet of the client everything is done.</summary>
    public static void WriteDone(ByteWriter writer, uint number)
    {
        writer.Byte((byte)GatewayFrameKind.Done);
        writer.UInt32(number);
    }

    /// <summary>Why the gateway ends it.</summary>
    public static void WriteGoodbye(ByteWriter writer, bool isFinal, ReadOnlySpan<byte> reason)
    {
        writer.Byte((byte)GatewayFrameKind.Goodbye);
        writer.Bool(isFinal);
        writer.Raw(reason);
    }

    /// <summary>Reads entries of source and number; false if they are not of this form, or too many.</summary>
    public static bool TryReadHeard(ReadOnlySpan<byte> bytes, int countMax, List<KeyValuePair<int, uint>> heard)
    {
        var reader = new ByteReader(bytes);
        while (!reader.IsAtEnd)
        {
            heard.Add(new((int)reader.UInt32(), reader.UInt32()));
            if (reader.Failed || heard.Count > countMax) return false;
        }

        return true;
    }
}

/// <summary>The first byte of a client's frame.</summary>
public enum ClientFrameKind : byte
{
    /// <summary>Who it is.</summary>
    Hello = 1,

    /// <summary>A packet that may be lost.</summary>
    Packet = 2,

    /// <summary>A reliable packet.</summary>
    Numbered = 3,

    /// <summary>What has arrived.</summary>
    Heard = 4,

    /// <summary>Wants a pong.</summary>
    Ping = 5,

    /// <summary>Leaves for good.</summary>
    Bye = 6,

    /// <summary>About a mirrored subtree.</summary>
    Tree = 7,
}

/// <summary>The first byte of a gateway's frame.</summary>
public enum GatewayFrameKind : byte
{
    /// <summary>The session is open.</summary>
    Welcome = 1,

    /// <summary>A packet.</summary>
    Packet = 2,

    /// <summary>A reliable message of another peer.</summary>
    Numbered = 3,

    /// <summary>What has taken effect.</summary>
    Done = 4,

    /// <summary>Answers a ping.</summary>
    Pong = 5,

    /// <summary>What to keep for the next gateway, and a packet.</summary>
    Remember = 6,

    /// <summary>The end.</summary>
    Goodbye = 7,

    /// <summary>About a mirrored subtree.</summary>
    Tree = 8,

    /// <summary>What to keep for the next gateway, and what is to be done with a node, in its place among the packets.</summary>
    Move = 9,
}
