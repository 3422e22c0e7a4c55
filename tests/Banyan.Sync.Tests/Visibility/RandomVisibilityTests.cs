using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Tests.Visibility;

/// <summary>
/// Random games on two servers: clients have exactly the nodes that they may see, hear of no others, and never of anything
/// that would make Godot print an error.
/// </summary>
public sealed class RandomVisibilityTests
{
    private const int Steps = 400;
    private static readonly int[] _clientIds = [7, 8, 9];
    private static readonly int[] _strangers = [20, 21];

    private readonly SmallCluster _cluster = new();
    private readonly PeerHub[] _hubs;
    private readonly SortedDictionary<int, Seat> _seats = [];
    private readonly SortedDictionary<NodeId, SortedSet<int>> _visibleTo = []; // Godot's sets, kept apart
    private readonly SortedSet<int> _present = [];
    private SeededRandom _random = new(0);
    private long _now = 1_000_000;
    private int _names;
    private int _hiddenNow;
    private int _told;

    // One client: its game, and its session of the moment.
    private sealed class Seat(int peer)
    {
        public int Peer => peer;

        public ClientModel Model { get; set; } = new();

        public TestClient Client { get; set; } = null!;

        public int Hub { get; set; }
    }

    public RandomVisibilityTests() => _hubs = [_cluster.Hub, _cluster.AnotherHub()];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Clients_have_what_they_may_see_and_hear_of_nothing_else(int seed)
    {
        _random = new((ulong)seed);
        foreach (int peer in _clientIds) Sit(peer, new());
        for (int step = 0; step < Steps; step++)
        {
            Step();
            Listen();
            Compare($"seed {seed}, step {step}");
        }

        Assert.True(_hiddenNow > Steps / 4, $"{_hiddenNow} nodes were hidden from somebody");
        long hidden = _hubs.Sum(h => h.HiddenCallsCount);
        Assert.True(hidden > 5, $"{hidden} calls were of nodes that were hidden");
        Assert.True(_told > Steps / 4, $"{_told} states were told");
        Assert.True(_seats[8].Model.Moves > 5, $"{_seats[8].Model.Moves} nodes were moved");
    }

    private void Step()
    {
        switch (_random.Next(26))
        {
            case 0 or 1 when Spawned().Count() < 12:
                Do(SpawnPlayer());
                break;
            case 2 or 3 when Spawned().Count() < 12:
                Do(SpawnDrop());
                break;
            case 4:
                if (AnySpawned() is { } gone) Do(new DespawnOperation(NodeRef.Of(gone.Id)));
                break;
            case 5:
                if (AnySpawned() is { } named) Do(new RenameOperation(NodeRef.Of(named.Id), NextName()));
                break;
            case 6:
                if (AnyDrop() is { } drop && AnyPlace() is { } place) Do(new ReparentOperation(NodeRef.Of(drop.Id), NodeRef.Of(place)));
                break;
            case < 12:
                SetVisibility();
                break;
            case 12:
                int[] writers = [1, 1, .. _clientIds, .. _strangers];
                if (AnySynchronizer() is { } synchronizer) Do(new SetAuthorityOperation(NodeRef.Of(synchronizer.Id), Any(writers)));
                break;
            case 13:
                if (Any(Nodes().Where(n => n.Header!.Name.EndsWith("Spawner", StringComparison.Ordinal)).ToList()) is { } spawner)
                    Do(new SetAuthorityOperation(NodeRef.Of(spawner.Id), Any([1, 1, .. _strangers])));
                break;
            case 14 or 15:
                if (AnySpawned() is { } changed) Do(new SetPropertiesOperation(NodeRef.Of(changed.Id), [new(IsDrop(changed) ? "count" : "title", PropertyValue.Encode(_names++))]));
                break;
            case 16 or 17:
                Publish();
                break;
            case 18:
                int stranger = Any(_strangers);
                if (_present.Remove(stranger)) Array.ForEach(_hubs, h => h.RemovePeer(stranger));
                else if (_present.Add(stranger)) Array.ForEach(_hubs, h => h.AddPeer(stranger));
                break;
            case 19:
                Resume(_seats[8]);
                break;
            case 20:
                _hubs[_seats[9].Hub].Remove(9);
                Array.ForEach(_hubs, h => h.RemovePeer(9));
                _seats.Remove(9);
                Listen();
                Sit(9, new());
                break;
            case 21 or 22:
                // Of those that somebody may not see, if there are any.
                if ((Any(Spawned().Where(n => _clientIds.Any(peer => !MaySee(peer, n))).ToList()) ?? AnySpawned()) is { } hidden) CallEverybody(hidden);
                break;
            default:
                if (AnySpawned() is { } called) CallEverybody(called);
                break;
        }
    }

    private void Sit(int peer, ClientModel model)
    {
        var seat = new Seat(peer) { Model = model };
        _seats.Add(peer, seat);
        seat.Client = peer == 8 ? new(_cluster, peer, [], canMove: true) : new(_cluster, peer);
        foreach (PeerHub hub in _hubs) hub.AddPeer(peer);
    }

    // To the other server, while something happens.
    private void Resume(Seat seat)
    {
        Listen();
        _hubs[seat.Hub].Detach(seat.Peer);
        SortedDictionary<string, byte[]> memory = seat.Client.Memory;
        seat.Client.Received.Clear();
        _seats.Remove(seat.Peer);
        for (int i = _random.Next(4); i > 0; i--) SetVisibility();
        if (AnySpawned() is { } named && _random.Chance(0.5)) Do(new RenameOperation(NodeRef.Of(named.Id), NextName()));
        _seats.Add(seat.Peer, seat);
        seat.Hub = 1 - seat.Hub;
        seat.Client = new(_cluster, seat.Peer, memory, _hubs[seat.Hub], canMove: true);
    }

    private void SetVisibility()
    {
        if (AnySynchronizer() is not { } synchronizer) return;
        int peer = Any([0, 0, .. _clientIds]);
        bool isVisible = _random.Chance(0.5);
        SortedSet<int> set = SetOf(synchronizer.Id);
        if (isVisible) set.Add(peer);
        else set.Remove(peer);
        Do(new SetAttachmentsOperation(NodeRef.Of(synchronizer.Id), [SyncVisibility.Write(peer, isVisible)]));
    }

    private SpawnOperation SpawnPlayer() => _cluster.Spawn("/root/Main/Players", Game.Player, NextName());

    private SpawnOperation SpawnDrop() => _cluster.Spawn("/root/" + _cluster.World.PathOf(AnyPlace()!.Value), Game.Drop, NextName());

    private void Do(SceneOperation operation)
    {
        // One more in the same transaction, now and then.
        if (_random.Chance(0.15) && Spawned().Count() < 12) Assert.NotNull(_cluster.Try(operation, SpawnPlayer()));
        else Assert.NotNull(_cluster.Try(operation));
        Listen(); // while the tree is as it is
    }

    private void Publish()
    {
        if (AnySynchronizer() is not { } node || !_cluster.World.Synchronizers.TryGetValue(node.Id, out Synchronizer? synchronizer)) return;
        var writer = new ByteWriter();
        State.Write(writer, [.. synchronizer.Always.Select(_ => (Variant)_names++)]);
        if (synchronizer.Always.IsEmpty) return;
        foreach (PeerHub hub in _hubs)
        {
            hub.Publish(node.Id, synchronizer.AuthorityEpoch, writer.Written);
            hub.Tick(Timestamp.FromMicroseconds(_now += 20_000));
        }
    }

    private void CallEverybody(MirrorNode node)
    {
        // What waits from the last time is given up: others would wait behind it.
        _now += 6_000_000;
        foreach (PeerHub hub in _hubs) hub.Tick(Timestamp.FromMicroseconds(_now));
        var packet = new ByteWriter();
        RpcPacket.Write(packet, 0, 0, []);
        foreach (Seat seat in _seats.Values)
        {
            Assert.True(_hubs[seat.Hub].Deliver(new(1, seat.Peer, node.Id, packet.ToArray()), Timestamp.FromMicroseconds(_now)));
        }
    }

    // All that clients were sent is taken by their games, and confirmed sooner or later.
    private void Listen()
    {
        foreach (Seat seat in _seats.Values)
        {
            while (true)
            {
                foreach ((byte[]? packet, NodeMove? move) in seat.Client.TakeAll())
                    Hear(seat, packet is not null ? seat.Model.Take(packet) : (PacketCommand.Spawn, seat.Model.Take(move!)));
                if (seat.Model.Unconfirmed.Count == 0 || _random.Chance(0.1)) break;
                (int source, uint id) = seat.Model.Unconfirmed.Dequeue();
                Assert.Null(seat.Client.Send(source, writer => ConfirmPathPacket.Write(writer, true, id)));
            }
        }
    }

    private void Hear(Seat seat, (PacketCommand Command, string[] Named)? heard)
    {
        if (heard is not { } packet) return;
        foreach (string path in packet.Named)
        {
            Assert.True(_cluster.World.Tree.TryFind("/root/" + path, out MirrorNode? node), $"{packet.Command} of {path}, which is not there");
            Assert.True(MaySee(seat.Peer, node), $"{packet.Command} of {path} to {seat.Peer}, from whom it is hidden");
            if (packet.Command is not (PacketCommand.Sync or PacketCommand.Delta)) continue;
            _told++;
            Assert.True(IsVisible(seat.Peer, node), $"{packet.Command} of {path} to {seat.Peer}, to whom it is not visible");
            Assert.NotEqual(seat.Peer, node.Header!.Authority);
        }
    }

    private void Compare(string when)
    {
        foreach (Seat seat in _seats.Values)
        {
            var expected = new SortedSet<string>(new ClientModel().Nodes, StringComparer.Ordinal);
            Expect(seat, _cluster.World.Tree, "Main/Players", "Main/Spawner", expected);
            Assert.True(expected.SetEquals(seat.Model.Nodes), $"{when}: {seat.Peer} should have {string.Join(" ", expected)}; it has {string.Join(" ", seat.Model.Nodes)}");
        }
    }

    private void Expect(Seat seat, SceneMirror tree, string parent, string spawner, SortedSet<string> expected)
    {
        Assert.True(tree.TryFind("/root/" + parent, out MirrorNode? above));
        Assert.True(tree.TryFind("/root/" + spawner, out MirrorNode? by));
        foreach (NodePlace place in above.Children)
        {
            MirrorNode node = tree[place]!;
            string path = parent + "/" + node.Header!.Name;
            bool isKnown = node.Header.Name == "Bob" || (seat.Model.Peers.Contains(by.Header!.Authority) && MaySee(seat.Peer, node));
            if (!isKnown && !MaySee(seat.Peer, node)) _hiddenNow++;
            if (!isKnown) continue;
            foreach (string name in IsDrop(node) ? ["State"] : (string[])["Head", "Pose", "Drops", "DropSpawner"]) expected.Add($"{path}/{name}");
            expected.Add(path);
            if (!IsDrop(node)) Expect(seat, tree, path + "/Drops", path + "/DropSpawner", expected);
        }
    }

    // As Godot has it, worked out from the tree alone.
    private bool MaySee(int peer, MirrorNode node)
    {
        for (MirrorNode at = node; at.Id != NodeId.Root; at = _cluster.World.Tree[at.Header!.Parent]!)
        {
            if (!IsSpawned(at)) continue;
            MirrorNode parent = _cluster.World.Tree[at.Header!.Parent]!;
            string spawner = parent.Header!.Name == "Players" ? "Spawner" : "DropSpawner";
            MirrorNode by = Child(_cluster.World.Tree[parent.Header.Parent]!, spawner);
            MirrorNode synchronizer = Child(at, IsDrop(at) ? "State" : "Pose");
            if (synchronizer.Header!.Authority == by.Header!.Authority && !IsVisible(peer, synchronizer)) return false;
        }

        return true;
    }

    private bool IsVisible(int peer, MirrorNode synchronizer) =>
        synchronizer.Header!.Authority == peer || SetOf(synchronizer.Id).Contains(0) || SetOf(synchronizer.Id).Contains(peer);

    private SortedSet<int> SetOf(NodeId synchronizer)
    {
        if (!_visibleTo.TryGetValue(synchronizer, out SortedSet<int>? set)) _visibleTo.Add(synchronizer, set = [0]);
        return set;
    }

    private MirrorNode Child(MirrorNode parent, string name) => parent.Children.Select(c => _cluster.World.Tree[c]!).Single(c => c.Header!.Name == name);

    private IEnumerable<MirrorNode> Nodes() => _cluster.World.Tree.Walk(_cluster.World.Tree.Root!).Select(n => n.Node);

    private IEnumerable<MirrorNode> Spawned() => Nodes().Where(IsSpawned);

    private static bool IsSpawned(MirrorNode node) => node.Header is { Instance: Game.Player or Game.Drop } header && header.Name != "Bob";

    private static bool IsDrop(MirrorNode node) => node.Header!.Instance == Game.Drop;

    private MirrorNode? AnySpawned() => Any(Spawned().ToList());

    private MirrorNode? AnyDrop() => Any(Spawned().Where(IsDrop).ToList());

    private MirrorNode? AnySynchronizer() => Any(Nodes().Where(n => n.Header!.Type == "MultiplayerSynchronizer").ToList());

    private NodeId? AnyPlace() => Any(Nodes().Where(n => n.Header!.Name is "Drops" or "Players").ToList())?.Id;

    private string NextName() => $"N{_names++}";

    private T? Any<T>(IReadOnlyList<T> of) => of.Count == 0 ? default : of[_random.Next(of.Count)];
}
