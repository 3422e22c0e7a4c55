namespace Banyan.Server.Demo;

/// <summary>What the demo ends with.</summary>
/// <param name="Servers">Server processes.</param>
/// <param name="Ranges">Ranges of the world.</param>
/// <param name="Nodes">Scene nodes in the end.</param>
/// <param name="Commits">Transactions that the two clients were told are committed.</param>
/// <param name="CrossRangeCommits">Of these, on more than one range.</param>
/// <param name="ResumedMs">From the kill to the first acknowledged write, begun after it, on a range that the dead server led.</param>
/// <param name="AckedLost">Acknowledged writes that a watcher did not see once, or that the tree does not hold.</param>
/// <param name="TreesEqual">Whether all servers hold the same at one timestamp.</param>
/// <param name="TreeHash">Over the scene at that timestamp.</param>
/// <param name="CommitMedianMs">Half of the commits took less.</param>
/// <param name="CommitP99Ms">All but one in a hundred took less.</param>
/// <param name="Ambiguous">Transactions whose outcome no server could tell.</param>
/// <param name="Unavailable">Transactions that ran out of time.</param>
internal sealed record DemoResult(
    int Servers, int Ranges, int Nodes, long Commits, long CrossRangeCommits, double ResumedMs, long AckedLost, bool TreesEqual, string TreeHash,
    double CommitMedianMs, double CommitP99Ms, long Ambiguous, long Unavailable)
{
    /// <summary>Nothing was lost, and all servers agree.</summary>
    public bool IsGood => AckedLost == 0 && TreesEqual;
}
