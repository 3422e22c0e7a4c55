using System.Security.Cryptography;
using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Storage;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Server.Games;

/// <summary>
/// The Godot clients of one server: joins them to the cluster, feeds their sessions with changes of the world and with
/// what other servers' clients send. All of it runs on the store's loop.
/// </summary>
internal sealed class GodotHost : IFeedSubscriber
{
    private const int StatesBytesMax = 60_000;
    private const long LiveIntervalMicroseconds = 16_000;
    private const long LeaveAgainMicroseconds = 500_000;
    private const long GoneMicroseconds = 5_000_000;
    private const string NotDelivered = "a call or message that did not find its receiver, or a node there";

    private readonly Store _store;
    private readonly GameFiles _files;
    private readonly GameRules _rules;
    private readonly PeerHub _hub;
    private readonly ulong _life;
    private readonly SortedDictionary<int, PeerRecord> _records = [];
    private readonly SortedDictionary<int, GodotPeer> _peers = [];
    private readonly SortedDictionary<int, Leaving> _leaving = [];
    private readonly SortedDictionary<ServerId, Timestamp> _goneSince = [];
    private readonly SortedDictionary<string, long> _counted = new(StringComparer.Ordinal);
    private readonly ByteWriter _states = new(4096); // for the other servers, since the last tick
    private readonly ByteWriter _writer = new(1024);
    private Timestamp _nextLive;
    private bool _isLoaded;

    private sealed class Leaving(PeerRecord record, IEnumerable<SceneOperation> operations)
    {
        public PeerRecord Record { get; } = record;

        public Queue<SceneOperation> Operations { get; } = new(operations);

        public Timestamp TryAgainAt { get; set; }
    }

    public GodotHost(Store store, GameFiles files, GameRules rules, PeerLimits limits)
    {
        _store = store;
        _files = files;
        _rules = rules;
        _hub = new(files, limits);
        _life = store.Clock.Reading.Value;
        store.Feed.Subscribe(this);
        store.OnApplicationMessage = OnMessage;
    }

    /// <summary>Refused packets and the like, by cause.</summary>
    public IReadOnlyDictionary<string, long> Counted => new Dictionary<string, long>(_counted);

    /// <summary>Clients that have joined here.</summary>
    public int ClientCount => _hub.Sessions.Count;

    /// <summary>Peers of all servers.</summary>
    public int PeerCount => _records.Count;

    /// <summary>A connection is open: gives it a peer id and lets it join.</summary>
    public GodotPeer? Connect(GodotSocket socket)
    {
        if (!_isLoaded)
        {
            socket.Fail("the server does not know the world yet, try again");
            return null;
        }

        var peer = new GodotPeer(NewId(), this, socket);
        if (!_rules.TryJoin(peer.Id, _files, out IReadOnlyList<SceneOperation> operations, out string error))
        {
            socket.Fail("the game's rules: " + error);
            return null;
        }

        _peers.Add(peer.Id, peer);
        var join = PeerTransaction.Join(peer.Id, Own, operations);
        Run(join, outcome =>
        {
            if (outcome is TransactionOutcome.Committed)
            {
                peer.HasJoined = true;
                if (peer.IsGone) Leave(peer.Id);
                return;
            }

            socket.Fail("could not join: " + (join.Error ?? outcome.ToString()));
        });
        return peer;
    }

    /// <summary>A packet has come.</summary>
    public void OnPacket(GodotPeer peer, byte[] packet)
    {
        if (peer.IsGone) return;
        if (peer.Session is not { } session)
        {
            peer.Socket.Fail("a packet before the peer id");
            return;
        }

        if (session.OnPacket(packet) is not { } refusal) return;
        Count(refusal.Why);
        if (refusal.EndsSession) peer.Socket.Fail(refusal.Why);
    }

    /// <summary>The connection is over.</summary>
    public void Disconnect(GodotPeer peer)
    {
        if (peer.IsGone) return;
        peer.IsGone = true;
        _peers.Remove(peer.Id);
        if (peer.Session is not null) _hub.Remove(peer.Id);
        // What it did last comes before its leaving.
        peer.WhenIdle(() =>
        {
            if (peer.HasJoined) Leave(peer.Id);
        });
    }

    /// <summary>On the loop, after every tick of the store.</summary>
    public void Tick()
    {
        if (_store.Clock.Reading < _nextLive) return;
        _nextLive = _store.Clock.Reading.Add(LiveIntervalMicroseconds);
        foreach ((int peer, Leaving leaving) in _leaving.ToList())
        {
            if (leaving.TryAgainAt > _store.Clock.Reading) continue;
            // Whose server has come back is looked after by it.
            if (leaving.Record.Server != _store.Self && _store.Liveness.IsAlive(leaving.Record.Server)) _leaving.Remove(peer);
            else TryLeave(peer);
        }

        LookForDead();
        SendStates();
        for (int lost = _hub.Tick(_store.Clock.Reading); lost > 0; lost--) Count(NotDelivered);
    }

    /// <inheritdoc/>
    public void OnBatch(ChangeBatch batch)
    {
        if (!_isLoaded) return;
        Take(batch.Changes);
    }

    /// <inheritdoc/>
    public void OnResolved(Timestamp timestamp)
    {
        if (_isLoaded || _store.Feed.Snapshot() is not { } snapshot) return;
        _isLoaded = true;
        var all = new List<VersionEvent>();
        foreach (KeySpan span in new[] { SceneKeys.All, PeerRecord.All })
        {
            foreach (VersionedEntry entry in snapshot.Scan(span)) all.Add(new(entry.Key, entry.Timestamp, entry.Value.ToArray()));
        }

        Take(all.ToArray());
        // Those of this server's former life lost their connections with it.
        foreach ((int peer, PeerRecord record) in _records.ToList())
        {
            if (record.Server == _store.Self && record.Life != _life) Leave(peer, record);
        }
    }

    /// <summary>Tells all servers of a state.</summary>
    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state)
    {
        _hub.Publish(synchronizer, authorityEpoch, state);
        GodotMessage.WriteState(_states, synchronizer, authorityEpoch, state);
        if (_states.Length > StatesBytesMax) SendStates();
    }

    /// <summary>Brings a call to the server of whom it is for.</summary>
    public void Call(RpcCall call)
    {
        if (call.To == PeerSession.Cluster)
        {
            Count("a call of the cluster, for which the game has no code here");
            return;
        }

        if (!_records.TryGetValue(call.To, out PeerRecord? record)) return;
        if (record.Server == _store.Self)
        {
            if (!_hub.Deliver(call, _store.Clock.Reading)) Count(NotDelivered);
            return;
        }

        _writer.Clear();
        GodotMessage.WriteCall(_writer, call);
        _store.SendToApplication(record.Server, _writer.ToArray());
    }

    /// <summary>Brings bytes to another peer.</summary>
    public void SendRaw(int from, int to, ReadOnlySpan<byte> bytes)
    {
        if (!_records.TryGetValue(to, out PeerRecord? record)) return;
        if (record.Server == _store.Self)
        {
            if (!_hub.DeliverRaw(from, to, bytes, _store.Clock.Reading)) Count(NotDelivered);
            return;
        }

        _writer.Clear();
        GodotMessage.WriteRaw(_writer, from, to, bytes);
        _store.SendToApplication(record.Server, _writer.ToArray());
    }

    /// <summary>Runs a transaction.</summary>
    public void Run(ITransactionBody body, Action<TransactionOutcome> done) => _store.Coordinator.Run(body, RequestId.None, 0, done);

    /// <summary>Counts a cause; the first time is worth a line.</summary>
    public void Count(string why)
    {
        long before = _counted.GetValueOrDefault(why);
        _counted[why] = before + 1;
        if (before == 0) Console.Error.WriteLine($"games: {why} (from now on counted in /api/status)");
    }

    private PeerRecord Own => new(_store.Self, _life);

    // Godot's own ids are random as well: scenes name nodes after them.
    private int NewId()
    {
        while (true)
        {
            int id = RandomNumberGenerator.GetInt32(2, int.MaxValue);
            if (!_records.ContainsKey(id) && !_peers.ContainsKey(id)) return id;
        }
    }

    private void Leave(int peer) => Leave(peer, Own);

    private void Leave(int peer, PeerRecord record)
    {
        _leaving[peer] = new(record, LeaveOperations(peer));
        TryLeave(peer);
    }

    // What the rules say of it, and what it has spawned itself: clients free that by themselves when a peer goes.
    private IEnumerable<SceneOperation> LeaveOperations(int peer) => [.. SpawnedBy(peer), .. _rules.Leave(peer)];

    // The deepest first: with what stands above it, it would be gone already.
    private List<SceneOperation> SpawnedBy(int peer) =>
        [.. _hub.World.SpawnedInOrder().Where(n => n.Spawner.Authority == peer).Select(n => new DespawnOperation(NodeRef.Of(n.Node))).Reverse()];

    // One thing after the other, each until it is done; what is gone already is no reason to stay. The peer's record goes
    // last: whoever sees that has seen all the rest.
    private void TryLeave(int peer)
    {
        Leaving leaving = _leaving[peer];
        leaving.TryAgainAt = Timestamp.MaxValue;
        bool isLast = !leaving.Operations.TryPeek(out SceneOperation? operation);
        Run(isLast ? PeerTransaction.Leave(peer, leaving.Record) : new SceneTransaction([operation!]), outcome =>
        {
            if (outcome is not (TransactionOutcome.Committed or TransactionOutcome.GivenUp))
            {
                leaving.TryAgainAt = _store.Clock.Reading.Add(LeaveAgainMicroseconds);
                return;
            }

            if (isLast)
            {
                _leaving.Remove(peer);
                return;
            }

            leaving.Operations.Dequeue();
            TryLeave(peer);
        });
    }

    // Peers come before what is done in their names, and go after it.
    private void Take(ReadOnlySpan<VersionEvent> changes)
    {
        var gone = new List<int>();
        var joined = new List<GodotPeer>();
        foreach (VersionEvent change in changes)
        {
            if (!PeerRecord.TryParse(change.Key, out int id)) continue;
            if (change.Value is null)
            {
                _records.Remove(id);
                gone.Add(id);
                continue;
            }

            if (!PeerRecord.TryDecode(change.Value, out PeerRecord record)) continue;
            _records[id] = record;
            if (record == Own && _peers.TryGetValue(id, out GodotPeer? peer)) joined.Add(peer);
            else _hub.AddPeer(id);
        }

        _hub.Apply(changes);
        foreach (GodotPeer peer in joined) Begin(peer);
        foreach (int id in gone)
        {
            // A spawn that was committed just before it left, and was not known when it did.
            foreach (SceneOperation left in SpawnedBy(id)) Run(new SceneTransaction([left]), _ => { });
            _hub.RemovePeer(id);
            // It is still connected: the others have given this server up.
            if (_peers.TryGetValue(id, out GodotPeer? peer)) peer.Socket.Fail("the cluster has taken this server for dead, connect again");
        }
    }

    private void Begin(GodotPeer peer)
    {
        Span<byte> id = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(id, peer.Id);
        peer.Socket.Send(id);
        peer.Session = _hub.Add(peer.Id, peer);
    }

    // Connections end with their server. One of the living clears up after it, once it has been away too long for a
    // restart; a server that comes back sooner does so itself.
    private void LookForDead()
    {
        if (!_isLoaded) return;
        foreach (ServerId server in _store.Servers)
        {
            if (server == _store.Self || _store.Liveness.IsAlive(server))
            {
                _goneSince.Remove(server);
                continue;
            }

            _goneSince.TryAdd(server, _store.Clock.Reading);
        }

        // Without a majority it is this server that is cut off: what it began now would be done when it is back, to the living.
        bool isCutOff = _goneSince.Count * 2 >= _store.Servers.Count;
        if (_goneSince.Count == 0 || isCutOff || _store.Servers.First(s => !_goneSince.ContainsKey(s)) != _store.Self) return;
        foreach ((int peer, PeerRecord record) in _records.ToList())
        {
            if (_leaving.ContainsKey(peer) || !_goneSince.TryGetValue(record.Server, out Timestamp since)) continue;
            if (since.Add(GoneMicroseconds) < _store.Clock.Reading) Leave(peer, record);
        }
    }

    private void SendStates()
    {
        if (_states.Length == 0) return;
        byte[] states = _states.ToArray();
        _states.Clear();
        foreach (ServerId server in _store.Servers)
        {
            if (server != _store.Self) _store.SendToApplication(server, states);
        }
    }

    private void OnMessage(ServerId from, ReadOnlyMemory<byte> message)
    {
        if (!_isLoaded) return;
        var reader = new ByteReader(message.Span);
        while (!reader.IsAtEnd && !reader.Failed)
        {
            switch ((GodotMessage.Kind)reader.Byte())
            {
                case GodotMessage.Kind.State:
                    {
                        var synchronizer = new NodeId(reader.Number());
                        uint epoch = (uint)reader.Number();
                        ReadOnlySpan<byte> state = reader.Bytes();
                        if (!reader.Failed) _hub.Publish(synchronizer, epoch, state);
                        break;
                    }

                case GodotMessage.Kind.Call:
                    {
                        var call = new RpcCall((int)reader.UInt32(), (int)reader.UInt32(), new(reader.Number()), reader.Bytes().ToArray());
                        if (!reader.Failed && !_hub.Deliver(call, _store.Clock.Reading)) Count(NotDelivered);
                        break;
                    }

                case GodotMessage.Kind.Raw:
                    {
                        (int source, int to) = ((int)reader.UInt32(), (int)reader.UInt32());
                        ReadOnlySpan<byte> bytes = reader.Bytes();
                        if (!reader.Failed && !_hub.DeliverRaw(source, to, bytes, _store.Clock.Reading)) Count(NotDelivered);
                        break;
                    }

                default:
                    reader.Fail();
                    break;
            }
        }

        if (reader.Failed) Count("a message of another server that cannot be read");
    }
}
