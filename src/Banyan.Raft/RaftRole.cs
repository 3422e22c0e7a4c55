namespace Banyan.Raft;

/// <summary>What a member is at the moment.</summary>
public enum RaftRole
{
    /// <summary>Takes entries from a leader, or waits for one.</summary>
    Follower,

    /// <summary>Asks whether an election could succeed, without starting a term (pre-vote).</summary>
    PreCandidate,

    /// <summary>Stands for election.</summary>
    Candidate,

    /// <summary>Makes entries.</summary>
    Leader,
}
