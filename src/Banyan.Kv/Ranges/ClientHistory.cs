using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Ranges;

/// <summary>What a client's request came to on this range.</summary>
public readonly record struct RequestOutcome(ulong Sequence, Timestamp Timestamp, ReadOnlyMemory<byte> Reply);

/// <summary>
/// The one-range commits of one client on one range that it may still ask about, and the requests that are fenced off.
/// </summary>
/// <remarks>
/// A client says with each request which answers it has; those are dropped, so the list is as long as what the client
/// has in flight. A sequence at or below <see cref="AcknowledgedThrough"/> is an old duplicate and never applied.
/// </remarks>
public sealed class ClientHistory
{
    /// <summary>The client has the answers to its requests up to here.</summary>
    public ulong AcknowledgedThrough { get; private set; }

    /// <summary>When the client was last heard of, for forgetting those that are gone.</summary>
    public Timestamp LastSeen { get; set; }

    /// <summary>Committed requests that are not acknowledged, ascending.</summary>
    public List<RequestOutcome> Outcomes { get; } = [];

    /// <summary>Requests whose early tries must not take effect any more.</summary>
    public List<(ulong Sequence, uint BelowTry)> Fenced { get; } = [];

    /// <summary>Notes that a request is committed, unless the client has the answer already.</summary>
    public void Add(RequestOutcome outcome)
    {
        if (outcome.Sequence <= AcknowledgedThrough || TryGet(outcome.Sequence, out _)) return;
        Outcomes.Insert(PositionFrom(outcome.Sequence), outcome);
    }

    /// <summary>Bars the tries of a request before one.</summary>
    public void Fence(RequestId request)
    {
        int at = Fenced.FindIndex(f => f.Sequence == request.Sequence);
        if (at < 0) Fenced.Add((request.Sequence, request.Try));
        else Fenced[at] = (request.Sequence, Math.Max(Fenced[at].BelowTry, request.Try));
    }

    /// <summary>Whether this try is barred.</summary>
    public bool IsFenced(RequestId request)
    {
        foreach ((ulong sequence, uint belowTry) in Fenced)
        {
            if (sequence == request.Sequence) return request.Try < belowTry;
        }

        return false;
    }

    /// <summary>Drops what the client has the answers to.</summary>
    public void Acknowledge(ulong through)
    {
        if (through <= AcknowledgedThrough) return;
        AcknowledgedThrough = through;
        Outcomes.RemoveRange(0, PositionFrom(through + 1));
        if (Fenced.Count > 0) Fenced.RemoveAll(f => f.Sequence <= through);
    }

    /// <summary>The outcome of a request that is committed and not acknowledged.</summary>
    public bool TryGet(ulong sequence, out RequestOutcome outcome)
    {
        int at = PositionFrom(sequence);
        bool found = at < Outcomes.Count && Outcomes[at].Sequence == sequence;
        outcome = found ? Outcomes[at] : default;
        return found;
    }

    private int PositionFrom(ulong sequence)
    {
        int low = 0;
        int high = Outcomes.Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (Outcomes[middle].Sequence < sequence) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    internal void Encode(ByteWriter writer)
    {
        writer.Number(AcknowledgedThrough);
        writer.Timestamp(LastSeen);
        writer.Number((ulong)Outcomes.Count);
        foreach (RequestOutcome outcome in Outcomes)
        {
            writer.Number(outcome.Sequence);
            writer.Timestamp(outcome.Timestamp);
            writer.Bytes(outcome.Reply.Span);
        }

        writer.Number((ulong)Fenced.Count);
        foreach ((ulong sequence, uint belowTry) in Fenced)
        {
            writer.Number(sequence);
            writer.Number(belowTry);
        }
    }

    internal static ClientHistory Decode(ref ByteReader reader)
    {
        var history = new ClientHistory { AcknowledgedThrough = reader.Number(), LastSeen = reader.Timestamp() };
        int outcomes = reader.Count(bytesEach: 10);
        for (int i = 0; i < outcomes; i++)
            history.Outcomes.Add(new(reader.Number(), reader.Timestamp(), reader.Bytes().ToArray()));
        int fenced = reader.Count(bytesEach: 2);
        for (int i = 0; i < fenced; i++) history.Fenced.Add((reader.Number(), (uint)reader.Number()));
        return history;
    }
}
