using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>What a member has just done. Each is an action of specs/log-replication.</summary>
public enum RaftStep : byte
{
    /// <summary>Began from what was durable. <see cref="RaftEvent.Server"/> is its vote.</summary>
    Restart,

    /// <summary>Saw a higher term.</summary>
    LearnTerm,

    /// <summary>Gave up its office or candidacy in the same term.</summary>
    StepDown,

    /// <summary>Became a candidate.</summary>
    Campaign,

    /// <summary>Voted for <see cref="RaftEvent.Server"/>; the answer waits for the flush.</summary>
    Vote,

    /// <summary>Won an election and appended the term's first entry.</summary>
    BecomeLeader,

    /// <summary>Appended an entry as leader.</summary>
    Propose,

    /// <summary>Took a leader's entries, maybe none; the answer waits for the flush.</summary>
    Accept,

    /// <summary>Put a snapshot in place of its log.</summary>
    Install,

    /// <summary>As leader, found that a quorum has an entry durably.</summary>
    Commit,

    /// <summary>Handed everything over for writing.</summary>
    Write,

    /// <summary>A write, and all before it, is durable: what waited for it leaves.</summary>
    Flush,

    /// <summary>Its state was captured for a checkpoint, which may become durable at any later time.</summary>
    Checkpoint,
}

/// <summary>One step of one member, for a trace. What does not matter for a step is zero.</summary>
/// <param name="Step">What was done.</param>
/// <param name="Term">The member's, afterwards; for a write the durable one.</param>
public readonly record struct RaftEvent(RaftStep Step, Term Term)
{
    /// <summary>The candidate that was voted for.</summary>
    public ServerId Server { get; init; }

    /// <summary>The entry before those that were taken.</summary>
    public LogIndex Previous { get; init; }

    /// <summary>The last entry that this is about.</summary>
    public LogIndex Last { get; init; }

    /// <summary>That entry's term.</summary>
    public Term LastTerm { get; init; }

    /// <summary>A commit index: the leader's for entries that were taken, else the member's own.</summary>
    public LogIndex Commit { get; init; }

    /// <summary>Which write, counted from 1 in each life.</summary>
    public ulong Write { get; init; }
}
