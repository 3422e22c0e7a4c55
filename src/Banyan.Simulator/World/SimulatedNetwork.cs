using Banyan.Primitives;

namespace Banyan.Simulator.World;

/// <summary>Carries messages between servers, and loses, repeats, delays and reorders them.</summary>
public sealed class SimulatedNetwork(SimulatedCluster cluster, SeededRandom random)
{
    private readonly SortedSet<(ServerId From, ServerId To)> _cut = [];
    private readonly SortedDictionary<(ServerId From, ServerId To), long> _cloggedUntil = [];

    /// <summary>Messages sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Messages that did not arrive.</summary>
    public long Lost { get; private set; }

    /// <summary>Messages that came twice.</summary>
    public long Duplicated { get; private set; }

    /// <summary>Messages that waited in a clog.</summary>
    public long Clogged { get; private set; }

    /// <summary>A hash over all that was sent: two runs of a seed are equal if theirs are.</summary>
    public ulong TraceHash { get; private set; }

    /// <summary>Called with everything that is sent: a timestamp, then a message.</summary>
    public Action<ReadOnlyMemory<byte>>? OnSent { get; set; }

    /// <summary>Takes messages in one direction only, from now on.</summary>
    public void Cut(ServerId from, ServerId to) => _cut.Add((from, to));

    /// <summary>Ends all partitions.</summary>
    public void Heal() => _cut.Clear();

    /// <summary>Holds up what is sent in one direction until a time.</summary>
    public void Clog(ServerId from, ServerId to, long until) => _cloggedUntil[(from, to)] = until;

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

        Deliver(from, to, message, 0);
        if (!random.Chance(faults.Duplication)) return;
        Duplicated++;
        Deliver(from, to, message, faults.DuplicateDelayMax == 0 ? 0 : random.NextInRange(0, faults.DuplicateDelayMax));
    }

    private void Deliver(ServerId from, ServerId to, byte[] message, long later)
    {
        long delay = later + (cluster.Latency?.Invoke(from, to) ?? random.NextInRange(cluster.Faults.DelayMin, cluster.Faults.DelayMax));
        if (_cloggedUntil.TryGetValue((from, to), out long until) && until > cluster.Time.Now)
        {
            Clogged++;
            delay = Math.Max(delay, until - cluster.Time.Now);
        }

        cluster.Time.After(delay, () => cluster.Server(to).Receive(from, message));
    }
}
