using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests;

public sealed class ResumeTests
{
    private readonly SmallCluster _cluster = new();

    [Fact]
    public void At_another_gateway_a_client_hears_only_of_what_it_has_missed()
    {
        Spawn("A");
        Spawn("B");
        var client = new TestClient(_cluster, 7, []);
        client.ConfirmAll();
        uint numberOfA = NumberOf("A");
        Assert.Contains("1: spawn A with 1", client.TakeLog());
        _cluster.Hub.Detach(7);
        Despawn("B");
        Spawn("C");

        var again = new TestClient(_cluster, 7, client.Memory, _cluster.AnotherHub());
        Assert.Equal(["1: despawn", "1: spawn C with 1"], again.TakeLog().Where(l => l != $"1: path {Game.BobsPose}" && l != "1: delta"));
        Assert.Equal(numberOfA, NumberOf("A"));

        // And it goes on from there.
        Despawn("A");
        Assert.Equal(["1: despawn"], again.TakeLog());

        uint NumberOf(string name) => MemoryOf(client).Numbers[_cluster.IdOf("/root/Main/Players/" + name)].Number;
    }

    [Fact]
    public void What_was_moved_meanwhile_is_taken_back_with_all_below_it_and_told_anew()
    {
        Spawn("A");
        _cluster.Do(_cluster.Spawn("/root/Main/Players/A/Drops", Game.Drop, "D"));
        var client = new TestClient(_cluster, 7, []);
        client.TakeLog();
        _cluster.Hub.Detach(7);
        _cluster.Do(new RenameOperation(NodeRef.At("/root/Main/Players/A"), "Z"));

        var again = new TestClient(_cluster, 7, client.Memory, _cluster.AnotherHub());
        string[] log = [.. again.TakeLog().Where(l => !l.Contains("delta") && l != $"1: path {Game.BobsPose}")];
        Assert.Equal(["1: despawn", "1: despawn", "1: spawn Z with 1", "1: path Main/Players/Z/DropSpawner", "1: spawn D with 1"], log);
        Assert.Equal(2, MemoryOf(again).Spawned.Count);
    }

    [Fact]
    public void A_node_that_was_gone_and_is_there_again_has_another_number()
    {
        Spawn("A");
        var client = new TestClient(_cluster, 7, []);
        SessionMemory before = MemoryOf(client);
        _cluster.Hub.Detach(7);
        Despawn("A");
        Spawn("A");

        var again = new TestClient(_cluster, 7, client.Memory, _cluster.AnotherHub());
        Assert.Equal(["1: despawn", "1: spawn A with 1"], again.TakeLog().Where(l => l.Contains("spawn")));
        uint[] numbers = [.. before.Numbers.Values.Select(n => n.Number)];
        Assert.DoesNotContain(MemoryOf(again).Numbers[_cluster.IdOf("/root/Main/Players/A")].Number, numbers);
    }

    [Fact]
    public void A_number_that_was_lost_on_the_way_is_not_given_again_however_many_gateways_later()
    {
        var client = new TestClient(_cluster, 7, []);
        Spawn("A");
        uint last = MemoryOf(client).Numbers.Values.Max(n => n.Number);
        _cluster.Hub.Detach(7);
        Despawn("A");
        PeerHub second = _cluster.AnotherHub();
        var again = new TestClient(_cluster, 7, client.Memory, second);
        Assert.True(MemoryOf(again).Numbers.Values.All(n => n.Number < last));
        second.Detach(7);
        Spawn("B");
        var third = new TestClient(_cluster, 7, again.Memory, _cluster.AnotherHub());
        Assert.True(MemoryOf(third).Numbers[_cluster.IdOf("/root/Main/Players/B")].Number > last);
    }

    [Fact]
    public void Peers_that_have_gone_or_come_meanwhile_are_told()
    {
        _cluster.Hub.AddPeer(8);
        var client = new TestClient(_cluster, 7, []);
        Assert.Contains("1: AddPeer 8", client.TakeLog());
        _cluster.Hub.Detach(7);

        var again = new TestClient(_cluster, 7, client.Memory, _cluster.AnotherHub(9));
        Assert.Equal(["1: DelPeer 8", "1: AddPeer 9"], again.TakeLog().Where(l => l.Contains("Peer ")));
        Assert.Equal([9], MemoryOf(again).Peers);
    }

    [Fact]
    public void What_a_client_has_numbered_and_spawned_itself_it_need_not_say_again()
    {
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "A"), new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 7));
        var client = new TestClient(_cluster, 7, []);
        Assert.Null(client.Number(1, 5, "Main/Players/A/Pose"));
        _cluster.Hub.Detach(7);
        PeerHub elsewhere = _cluster.AnotherHub();
        var again = new TestClient(_cluster, 7, client.Memory, elsewhere);
        Assert.Null(again.Send(1, writer => new SyncPacketWriter(writer, 3).Append(5 | Packet.PathFlag, Pose())));
        NodeId pose = _cluster.IdOf("/root/Main/Players/A/Pose");
        Assert.NotNull(_cluster.Hub.Live[pose]);

        // What it had sent and has no answer to comes twice.
        Assert.Null(again.Number(1, 5, "Main/Players/A/Pose"));
        Assert.Equal(new("a path's number twice", EndsSession: true), again.Number(1, 5, "Main/Players"));
    }

    [Fact]
    public void A_message_comes_once_and_in_order_whatever_is_lost_on_the_way()
    {
        _cluster.Hub.AddPeer(8);
        var client = new TestClient(_cluster, 7, []);
        client.Messages.Clear();
        var sender = new Outstanding();
        RpcCall[] calls = [.. Enumerable.Range(1, 4).Select(i => sender.Send(new(8, 7, NodeId.None, new byte[] { (byte)i }, (uint)i), Timestamp.Zero))];
        Assert.True(Bring(calls[0]));
        Assert.True(Bring(calls[2])); // the second was lost
        Assert.Equal(["8 #1"], client.Messages);
        foreach (RpcCall call in sender.Again(7, Timestamp.Zero)) Assert.True(Bring(call));
        Assert.Equal(["8 #1", "8 through #0", "8 #2", "8 #3", "8 #4"], client.Messages);
        client.Session.OnHeard(8, 3);
        Assert.Equal("8 through #3", client.Messages[^1]);
        sender.OnArrived(7, 3);
        Assert.Equal([4U], sender.Again(7, Timestamp.Zero).Select(c => c.Number));
        client.Session.OnHeard(8, 9); // it cannot have that
        Assert.Equal("8 through #3", client.Messages[^1]);

        bool Bring(RpcCall call) => _cluster.Hub.Deliver(call, Timestamp.Zero);
    }

    [Fact]
    public void A_message_that_waits_for_its_node_in_vain_is_given_up_and_said_to_have_arrived()
    {
        _cluster.Hub.AddPeer(8);
        var client = new TestClient(_cluster, 7, []);
        client.Messages.Clear();
        Spawn("A");
        NodeId node = _cluster.IdOf("/root/Main/Players/A");
        Despawn("A");
        Assert.True(_cluster.Hub.Deliver(new(8, 7, node, new byte[] { 1 }, 1), Timestamp.Zero));
        Assert.True(_cluster.Hub.Deliver(new(8, 7, node, new byte[] { 1 }, 2, 1), Timestamp.Zero));
        Assert.Equal(2, _cluster.Hub.Tick(Timestamp.FromMicroseconds(6_000_000)));
        Assert.Equal(["8 through #1", "8 through #2"], client.Messages);
    }

    [Fact]
    public void What_is_given_up_does_not_speak_for_what_is_still_on_its_way()
    {
        var arrivals = new Arrivals();
        Assert.Equal(Arrival.New, arrivals.Take(new(8, 7, NodeId.None, default, 1)));
        arrivals.OnDelivered(8, 1);
        Assert.Equal(Arrival.New, arrivals.Take(new(8, 7, NodeId.None, default, 2, 1)));
        Assert.False(arrivals.OnGivenUp(8, 2));
        Assert.Equal(0U, arrivals.HeardFrom(8));
        Assert.True(arrivals.OnHeard(8, 1));
        Assert.Equal(2U, arrivals.HeardFrom(8));
    }

    [Fact]
    public void Everything_before_the_first_thing_that_is_under_way_is_done()
    {
        var outstanding = new Outstanding();
        Assert.True(outstanding.TryBegin(1, out _));
        Assert.True(outstanding.TryTakeDone(out uint done));
        Assert.Equal(1U, done);
        Assert.True(outstanding.TryBegin(2, out _));
        outstanding.Hold(2);
        outstanding.Hold(2);
        Assert.True(outstanding.TryBegin(3, out _));
        Assert.False(outstanding.TryTakeDone(out _));
        outstanding.Release(2);
        Assert.False(outstanding.TryTakeDone(out _));
        outstanding.Release(2);
        Assert.True(outstanding.TryTakeDone(out done));
        Assert.Equal(3U, done);
        Assert.False(outstanding.TryBegin(3, out bool isGap));
        Assert.False(isGap);
        Assert.False(outstanding.TryBegin(5, out isGap));
        Assert.True(isGap);
    }

    [Theory]
    [InlineData("4E")]
    [InlineData("4E0000000000000001", "00")]
    [InlineData("58", "00")]
    [InlineData("5007000000", "02")]
    public void What_no_gateway_has_written_is_no_memory(string key, string value = "")
    {
        var memory = new SortedDictionary<string, byte[]> { [key] = Convert.FromHexString(value) };
        Assert.False(SessionMemory.TryRead(TestClient.Packed(memory), 10, out _));
    }

    [Fact]
    public void No_memory_brings_a_session_down()
    {
        Spawn("A");
        var client = new TestClient(_cluster, 7, []);
        client.Number(1, 5, "Main/Players/A/Pose");
        byte[] packed = TestClient.Packed(client.Memory);
        _cluster.Hub.Detach(7);
        var random = new SeededRandom(4);
        int taken = 0;
        for (int i = 0; i < 3_000; i++)
        {
            var mutated = (byte[])packed.Clone();
            for (int flips = 1 + random.Next(3); flips > 0; flips--) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            if (!SessionMemory.TryRead(mutated, 1_000, out SessionMemory? memory)) continue;
            taken++;
            var other = new TestClient(_cluster, 8);
            _cluster.Hub.Remove(8);
            _cluster.Hub.Add(9, new Resumer(other), memory);
            _cluster.Hub.Remove(9);
        }

        Assert.InRange(taken, 300, 2_999);
    }

    private static SessionMemory MemoryOf(TestClient client)
    {
        Assert.True(SessionMemory.TryRead(TestClient.Packed(client.Memory), 1_000, out SessionMemory? memory));
        return memory;
    }

    private static byte[] Pose()
    {
        var writer = new ByteWriter();
        CompressedVariant.Write(writer, new Vector3(1, 2, 3));
        CompressedVariant.Write(writer, new Vector3(0, 1, 0));
        return writer.ToArray();
    }

    private void Spawn(string name) => _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, name));

    private void Despawn(string name) => _cluster.Do(new DespawnOperation(NodeRef.At("/root/Main/Players/" + name)));

    // As another client, with a memory of its own.
    private sealed class Resumer(TestClient inner) : IPeerOutbox
    {
        public bool CanResume => true;

        public bool CanMove => true;

        public void Move(NodeMove move)
        {
        }

        public void Remember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => inner.Remember(key, value);

        public void Send(ReadOnlySpan<byte> packet)
        {
        }

        public void Deliver(int source, uint number, ReadOnlySpan<byte> packet)
        {
        }

        public void Transact(uint number, int index, IReadOnlyList<SceneOperation> operations, Action<bool, IReadOnlyList<NodeId>>? done)
        {
        }

        public void Hold(uint number)
        {
        }

        public void Release(uint number)
        {
        }

        public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state)
        {
        }

        public void Call(RpcCall call)
        {
        }

        public void Arrived(int source, uint through)
        {
        }
    }
}
