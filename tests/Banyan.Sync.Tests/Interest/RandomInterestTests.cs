using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Interest;
using Banyan.Sync.Peers;
using Banyan.Sync.Tests.Visibility;

namespace Banyan.Sync.Tests.Interest;

/// <summary>
/// Random walks on two servers: clients have exactly the nodes that are near, know exactly the peers that have something
/// there, and never hear of anything that would make Godot print an error.
/// </summary>
public sealed class RandomInterestTests
{
    private const int Steps = 300;
    private const double Distance = 40;
    private const string Players = "/root/Main/Players/";
    private static readonly int[] _strangers = [20, 21, 22, 23, 24];

    private readonly SmallCluster _cluster = new(InterestTests.Rules("""{ "from": "/root/Main/Players/{peer}", "within": { "/root/Main/Players": 40 } }"""));
    private readonly PeerHub[] _hubs;
    private readonly SortedDictionary<int, Seat> _seats = [];
    private readonly SortedSet<int> _present = [];
    private readonly SortedDictionary<string, double> _places = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, double> _looked = new(StringComparer.Ordinal); // where things were when somebody last looked
    private SeededRandom _random = new(0);
    private long _now = 1_000_000;
    private int _names;
    private int _entered;
    private int _left;

    // One client: its game, its session of the moment, and what it should have.
    private sealed class Seat(int peer)
    {
        public int Peer => peer;

        public ClientModel Model { get; } = new();

        public TestClient Client { get; set; } = null!;

        public int Hub { get; set; }

        // Where it was when somebody last looked.
        public double Center { get; set; }

        public SortedSet<string> Near { get; set; } = new(StringComparer.Ordinal);

        public SortedDictionary<int, long> Met { get; } = [];
    }

    public RandomInterestTests() => _hubs = [_cluster.Hub, _cluster.AnotherHub()];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Clients_have_what_is_near_and_know_whose_it_is(int seed)
    {
        _random = new((ulong)seed);
        foreach (int peer in new[] { 7, 8 })
        {
            Join(peer);
            var seat = new Seat(peer);
            seat.Client = peer == 8 ? new(_cluster, peer, []) : new(_cluster, peer);
            _seats.Add(peer, seat);
        }

        Update();
        for (int step = 0; step < Steps; step++)
        {
            Step();
            Listen();
            Update();
            Compare($"seed {seed}, step {step}");
        }

        Assert.True(_entered > 30 && _left > 30, $"{_entered} came near, {_left} went away");
    }

    private void Step()
    {
        switch (_random.Next(12))
        {
            case 0:
                int stranger = Any(_strangers);
                if (_present.Contains(stranger)) Leave(stranger);
                else Join(stranger);
                break;
            case 1 when _places.Count < 14:
                string prop = $"N{_names++}";
                Do(prop, _cluster.Spawn("/root/Main/Players", Game.Player, prop));
                break;
            case 2:
                if (Any(Props()) is { } gone)
                {
                    Do(new DespawnOperation(NodeRef.At(Players + gone)));
                    _places.Remove(gone);
                }

                break;
            case 3:
                if (Any(Props()) is { } grabbed) Do(new SetAuthorityOperation(NodeRef.At(Players + grabbed + "/Pose"), Any([1, 7, 8, .. _present])));
                break;
            case 4:
                if (Any(_places.Keys.ToList()) is { } holder) Do(_cluster.Spawn(Players + holder + "/Drops", Game.Drop, $"N{_names++}"));
                break;
            case 5:
                Resume(_seats[8]);
                break;
            case 6 when _present.Count > 0:
                Call(Any([.. _present]), Any([.. _seats.Values])!);
                break;
            default:
                Move(Any(_places.Keys.ToList())!);
                break;
        }
    }

    private void Join(int peer)
    {
        foreach (PeerHub hub in _hubs) hub.AddPeer(peer);
        if (peer is not (7 or 8)) _present.Add(peer);
        Do($"{peer}", _cluster.Spawn("/root/Main/Players", Game.Player, $"{peer}"), new SetAuthorityOperation(NodeRef.At($"{Players}{peer}/Pose"), peer));
    }

    private void Leave(int peer)
    {
        foreach (string held in Props().Where(p => Pose(p).Header!.Authority == peer)) Do(new SetAuthorityOperation(NodeRef.At(Players + held + "/Pose"), 1));
        Do(new DespawnOperation(NodeRef.At($"{Players}{peer}")));
        _places.Remove($"{peer}");
        _present.Remove(peer);
        foreach (Seat seat in _seats.Values) seat.Met.Remove(peer);
        foreach (PeerHub hub in _hubs) hub.RemovePeer(peer);
    }

    // Somewhere, from the start.
    private void Do(string name, params SceneOperation[] operations)
    {
        double x = Somewhere();
        _cluster.Do([.. operations, new SetPropertiesOperation(NodeRef.At(Players + name), [new("position", PropertyValue.Encode(new Vector3((float)x, 0, 0)))])]);
        _places[name] = x;
        Note(name);
        Listen();
    }

    private void Do(SceneOperation operation)
    {
        _cluster.Do(operation);
        Listen();
    }

    // By its authority's state, which all servers hear.
    private void Move(string name)
    {
        double x = _places[name] = Somewhere();
        NodeId pose = Pose(name).Id;
        var state = new ByteWriter();
        State.Write(state, [new Vector3((float)x, 0, 0), 0]);
        foreach (PeerHub hub in _hubs) hub.Publish(pose, _cluster.World.Synchronizers[pose].AuthorityEpoch, state.Written);
    }

    // What is spawned is looked at on the spot.
    private void Note(string name)
    {
        _looked[name] = _places[name];
        foreach (Seat seat in _seats.Values)
        {
            if (IsNear(seat, name, Distance)) seat.Near.Add(name);
        }
    }

    private void Update()
    {
        _now += InterestMap.UpdateEvery;
        foreach (PeerHub hub in _hubs) hub.Tick(Timestamp.FromMicroseconds(_now));
        foreach ((string name, double x) in _places) _looked[name] = x;
        foreach (Seat seat in _seats.Values)
        {
            SortedSet<string> before = seat.Near;
            seat.Center = _places[$"{seat.Peer}"];
            seat.Near = new(_places.Keys.Where(name => IsNear(seat, name, before.Contains(name) ? Distance * InterestRules.LeaveFactor : Distance)), StringComparer.Ordinal);
            _entered += seat.Near.Except(before).Count();
            _left += before.Except(seat.Near).Count();
            foreach (int met in seat.Met.Where(m => m.Value <= _now).Select(m => m.Key).ToList()) seat.Met.Remove(met);
        }

        Listen();
    }

    private bool IsNear(Seat seat, string name, double distance) =>
        Math.Abs(_looked[name] - seat.Center) <= distance || Pose(name).Header!.Authority == seat.Peer;

    private void Call(int from, Seat seat)
    {
        var packet = new ByteWriter();
        RpcPacket.Write(packet, 0, 0, []);
        bool isKnown = seat.Model.Peers.Contains(from);
        Assert.True(_hubs[seat.Hub].Deliver(new(from, seat.Peer, _cluster.IdOf("/root/Main"), packet.ToArray()), Timestamp.FromMicroseconds(_now)));
        if (!isKnown || seat.Met.ContainsKey(from)) seat.Met[from] = _now + InterestMap.MetFor;
    }

    private void Resume(Seat seat)
    {
        Listen();
        _hubs[seat.Hub].Detach(seat.Peer);
        SortedDictionary<string, byte[]> memory = seat.Client.Memory;
        _seats.Remove(seat.Peer);
        if (_random.Chance(0.5)) Move(Any(_places.Keys.ToList())!);
        if (_random.Chance(0.3)) Join(Any(_strangers.Where(s => !_present.Contains(s)).DefaultIfEmpty(100 + _names++).ToList()));
        _seats.Add(seat.Peer, seat);
        seat.Hub = 1 - seat.Hub;
        seat.Met.Clear();
        seat.Center = _places[$"{seat.Peer}"];
        seat.Near = new(_places.Keys.Where(name => IsNear(seat, name, Distance)), StringComparer.Ordinal);
        seat.Client = new(_cluster, seat.Peer, memory, _hubs[seat.Hub]);
    }

    private void Listen()
    {
        foreach (Seat seat in _seats.Values)
        {
            while (true)
            {
                foreach (byte[] packet in seat.Client.Received.ToList()) seat.Model.Take(packet);
                seat.Client.Received.Clear();
                if (seat.Model.Unconfirmed.Count == 0 || _random.Chance(0.1)) break;
                (int source, uint id) = seat.Model.Unconfirmed.Dequeue();
                Assert.Null(seat.Client.Send(source, writer => ConfirmPathPacket.Write(writer, true, id)));
            }
        }
    }

    private void Compare(string when)
    {
        foreach (Seat seat in _seats.Values)
        {
            SortedSet<string> expected = new(new ClientModel().Nodes, StringComparer.Ordinal);
            foreach (string name in seat.Near)
            {
                Assert.True(_cluster.World.Tree.TryFind(Players + name, out MirrorNode? node));
                foreach ((MirrorNode below, _) in _cluster.World.Tree.Walk(node)) expected.Add(_cluster.World.PathOf(below.Id)!);
            }

            Assert.True(expected.SetEquals(seat.Model.Nodes), $"{when}: {seat.Peer} should have {string.Join(" ", expected.Except(seat.Model.Nodes))}, and should not {string.Join(" ", seat.Model.Nodes.Except(expected))}");
            SortedSet<int> known = [1, .. _seats.Keys.Concat(_present).Where(p => p != seat.Peer && (IsSomethingNear(seat, p) || seat.Met.ContainsKey(p)))];
            Assert.True(known.SetEquals(seat.Model.Peers), $"{when}: {seat.Peer} should know {string.Join(" ", known)}, it knows {string.Join(" ", seat.Model.Peers)}");
        }
    }

    private bool IsSomethingNear(Seat seat, int peer) => seat.Near.Any(name => name == $"{peer}" || Pose(name).Header!.Authority == peer);

    private IReadOnlyList<string> Props() => [.. _places.Keys.Where(n => n.StartsWith('N'))];

    private MirrorNode Pose(string name)
    {
        Assert.True(_cluster.World.Tree.TryFind(Players + name + "/Pose", out MirrorNode? pose));
        return pose;
    }

    private double Somewhere() => _random.Next(200);

    private T? Any<T>(IReadOnlyList<T> of) => of.Count == 0 ? default : of[_random.Next(of.Count)];
}
