namespace Banyan.Raft.Tests.Cluster;

/// <summary>Ways in which a host may break its contract with <see cref="RaftGroup"/>: the checker must notice each.</summary>
[Flags]
internal enum ClusterFaults
{
    None = 0,

    /// <summary>The vote is not there after a restart.</summary>
    ForgetsVote = 1,

    /// <summary>Answers to appends leave before the flush, and the leader counts itself before it.</summary>
    AcknowledgesBeforeFlush = 2,

    /// <summary>Votes, and requests for them, leave before the flush.</summary>
    VotesBeforeFlush = 32,

    /// <summary>The promise to a leader is not there after a restart.</summary>
    ForgetsPromise = 4,

    /// <summary>The log loses its last durable entry at a restart.</summary>
    LosesLastEntry = 8,

    /// <summary>The clock of the supporter runs ahead: support is withdrawn before it has expired.</summary>
    WithdrawsSupportEarly = 16,
}
