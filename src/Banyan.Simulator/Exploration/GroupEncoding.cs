using System.Runtime.CompilerServices;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Simulator.Exploration;

/// <summary>All of a group's state on which its behaviour in an exploration depends.</summary>
/// <remarks>
/// Left out is what cannot make a difference there: timers and the random numbers that set them, since the exploration
/// says when a timer runs out; what a leader knows of others while it does not lead, since an election begins it anew; the
/// messages that wait, since the host has taken them. <see cref="Fields"/> says of every field where it is.
/// </remarks>
internal static class GroupEncoding
{
    /// <summary>The fields of a group by name, with the reason if one is left out; a test compares this with the class.</summary>
    public static readonly IReadOnlyDictionary<string, string> Fields = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["<Trace>k__BackingField"] = "only told, never asked",
        ["_options"] = "equal for all",
        ["_liveness"] = "stateless here",
        ["_random"] = "only sets timers",
        ["_log"] = "",
        ["_progress"] = "",
        ["_followers"] = "the same objects as in _progress",
        ["_configuration"] = "fixed",
        ["_messagesNow"] = "empty, the host has taken them",
        ["_messagesAfterFlush"] = "empty, the host has taken them",
        ["_snapshotRequests"] = "empty, the host has taken them",
        ["_snapshotToInstall"] = "nothing is compacted here",
        ["_written"] = "",
        ["_vote"] = "in HardState",
        ["_promisedTo"] = "in HardState",
        ["_promisedEpoch"] = "in HardState",
        ["<Self>k__BackingField"] = "told apart by the part",
        ["<Role>k__BackingField"] = "",
        ["<Term>k__BackingField"] = "in HardState",
        ["<Leader>k__BackingField"] = "",
        ["_votes"] = "",
        ["_electionElapsed"] = "a timer: runs out when the exploration says so, and has then reached the least timeout",
        ["_electionTimeout"] = "a timer",
        ["_campaignForTransfer"] = "nobody hands over the lead here",
        ["_ticksWithoutWord"] = "only with store liveness",
        ["_uncommittedBytes"] = "far from its limit",
        ["_ticksWithoutQuorum"] = "",
        ["_heartbeatElapsed"] = "far from its limit",
        ["_checkElapsed"] = "",
        ["_leadSupportedUntil"] = "only with store liveness",
        ["_writes"] = "numbers what is written, for a trace",
    };

    public static void Encode(RaftGroup group, ByteWriter writer)
    {
        writer.Byte((byte)group.Role);
        writer.Number(group.Leader.Value);
        Encode(group.HardState, writer);
        Encode(Written(group), writer);
        RaftLogState log = group.CaptureLog();
        Invariant.Holds(log.CompactedIndex == LogIndex.Zero);
        writer.Number(log.AppliedIndex.Value);
        RaftMessageCodec.EncodeEntries(log.Entries, writer);
        if (group.Role != RaftRole.Follower)
        {
            writer.Number((ulong)Votes(group).Count);
            foreach ((ServerId server, bool granted) in Votes(group))
            {
                writer.Number(server.Value);
                writer.Bool(granted);
            }
        }

        if (group.Role != RaftRole.Leader) return;
        writer.Number((ulong)TicksWithoutQuorum(group));
        writer.Number((ulong)CheckElapsed(group));
        foreach (Progress progress in ProgressOf(group).Values)
        {
            writer.Byte((byte)progress.State);
            writer.Number(progress.Match.Value);
            writer.Number(progress.Next.Value);
            writer.Number(progress.CommitKnown.Value);
            writer.Number(progress.CommitSent.Value);
            writer.Number((ulong)progress.TicksWaiting);
            writer.Bool(progress.IsActive);
            writer.Bool(progress.IsPaused);
            writer.Number((ulong)InFlight(progress).Count);
            foreach ((LogIndex last, int bytes) in InFlight(progress))
            {
                writer.Number(last.Value);
                writer.Number((ulong)bytes);
            }
        }
    }

    private static void Encode(HardState state, ByteWriter writer)
    {
        writer.Number(state.Term.Value);
        writer.Number(state.Vote.Value);
        writer.Number(state.Commit.Value);
        writer.Number(state.Leader.Value);
        writer.Number(state.SupportEpoch);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_written")]
    private static extern ref HardState Written(RaftGroup group);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_votes")]
    private static extern ref SortedDictionary<ServerId, bool> Votes(RaftGroup group);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_progress")]
    private static extern ref SortedDictionary<ServerId, Progress> ProgressOf(RaftGroup group);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_ticksWithoutQuorum")]
    private static extern ref int TicksWithoutQuorum(RaftGroup group);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_checkElapsed")]
    private static extern ref int CheckElapsed(RaftGroup group);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_inFlight")]
    private static extern ref Queue<(LogIndex Last, int Bytes)> InFlight(Progress progress);
}
