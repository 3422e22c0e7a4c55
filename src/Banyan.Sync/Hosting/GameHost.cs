using System.Buffers.Binary;
using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Storage;
using Banyan.Sync.Code;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;
using Banyan.Sync.Trees;
using Banyan.Sync.World;

namespace Banyan.Sync.Hosting;

/// <summary>
/// The Godot clients of one server: joins them to the cluster, lets those that were somewhere else resume, and feeds their
/// sessions with changes of the world. All of it runs on the store's loop.
/// </summary>
public sealed class GameHost : IFeedSubscriber
{
    private const long TickMicroseconds = 16_000;
    private const long JoinMicroseconds = 20_000_000;
    private const int SecretLength = 16;
    private const int PingLength = 9;

    private readonly Store _store;
    private readonly IHostEdge _edge;
    private readonly GameFiles _files;
    private readonly GameRules _rules;
    private readonly PeerLimits _limits;
    private readonly ImmutableArray<string> _gateways;
    private readonly PeerHub _hub;
    private readonly TreeHub _trees;
    private readonly Departures _departures;
    private readonly ulong _life;
    private readonly SortedDictionary<int, PeerRecord> _records = [];
    private readonly SortedDictionary<int, HostedPeer> _clients = [];
    private readonly SortedDictionary<int, HostedPeer> _coming = []; // until their record is seen
    private readonly Queue<(HostedPeer Client, PeerTransaction Body, Timestamp Until)> _joining = [];
    private readonly SortedDictionary<string, long> _counted = new(StringComparer.Ordinal);
    private Timestamp _nextTick;
    private bool _isJoining;

    /// <summary>Subscribes to the store's changes.</summary>
    /// <param name="store">This server's.</param>
    /// <param name="files">The game's.</param>
    /// <param name="rules">What joining and leaving do.</param>
    /// <param name="limits">What a client may have.</param>
    /// <param name="gateways">Where clients can go if this server is gone.</param>
    /// <param name="code">The game's own code; null for none.</param>
    /// <param name="edge">The machine around it.</param>
    public GameHost(
        Store store, GameFiles files, GameRules rules, PeerLimits limits, ImmutableArray<string> gateways, Func<IGameCode>? code, IHostEdge edge)
    {
        _store = store;
        _edge = edge;
        _files = files;
        _rules = rules;
        _limits = limits;
        _gateways = gateways;
        _hub = new(files, limits, rules.Interest);
        _trees = new(_hub.World, rules, limits, TreeLimits.Default);
        _departures = new(this, store, limits);
        _life = store.Clock.Reading.Value;
        Links = new(this, store, _hub);
        Code = new(this, store, _hub, _life, code, edge);
        store.Feed.Subscribe(this);
    }

    /// <summary>Between the servers' hosts.</summary>
    internal ServerLinks Links { get; }

    /// <summary>The game's own code.</summary>
    internal GameCodeHost Code { get; }

    /// <summary>The peers of all servers.</summary>
    public IReadOnlyDictionary<int, PeerRecord> Records => _records;

    /// <summary>Whether the game's code runs here.</summary>
    public bool RunsCode => Code.IsRunning;

    /// <summary>The clients that are connected here.</summary>
    public IReadOnlyCollection<HostedPeer> Clients => _clients.Values;

    /// <summary>Refused connections, packets and the like, by cause.</summary>
    public IReadOnlyDictionary<string, long> Counted => new Dictionary<string, long>(_counted);

    /// <summary>Clients that have joined here.</summary>
    public int ClientCount => _hub.Sessions.Count;

    /// <summary>Peers of all servers.</summary>
    public int PeerCount => _records.Count;

    /// <summary>Whether this server knows the world.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>Whether something waits for the next tick.</summary>
    public bool IsBusy => Code.IsRunning || _hub.Live.Fresh.Count > 0 || Links.IsBusy;

    /// <summary>The client of this server with a peer id, if it is connected.</summary>
    public HostedPeer? Find(int peer) => _clients.GetValueOrDefault(peer);

    /// <summary>A peer id that nobody has. Godot's own are random as well: scenes name nodes after them.</summary>
    public int NewId()
    {
        while (true)
        {
            int id = BinaryPrimitives.ReadInt32LittleEndian(Random(sizeof(int))) & int.MaxValue;
            if (id > PeerSession.Cluster && !IsTaken(id)) return id;
        }
    }

    /// <summary>A connection of a stock client is open: gives it a peer id and lets it join.</summary>
    public HostedPeer? Connect(IPeerConnection connection, Admission admission)
    {
        if (!IsReadyFor(connection)) return null;
        int id = admission.Peer == 0 ? NewId() : admission.Peer;
        if (!IsTaken(id)) return Join(HostedPeer.Stock(id, this, connection, BinaryPrimitives.ReadUInt64LittleEndian(Random(sizeof(ulong))), admission));
        connection.Fail("the peer id was taken meanwhile, connect again");
        return null;
    }

    /// <summary>A connection of a client that can resume is open, and the client has said what it wants.</summary>
    public HostedPeer? Connect(IPeerConnection connection, HelloFrame hello, Admission admission)
    {
        if (!IsReadyFor(connection)) return null;
        if (hello.Resume is not { } resume)
        {
            if (!admission.MayOnlyResume) return Join(HostedPeer.Resumable(NewId(), this, connection, Random(SecretLength), admission, hello.CanMove));
            Count(Admission.Expired);
            connection.Fail(Admission.Expired);
            return null;
        }

        var heard = new List<KeyValuePair<int, uint>>();
        if (!SessionMemory.TryRead(resume.Memory.AsSpan(), _limits.MemoryEntriesMax, out SessionMemory? memory)
            || !SessionFrame.TryReadHeard(resume.Heard.AsSpan(), _limits.MemoryEntriesMax, heard) || resume.Secret.Length != SecretLength)
        {
            connection.Fail("what the client remembers is of no form that a gateway has written");
            return null;
        }

        var client = HostedPeer.Resumed(this, connection, resume, memory, heard, admission, hello.CanMove);
        Await(client);
        var body = PeerTransaction.Resume(client.Id, RecordOf(client, 0));
        Run(body, RequestId.None, 0, outcome =>
        {
            if (outcome is not TransactionOutcome.Committed) Refuse(client, "could not resume: " + (body.Error ?? outcome.ToString()), isFinal: body.HasMissed);
        });
        return client;
    }

    /// <summary>A packet has come; a number if it is a reliable one of a client that counts them.</summary>
    public void OnPacket(HostedPeer client, ReadOnlySpan<byte> packet, uint number = 0)
    {
        if (client.IsGone) return;
        if (client.Session is not { } session)
        {
            client.Connection.Fail("a packet before the peer id");
            return;
        }

        // A stock client does not say what may be lost: nothing may.
        if (!client.CanResume) number = client.Outstanding.Begun + 1;
        if (number != 0 && !client.Outstanding.TryBegin(number, out bool isGap))
        {
            if (isGap) client.Connection.Fail("a packet whose number does not follow the last");
            return;
        }

        if (session.OnPacket(packet, number) is { } refusal)
        {
            Count(refusal.Why);
            if (refusal.EndsSession) client.Connection.Fail(refusal.Why);
        }

        Code.Work();
    }

    /// <summary>A frame has come of a client that can resume, after its HELLO.</summary>
    public void OnFrame(HostedPeer client, byte[] frame)
    {
        var reader = new ByteReader(frame);
        switch ((ClientFrameKind)reader.Byte())
        {
            case ClientFrameKind.Packet:
                OnPacket(client, frame.AsSpan(1));
                return;
            case ClientFrameKind.Numbered when reader.UInt32() is var number and not 0:
                OnPacket(client, reader.Raw(reader.Remaining), number);
                return;
            case ClientFrameKind.Heard:
                var heard = new List<KeyValuePair<int, uint>>();
                if (!SessionFrame.TryReadHeard(frame.AsSpan(1), _limits.MemoryEntriesMax, heard)) break;
                foreach ((int source, uint through) in heard) client.Session?.OnHeard(source, through);
                return;
            case ClientFrameKind.Ping when frame.Length == PingLength:
                frame[0] = (byte)GatewayFrameKind.Pong;
                client.Connection.Send(frame);
                return;
            case ClientFrameKind.Tree:
                if (client.Trees is null || !client.Trees.TryTake(frame.AsSpan(1))) break;
                return;
            case ClientFrameKind.Bye:
                client.IsLeaving = true;
                client.Connection.Fail("goodbye");
                return;
        }

        client.Connection.Fail("a frame that cannot be read");
    }

    /// <summary>The connection is over.</summary>
    public void Disconnect(HostedPeer client)
    {
        if (client.IsGone) return;
        client.IsGone = true;
        if (_coming.GetValueOrDefault(client.Id) == client) _coming.Remove(client.Id);
        if (Find(client.Id) != client) return;
        _clients.Remove(client.Id);
        client.Trees?.Close();
        bool leaves = !client.CanResume || client.IsLeaving || client.Connection.IsFinal;
        // The others hear of its leaving when all servers do: whoever resumes elsewhere meanwhile would see it come again.
        _hub.Detach(client.Id);
        // What it did last comes before its leaving.
        client.WhenIdle(() =>
        {
            if (leaves) _departures.Leave(client.Id, client.Record!);
            else _departures.LeaveLater(client.Id, client.Record!);
        });
    }

    /// <summary>On the loop, after every tick of the store.</summary>
    public void Tick()
    {
        if (!IsLoaded || _store.Clock.Reading < _nextTick) return;
        _nextTick = _store.Clock.Reading.Add(TickMicroseconds);
        _departures.Tick();
        Code.Tick();
        Links.Tick();
        _trees.Tick();
        foreach (HostedPeer client in _clients.Values)
        {
            client.RetryChange(_store.Feed.Frontier);
            client.TellDone();
        }
    }

    /// <inheritdoc/>
    public void OnBatch(ChangeBatch batch)
    {
        if (!IsLoaded) return;
        Take(batch.Changes);
    }

    /// <inheritdoc/>
    public void OnResolved(Timestamp timestamp)
    {
        if (IsLoaded)
        {
            Code.OnResolved();
            _trees.OnResolved(timestamp);
            return;
        }

        if (_store.Feed.Snapshot() is not { } snapshot) return;
        IsLoaded = true;
        var all = new List<VersionEvent>();
        foreach (KeySpan span in new[] { SceneKeys.All, PeerRecord.All })
        {
            foreach (VersionedEntry entry in snapshot.Scan(span)) all.Add(new(entry.Key, entry.Timestamp, entry.Value.ToArray()));
        }

        Take(all.ToArray());
    }

    /// <summary>The server ends, and the game's code with it.</summary>
    public void Stop() => Code.Stop();

    /// <summary>What is kept for peers that are not there, or waits to be done: nothing, once all is quiet. For whoever looks for leaks.</summary>
    public IEnumerable<string> Leftovers()
    {
        if (!IsLoaded) yield return "the world is not known";
        foreach (int peer in _coming.Keys) yield return $"peer {peer} is to come";
        foreach (int peer in _departures.Peers) yield return $"peer {peer} is to leave";
        foreach (int peer in _clients.Keys.Except(_hub.Sessions.Keys)) yield return $"client {peer} has no session";
        if (_hub.HeldCount > 0) yield return $"{_hub.HeldCount} calls are held";
        foreach (int peer in _hub.Peers.Except(_records.Keys)) yield return $"peer {peer} is known without a record";
        foreach (NodeId node in _hub.Live.Synchronizers.Where(n => !_hub.World.Synchronizers.ContainsKey(n))) yield return $"a state of {node}, which is no synchronizer";
        foreach (HostedPeer client in _clients.Values)
        {
            if (client.Outstanding.HoldsCount > 0) yield return $"{client.Outstanding.HoldsCount} packets of client {client.Id} are not done, with {client.ChangesCount} changes";
            if (client.Session is not { } session) continue;
            foreach (int peer in session.KnownPeers.Where(IsNobody)) yield return $"client {client.Id} knows something of peer {peer}, which is gone";
            foreach (int peer in session.Arrivals.Sources.Where(IsNobody)) yield return $"client {client.Id} keeps what has come of peer {peer}, which is gone";
            foreach (int peer in client.Outstanding.Receivers.Where(IsNobody)) yield return $"client {client.Id} keeps what goes to peer {peer}, which is gone";
        }
    }

    internal Timestamp Now => _store.Clock.Reading;

    /// <summary>Runs a transaction.</summary>
    internal void Run(ITransactionBody body, RequestId request, ulong acknowledgedThrough, Action<TransactionOutcome> done) =>
        _store.Coordinator.Run(body, request, acknowledgedThrough, done);

    /// <summary>Counts a cause; the first time is worth a line.</summary>
    public void Count(string why)
    {
        long before = _counted.GetValueOrDefault(why);
        _counted[why] = before + 1;
        if (before == 0) _edge.Log($"games: {why} (from now on counted in /api/status)");
    }

    /// <summary>
    /// What the rules say of a peer's leaving, what it has spawned itself (clients free that by themselves when a peer goes),
    /// and what is said of it alone.
    /// </summary>
    internal IEnumerable<SceneOperation> LeaveOperations(int peer) => [.. SpawnedBy(peer), .. _rules.Leave(peer), .. SyncVisibility.Forget(_hub.World, peer)];

    private bool IsNobody(int peer) => peer != PeerSession.Cluster && !_records.ContainsKey(peer);

    private byte[] Random(int length)
    {
        var bytes = new byte[length];
        _edge.FillRandom(bytes);
        return bytes;
    }

    private PeerRecord RecordOf(HostedPeer client, ulong connection) => new(_store.Self, _life, connection, client.SecretHash);

    private bool IsReadyFor(IPeerConnection connection)
    {
        if (!IsLoaded) connection.Fail("the server does not know the world yet, try again", isFinal: false);
        return IsLoaded;
    }

    private HostedPeer? Join(HostedPeer client)
    {
        IReadOnlyList<SceneOperation> operations = [];
        string error = "";
        if (client.Admission.Rights != PeerRights.Watch && !_rules.TryJoin(client.Id, _files, out operations, out error))
        {
            client.Connection.Fail("the game's rules: " + error);
            return null;
        }

        Await(client);
        _joining.Enqueue((client, PeerTransaction.Join(client.Id, RecordOf(client, 0), operations), _store.Clock.Reading.Add(JoinMicroseconds)));
        JoinNext();
        return client;
    }

    // One after the other: players mostly come to the same place of the tree, and at once they would only get in each other's way.
    private void JoinNext()
    {
        if (_isJoining || !_joining.TryPeek(out (HostedPeer Client, PeerTransaction Body, Timestamp Until) next)) return;
        _isJoining = true;
        Run(next.Body, RequestId.None, 0, outcome =>
        {
            _isJoining = false;
            // Others are in the way on other servers.
            bool isAgain = outcome is TransactionOutcome.Unavailable && !next.Client.IsGone && _store.Clock.Reading < next.Until;
            if (!isAgain) _joining.Dequeue();
            if (!isAgain && outcome is not TransactionOutcome.Committed) Refuse(next.Client, "could not join: " + (next.Body.Error ?? outcome.ToString()), isFinal: true);
            JoinNext();
        });
    }

    private void Await(HostedPeer client)
    {
        if (_coming.Remove(client.Id, out HostedPeer? other)) Refuse(other, "connected once more", isFinal: false);
        _coming.Add(client.Id, client);
    }

    private void Refuse(HostedPeer client, string why, bool isFinal)
    {
        if (_coming.GetValueOrDefault(client.Id) == client) _coming.Remove(client.Id);
        client.Connection.Fail(why, isFinal);
    }

    private bool IsTaken(int id) => _records.ContainsKey(id) || _coming.ContainsKey(id);

    // The deepest first: with what stands above it, it would be gone already.
    private List<SceneOperation> SpawnedBy(int peer)
    {
        IReadOnlyCollection<NodeId> all = _hub.World.SpawnedBy(peer);
        if (all.Count == 0) return [];
        return [.. _hub.World.SpawnedInOrder().Where(n => all.Contains(n.Node)).Select(n => new DespawnOperation(NodeRef.Of(n.Node))).Reverse()];
    }

    // Peers come before what is done in their names, and go after it.
    private void Take(ReadOnlySpan<VersionEvent> changes)
    {
        var gone = new List<int>();
        var come = new List<int>();
        foreach (VersionEvent change in changes)
        {
            if (!PeerRecord.TryParse(change.Key, out int id)) continue;
            if (change.Value is null)
            {
                _records.Remove(id);
                gone.Add(id);
            }
            else if (PeerRecord.TryDecode(change.Value, out PeerRecord record))
            {
                bool isNew = _records.TryAdd(id, record);
                _records[id] = record;
                if (isNew) _hub.AddPeer(id);
                if (!isNew || record.Server == _store.Self) come.Add(id);
            }
        }

        _hub.Apply(changes);
        _trees.Apply(changes);
        foreach (int id in come) OnCome(id, _records[id]);
        foreach (int id in gone) OnGone(id);
    }

    // It has joined here, or has resumed here or somewhere else.
    private void OnCome(int id, PeerRecord record)
    {
        if (Find(id) is { } before)
        {
            // Its connection here is an old one.
            before.IsGone = true;
            _clients.Remove(id);
            before.Trees?.Close();
            _hub.Detach(id);
            before.Connection.Fail("connected once more", isFinal: false);
        }

        if (record.Server != _store.Self)
        {
            Links.OnMoved(id);
            return;
        }

        // Those of this server's former lives lost their connections with it, also if their records come only now.
        if (record.Life == _life && _coming.Remove(id, out HostedPeer? client) && client.SecretHash == record.SecretHash) Begin(client, record);
        else Forsake(id, record);
    }

    private void OnGone(int id)
    {
        // What was committed just before it left, and was not known when it did.
        SceneOperation[] late = [.. SpawnedBy(id), .. SyncVisibility.Forget(_hub.World, id)];
        foreach (SceneOperation left in late) Run(new SceneTransaction([left]), RequestId.None, 0, _ => { });
        foreach (HostedPeer other in _clients.Values) other.Outstanding.OnGone(id);
        _hub.RemovePeer(id);
        // It is still connected: the others have given this server up.
        Find(id)?.Connection.Fail("the cluster has taken this server for dead, connect again");
    }

    // Nobody is connected who goes by this record.
    private void Forsake(int peer, PeerRecord record)
    {
        _hub.AddPeer(peer);
        if (record.CanResume) _departures.LeaveLater(peer, record);
        else _departures.Leave(peer, record);
    }

    private void Begin(HostedPeer client, PeerRecord record)
    {
        client.Record = record;
        _clients.Add(client.Id, client);
        var greeting = new ByteWriter();
        if (client.CanResume) new WelcomeFrame(client.Id, [.. client.Secret], client.Memory is not null, _gateways, _limits.GraceMicroseconds / 1e6).WriteTo(greeting);
        else if (client.Admission.Peer == 0) greeting.UInt32((uint)client.Id);
        if (greeting.Length > 0) client.Connection.Send(greeting.Written);
        // A client that has set auth_callback takes nothing else before this; others do not look at it.
        var complete = new ByteWriter();
        SystemPacket.WriteAuth(complete, []);
        if (client.Memory is null) client.Send(complete.Written);
        client.Session = _hub.Add(client.Id, client, Mutation.Is("resume-without-memory") ? null : client.Memory, client.Heard, client.Admission.Rights);
        if (client.CanResume) client.Trees = _trees.Add(new PeerTrees(this, client));
        Links.OnMoved(client.Id);
    }
}
