using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.Workloads.Kv;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests.Checking;

/// <summary>A workload whose record, or whose committed versions, are changed before they are checked.</summary>
internal sealed class TamperedWorkload(RecordedWorkload inner, Func<CommittedHistory, CommittedHistory> tamper) : IWorkload
{
    public IReadOnlyList<Key> Cuts => inner.Cuts;

    public bool IsDone => inner.IsDone;

    public int Operations => inner.Operations;

    public int Commits => inner.Commits;

    public IReadOnlyDictionary<string, int> Outcomes => inner.Outcomes;

    public Key AnyCut(SeededRandom random) => inner.AnyCut(random);

    public void Start(SimulatedCluster cluster, SeededRandom random, int operations) => inner.Start(cluster, random, operations);

    public void Stop() => inner.Stop();

    public void Check(CommittedHistory history, List<string> violations) => inner.Check(tamper(history), violations);

    /// <summary>A copy with other versions: the change gets each one, and what it returns is kept instead, if anything.</summary>
    public static CommittedHistory Copy(CommittedHistory history, Func<Key, Timestamp, byte[]?, (Timestamp At, byte[]? Value)?> change)
    {
        var copy = new CommittedHistory();
        foreach ((Key key, SortedList<Timestamp, byte[]?> versions) in history.Keys)
        {
            foreach ((Timestamp at, byte[]? value) in versions)
            {
                if (change(key, at, value) is { } kept) copy.Add(key, kept.At, kept.Value);
            }
        }

        return copy;
    }
}
