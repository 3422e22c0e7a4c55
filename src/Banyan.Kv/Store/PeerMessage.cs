using Banyan.Kv.Leases;
using Banyan.Kv.Ranges;
using Banyan.Kv.Requests;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Store;

/// <summary>What servers send each other. Any of them may be lost, repeated, delayed or overtaken.</summary>
public abstract record PeerMessage
{
    /// <summary>For the Raft group of a range.</summary>
    public sealed record OfRaft(RangeId Range, RaftMessage Message) : PeerMessage;

    /// <summary>Support between servers.</summary>
    public sealed record OfLiveness(LivenessMessage Message) : PeerMessage;

    /// <summary>A request to a leaseholder; the number pairs it with its reply.</summary>
    public sealed record OfRequest(ulong Number, RangeId Range, RequestBody Body) : PeerMessage;

    /// <summary>The answer to a request.</summary>
    public sealed record OfReply(ulong Number, ReplyBody Body) : PeerMessage;

    /// <summary>
    /// In every range that the sender has noted, no write at or below <paramref name="Closed"/> comes after the noted
    /// entry. Only changes are named.
    /// </summary>
    /// <param name="Life">Which life of the sender.</param>
    /// <param name="Sequence">Counts the messages to this receiver in this life, from 1.</param>
    /// <param name="IsAll">Whether all notes follow: earlier ones are void.</param>
    /// <param name="Closed">For all ranges noted.</param>
    /// <param name="Changed">New notes.</param>
    /// <param name="Gone">Ranges that are noted no more.</param>
    public sealed record OfClosed(
        ulong Life, ulong Sequence, bool IsAll, Timestamp Closed, IReadOnlyList<ClosedRange> Changed, IReadOnlyList<RangeId> Gone)
        : PeerMessage;

    /// <summary>The sender has missed an <see cref="OfClosed"/> of that life, and needs all notes.</summary>
    public sealed record OfClosedMissed(ulong Life) : PeerMessage;

    /// <summary>Which ranges there are, and who leads them.</summary>
    public sealed record OfDirectory(IReadOnlyList<DirectoryEntry> Entries) : PeerMessage;

    /// <summary>For what runs above the store: bytes that the store does not look into.</summary>
    public sealed record OfApplication(ReadOnlyMemory<byte> Bytes) : PeerMessage;
}

/// <summary>The last entry of a range when its leaseholder closed a timestamp.</summary>
public readonly record struct ClosedRange(RangeId Range, Term Term, LogIndex Index);

/// <summary>A range, and its leaseholder as far as the sender knows.</summary>
public sealed record DirectoryEntry(RangeDescriptor Descriptor, ServerId Leaseholder, ulong LeaseSequence);
