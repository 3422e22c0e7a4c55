using Banyan.Primitives;

namespace Banyan.Raft.Tests.Cluster;

/// <summary>Support between servers over one common clock: epochs, expiry, withdrawal, a new epoch after a restart.</summary>
/// <remarks>What a supporter promises is durable at once here; Kv has the real one.</remarks>
internal sealed class StoreLivenessFake(RaftCluster cluster, ServerId self) : IStoreLiveness
{
    public const long SupportMicroseconds = 20_000;

    private const int TicksBetweenRequests = 3;

    // Durable: what was promised to others, and the epoch under which each other's support is asked
    // for. One for all would let a new epoch with one end the promise of another before it has expired.
    private readonly SortedDictionary<ServerId, (ulong Epoch, Timestamp Expiration, bool Supported)> _given = [];
    private readonly SortedDictionary<ServerId, ulong> _requestEpochs = [];

    private readonly SortedDictionary<ServerId, (ulong Epoch, Timestamp Expiration)> _received = [];
    private int _ticks;

    public bool Enabled => true;

    public bool IsOpen => true;

    public Timestamp Now => cluster.Now;

    public (ulong Epoch, bool Supported) SupportFor(ServerId leader)
    {
        Withdraw(leader);
        return _given.TryGetValue(leader, out (ulong Epoch, Timestamp Expiration, bool Supported) given)
            ? (given.Epoch, given.Supported) : (0, false);
    }

    public (ulong Epoch, Timestamp Expiration) SupportFrom(ServerId follower) =>
        _received.TryGetValue(follower, out (ulong Epoch, Timestamp Expiration) received) ? received : (0, Timestamp.Zero);

    public void OnRestart()
    {
        _received.Clear();
        foreach (ServerId id in cluster.Configuration.Members()) _requestEpochs[id] = _requestEpochs.GetValueOrDefault(id) + 1;
    }

    public void Tick()
    {
        if (_ticks++ % TicksBetweenRequests != 0) return;
        foreach (Member other in cluster.Members)
        {
            // One exchange, whole or not at all; loss is the caller's cut links and this coin.
            if (other.Id == self || cluster.IsCut(self, other.Id) || !other.IsUp || cluster.Random.Chance(LossOfRequests)) continue;
            (ulong epoch, Timestamp expiration) = other.Liveness!.OnRequest(self, _requestEpochs[other.Id], cluster.Now.Add(SupportMicroseconds));
            if (cluster.IsCut(other.Id, self) || cluster.Random.Chance(LossOfRequests)) continue;
            if (epoch > _requestEpochs[other.Id]) _requestEpochs[other.Id] = epoch;
            else _received[other.Id] = (epoch, expiration);
        }
    }

    public double LossOfRequests { get; set; }

    private (ulong Epoch, Timestamp Expiration) OnRequest(ServerId from, ulong epoch, Timestamp expiration)
    {
        Withdraw(from);
        (ulong Epoch, Timestamp Expiration, bool Supported) given = _given.GetValueOrDefault(from);
        if (epoch < given.Epoch) return (given.Epoch, default);
        _given[from] = given = (epoch, epoch == given.Epoch ? Timestamp.Max(given.Expiration, expiration) : expiration, true);
        return (given.Epoch, given.Expiration);
    }

    private void Withdraw(ServerId from)
    {
        if (!_given.TryGetValue(from, out (ulong Epoch, Timestamp Expiration, bool Supported) given) || !given.Supported) return;
        Timestamp now = cluster.Now;
        if (cluster.Faults.HasFlag(ClusterFaults.WithdrawsSupportEarly)) now = now.Add(SupportMicroseconds / 2);
        if (now <= given.Expiration) return;
        _given[from] = (given.Epoch + 1, default, false);
    }
}
