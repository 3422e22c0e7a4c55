using Banyan.Primitives;
using Banyan.Server.Torture.Load;
using Banyan.Server.Torture.Processes;

namespace Banyan.Server.Torture.Faults;

/// <summary>What a fault may touch.</summary>
internal sealed class FaultScene(TortureCluster cluster, TortureLoad load, SeededRandom random, Action<string> report)
{
    public TortureCluster Cluster => cluster;

    public TortureLoad Load => load;

    public SeededRandom Random => random;

    /// <summary>Servers whose process, disk or clock a fault of this round has in its hands.</summary>
    public SortedSet<int> Taken { get; } = [];

    /// <summary>Something that no fault may lead to.</summary>
    public void Report(string violation) => report(violation);

    /// <summary>Takes some servers that no other fault of this round has; fewer or none if there are not so many.</summary>
    public List<int> Take(int count)
    {
        var free = cluster.Servers.Select(s => s.Id).Where(id => !Taken.Contains(id)).ToList();
        var taken = new List<int>();
        while (taken.Count < count && free.Count > 0)
        {
            int id = free[random.Next(free.Count)];
            free.Remove(id);
            taken.Add(id);
            Taken.Add(id);
        }

        return taken;
    }
}

/// <summary>Something that goes wrong for a while.</summary>
internal abstract class Fault
{
    /// <summary>Begins it.</summary>
    /// <returns>What it is, in words; null if there was nothing that it could befall.</returns>
    public abstract Task<string?> BeginAsync(FaultScene scene, CancellationToken stop);

    /// <summary>Ends it. Servers may still be starting afterwards.</summary>
    public abstract Task EndAsync(FaultScene scene, CancellationToken stop);
}
