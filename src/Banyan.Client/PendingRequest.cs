using Banyan.Client.Protocol;
using Banyan.Primitives;

namespace Banyan.Client;

/// <summary>A request without its answer yet. It writes itself anew for every connection that it is sent over.</summary>
internal abstract class PendingRequest
{
    /// <summary>The client's number for it.</summary>
    public ulong Number;

    /// <summary>How often it was sent, over whichever connection.</summary>
    public uint Sent;

    /// <summary>The frame, for the next transmission.</summary>
    public abstract void Encode(ByteWriter writer);

    /// <summary>A reply has come. <paramref name="isOver"/>: it needs no further one. False: it cannot be read.</summary>
    public abstract bool OnReply(ReplyKind kind, ReadOnlySpan<byte> rest, out bool isOver);

    /// <summary>Nobody answered in time.</summary>
    public abstract void OnTimeout(string why);
}
