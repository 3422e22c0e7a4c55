using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>What members of a group say to each other.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The sender's term; for pre-votes the term that would be.</param>
public abstract record RaftMessage(ServerId From, ServerId To, Term Term);

/// <summary>A leader's entries after <paramref name="PrevIndex"/>, or none, to be heard.</summary>
public sealed record AppendEntries(
    ServerId From, ServerId To, Term Term, LogIndex PrevIndex, Term PrevTerm, IReadOnlyList<LogEntry> Entries, LogIndex Commit)
    : RaftMessage(From, To, Term);

/// <summary>The answer to an append or a snapshot.</summary>
/// <param name="From">The follower.</param>
/// <param name="To">The leader.</param>
/// <param name="Term">The follower's.</param>
/// <param name="Success">Whether the follower's log had the previous entry.</param>
/// <param name="Index">
/// On success: durable and equal to the leader's log up to here. Otherwise: the previous index that was refused.
/// </param>
/// <param name="HintIndex">When refused: the last place at which the logs could agree.</param>
/// <param name="HintTerm">When refused: the follower's term at that place.</param>
/// <param name="Commit">What the follower knows to be committed.</param>
/// <param name="SupportEpoch">The epoch under which it has promised, durably, to vote for nobody else; 0 for none.</param>
public sealed record AppendEntriesReply(
    ServerId From, ServerId To, Term Term, bool Success, LogIndex Index, LogIndex HintIndex, Term HintTerm, LogIndex Commit,
    ulong SupportEpoch)
    : RaftMessage(From, To, Term);

/// <summary>A candidate asks for a vote.</summary>
/// <param name="From">The candidate.</param>
/// <param name="To">The voter.</param>
/// <param name="Term">In which it would lead.</param>
/// <param name="LastIndex">Its last entry.</param>
/// <param name="LastTerm">That entry's term.</param>
/// <param name="PreVote">Only a question: nothing changes.</param>
/// <param name="LeaderTransfer">The leader itself has asked for this and has stepped down: its lease does not stand in the way.</param>
public sealed record RequestVote(
    ServerId From, ServerId To, Term Term, LogIndex LastIndex, Term LastTerm, bool PreVote, bool LeaderTransfer)
    : RaftMessage(From, To, Term);

/// <summary>A vote, or its refusal.</summary>
public sealed record RequestVoteReply(ServerId From, ServerId To, Term Term, bool Granted, bool PreVote)
    : RaftMessage(From, To, Term);

/// <summary>The state in place of entries that the leader no longer has.</summary>
public sealed record InstallSnapshot(ServerId From, ServerId To, Term Term, RaftSnapshot Snapshot) : RaftMessage(From, To, Term);

/// <summary>The leader has stepped down for the receiver, which is to campaign at once (Raft thesis, 3.10).</summary>
public sealed record TimeoutNow(ServerId From, ServerId To, Term Term) : RaftMessage(From, To, Term);
