namespace Banyan.Bench.Commit;

/// <summary>What no commit can be quicker than, from the delays alone: nothing of the system goes into it.</summary>
/// <remarks>
/// <code>
/// commit = max over ranges written of (RTT coordinator ↔ leaseholder + replication of the leaseholder)
/// replication = majority-th smallest over all servers of (RTT leaseholder ↔ replica + flush)
/// </code>
/// The leaseholder's own replica has a round trip of 0 and is counted after its own flush. Every server holds a replica
/// of every range. Source: design, "What we measure against".
/// </remarks>
/// <param name="oneWay">One way from row to column, microseconds.</param>
/// <param name="flush">A flush, microseconds.</param>
public sealed class CommitLimit(IReadOnlyList<IReadOnlyList<long>> oneWay, long flush)
{
    /// <summary>There and back, microseconds; 0 from a server to itself. Servers are counted from 0.</summary>
    public long RoundTrip(int a, int b) => a == b ? 0 : oneWay[a][b] + oneWay[b][a];

    /// <summary>From proposing at the leaseholder to knowing that it is durable on a majority, microseconds.</summary>
    public long Replication(int leaseholder)
    {
        long[] acknowledged = [.. Enumerable.Range(0, oneWay.Count).Select(r => RoundTrip(leaseholder, r) + flush).Order()];
        return acknowledged[oneWay.Count / 2];
    }

    /// <summary>One round of consensus on the ranges of these leaseholders, all at once, microseconds.</summary>
    public long Commit(int coordinator, IReadOnlyList<int> leaseholders) =>
        leaseholders.Max(l => Commit(coordinator, l));

    /// <summary>One round of consensus on one range, microseconds.</summary>
    public long Commit(int coordinator, int leaseholder) => RoundTrip(coordinator, leaseholder) + Replication(leaseholder);

    /// <summary>A read of all these ranges at once before it, microseconds.</summary>
    public long ReadThenCommit(int coordinator, IReadOnlyList<int> leaseholders) =>
        leaseholders.Max(l => RoundTrip(coordinator, l)) + Commit(coordinator, leaseholders);
}
