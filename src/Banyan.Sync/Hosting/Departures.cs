using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Hosting;

/// <summary>
/// What becomes of the tree when peers go: at once, after the grace of those that may come again, and of those whose server
/// has died.
/// </summary>
internal sealed class Departures(GameHost host, Store store, PeerLimits limits)
{
    private const long AgainMicroseconds = 500_000;
    private const long RestartMicroseconds = 5_000_000;

    private readonly SortedDictionary<int, Leaving> _leaving = [];
    private readonly SortedDictionary<ServerId, Timestamp> _goneSince = [];

    private sealed class Leaving(PeerRecord record, Timestamp at)
    {
        public PeerRecord Record { get; } = record;

        public Timestamp At { get; set; } = at;

        // Known when it begins.
        public Queue<SceneOperation>? Operations { get; set; }
    }

    /// <summary>Peers that are about to leave, or may be.</summary>
    public IReadOnlyCollection<int> Peers => _leaving.Keys;

    /// <summary>A peer of this server has gone, and will not come again.</summary>
    public void Leave(int peer, PeerRecord record) => Plan(peer, record, store.Clock.Reading);

    /// <summary>A peer has lost its connection: it leaves if it does not come again in time.</summary>
    public void LeaveLater(int peer, PeerRecord record) => Plan(peer, record, store.Clock.Reading.Add(Mutation.Is("leave-without-grace") ? 0 : limits.GraceMicroseconds));

    public void Tick()
    {
        foreach ((int peer, Leaving leaving) in _leaving.ToList())
        {
            if (leaving.At > store.Clock.Reading) continue;
            bool isOver = host.Records.GetValueOrDefault(peer) != leaving.Record;
            // Whose server has come back is looked after by it.
            bool isOthers = leaving.Record.Server != store.Self && store.Liveness.IsAlive(leaving.Record.Server);
            if (isOver || isOthers) _leaving.Remove(peer);
            else Go(peer, leaving);
        }

        LookForDead();
    }

    private void Plan(int peer, PeerRecord record, Timestamp at)
    {
        // An old connection's last change may be over only now: the peer has come again since, and leaves with another record.
        if (host.Records.GetValueOrDefault(peer) != record) return;
        if (_leaving.TryGetValue(peer, out Leaving? leaving) && leaving.Record == record && (leaving.Operations is not null || leaving.At <= at)) return;
        _leaving[peer] = new(record, at);
    }

    // First of all it cannot come again: it would be there without what was taken away already. Its record is another one
    // then, with which it leaves. One thing after the other, each until it is done; what is gone already is no reason to stay.
    // The peer's record goes last: whoever sees that has seen all the rest.
    private void Go(int peer, Leaving leaving)
    {
        leaving.At = Timestamp.MaxValue;
        if (leaving.Record.CanResume)
        {
            Seal(peer, leaving);
            return;
        }

        leaving.Operations ??= new(host.LeaveOperations(peer));
        bool isLast = !leaving.Operations.TryPeek(out SceneOperation? operation);
        PeerTransaction body = isLast ? PeerTransaction.Leave(peer, leaving.Record) : PeerTransaction.Clear(peer, leaving.Record, operation!);
        host.Run(body, RequestId.None, 0, outcome =>
        {
            if (outcome is not (TransactionOutcome.Committed or TransactionOutcome.GivenUp))
            {
                leaving.At = store.Clock.Reading.Add(AgainMicroseconds);
                return;
            }

            if (isLast || body.HasMissed)
            {
                if (_leaving.GetValueOrDefault(peer) == leaving) _leaving.Remove(peer);
                return;
            }

            leaving.Operations.Dequeue();
            Go(peer, leaving);
        });
    }

    private void Seal(int peer, Leaving leaving) => host.Run(PeerTransaction.Seal(peer, leaving.Record), RequestId.None, 0, outcome =>
    {
        bool isOver = outcome is TransactionOutcome.Committed or TransactionOutcome.GivenUp;
        if (!isOver) leaving.At = store.Clock.Reading.Add(AgainMicroseconds);
        else if (_leaving.GetValueOrDefault(peer) == leaving) _leaving.Remove(peer);
    });

    // Connections end with their server. One of the living clears up after it, once it has been away too long for a
    // restart and for those that may come again; a server that comes back sooner does so itself.
    private void LookForDead()
    {
        foreach (ServerId server in store.Servers)
        {
            if (server == store.Self || store.Liveness.IsAlive(server)) _goneSince.Remove(server);
            else _goneSince.TryAdd(server, store.Clock.Reading);
        }

        // Without a majority it is this server that is cut off: what it began now would be done when it is back, to the living.
        bool isCutOff = _goneSince.Count * 2 >= store.Servers.Count;
        if (_goneSince.Count == 0 || isCutOff || store.Servers.First(s => !_goneSince.ContainsKey(s)) != store.Self) return;
        foreach ((int peer, PeerRecord record) in host.Records)
        {
            if (!_goneSince.TryGetValue(record.Server, out Timestamp since)) continue;
            long patience = record.CanResume ? Math.Max(RestartMicroseconds, limits.GraceMicroseconds) : RestartMicroseconds;
            if (since.Add(patience) < store.Clock.Reading) Leave(peer, record);
        }
    }
}
