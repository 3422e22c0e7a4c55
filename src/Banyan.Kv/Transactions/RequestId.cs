using Banyan.Primitives;

namespace Banyan.Kv.Transactions;

/// <summary>What a client asked for, once: a retry through another server carries the same id and is not applied again.</summary>
/// <param name="Client">The client's session; never 0.</param>
/// <param name="Sequence">Counts the session's transactions up from 1.</param>
/// <param name="Try">Counts retries through other servers; a fence bars the tries before it.</param>
public readonly record struct RequestId(ulong Client, ulong Sequence, uint Try = 0) : IComparable<RequestId>
{
    /// <summary>No request: nobody will retry it.</summary>
    public static readonly RequestId None;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => Client == 0;

    /// <summary>Whether both are tries of the same request.</summary>
    public bool IsSameRequest(RequestId other) => Client == other.Client && Sequence == other.Sequence;

    /// <inheritdoc/>
    public int CompareTo(RequestId other)
    {
        int byClient = Client.CompareTo(other.Client);
        return byClient != 0 ? byClient : Sequence.CompareTo(other.Sequence);
    }

    /// <inheritdoc/>
    public override string ToString() => $"c{Client:x}#{Sequence}";

    internal void Encode(ByteWriter writer)
    {
        writer.UInt64(Client);
        writer.Number(Sequence);
        writer.Number(Try);
    }

    internal static RequestId Decode(ref ByteReader reader) => new(reader.UInt64(), reader.Number(), (uint)reader.Number());
}
