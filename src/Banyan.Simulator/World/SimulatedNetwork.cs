using Banyan.Primitives;

namespace Banyan.Simulator.World;

/// <summary>Carries messages between servers, and loses, repeats, delays and reorders them.</summary>
public sealed class SimulatedNetwork(SimulatedCluster cluster, SeededRandom random)
{
    private readonly SortedSet<(ServerId From, ServerId To)> _cut = [];

    /// <summary>Messages sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Messages that did not arrive.</summary>
    public long Lost { get; private set; }

    /// <summary>A hash over all that was sent: two runs of a seed are equal if theirs are.</summary>
    public ulong TraceHash { get; private set; }

    /// <summary>Called with everything that is sent: a timestamp, then a message.</summary>
    public Action<ReadOnlyMemory<byte>>? OnSent { get; set; }

    /// <summary>Takes messages in one direction only, from now on.</summary>
    public void Cut(ServerId from, ServerId to) => _cut.Add((from, to));

    /// <summary>Ends all partitions.</summary>
    public void Heal() => _cut.Clear();

    internal void Send(ServerId from, ServerId to, byte[] message)
    {
        Sent++;
        OnSent?.Invoke(message);
        TraceHash = StableHash.Add(StableHash.Add(TraceHash, (ulong)cluster.Time.Now << 8 | from.Value << 4 | to.Value), message);
        FaultOptions faults = cluster.Faults;
        if (_cut.Contains((from, to)) || random.Chance(faults.Loss))
        {
            Lost++;
            return;
        }

        Deliver(from, to, message);
        if (random.Chance(faults.Duplication)) Deliver(from, to, message);
    }

    private void Deliver(ServerId from, ServerId to, byte[] message)
    {
        long delay = cluster.Latency?.Invoke(from, to) ?? random.NextInRange(cluster.Faults.DelayMin, cluster.Faults.DelayMax);
        cluster.Time.After(delay, () => cluster.Server(to).Receive(from, message));
    }
}
