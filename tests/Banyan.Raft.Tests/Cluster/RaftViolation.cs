namespace Banyan.Raft.Tests.Cluster;

/// <summary>A claim of the Raft paper, or of ours, does not hold.</summary>
internal sealed class RaftViolation(string claim, string detail) : Exception($"{claim}: {detail}")
{
    public string Claim { get; } = claim;
}
