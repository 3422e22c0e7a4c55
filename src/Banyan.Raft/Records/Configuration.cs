using System.Collections.Immutable;
using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>Who belongs to a group (Raft paper, 6). While it is joint, decisions need a majority of both halves.</summary>
/// <param name="Voters">The (new) voters.</param>
/// <param name="OutgoingVoters">The old voters during a change; otherwise empty.</param>
/// <param name="Learners">Receive the log and do not vote.</param>
public sealed record Configuration(
    ImmutableArray<ServerId> Voters, ImmutableArray<ServerId> OutgoingVoters, ImmutableArray<ServerId> Learners)
{
    /// <summary>Whether two majorities are needed.</summary>
    public bool IsJoint => !OutgoingVoters.IsDefaultOrEmpty;

    /// <summary>Whether a server votes.</summary>
    public bool IsVoter(ServerId server) => Voters.Contains(server) || (IsJoint && OutgoingVoters.Contains(server));

    /// <summary>Whether a server belongs to the group in any way.</summary>
    public bool Contains(ServerId server) => IsVoter(server) || (!Learners.IsDefaultOrEmpty && Learners.Contains(server));

    /// <summary>Whether those that <paramref name="has"/> accepts are a quorum.</summary>
    public bool IsQuorum(Func<ServerId, bool> has) =>
        IsMajority(Voters, has) && (!IsJoint || IsMajority(OutgoingVoters, has));

    /// <summary>All members once, in order of their ids.</summary>
    public ImmutableArray<ServerId> Members()
    {
        IEnumerable<ServerId> all = Voters;
        if (IsJoint) all = all.Concat(OutgoingVoters);
        if (!Learners.IsDefaultOrEmpty) all = all.Concat(Learners);
        return [.. all.Distinct().Order()];
    }

    private static bool IsMajority(ImmutableArray<ServerId> voters, Func<ServerId, bool> has)
    {
        int count = 0;
        foreach (ServerId voter in voters)
        {
            if (has(voter)) count++;
        }

        return count * 2 > voters.Length;
    }
}
