using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests;

public sealed class PeerSessionTests
{
    private readonly SmallCluster _cluster = new();

    [Fact]
    public void A_client_hears_of_the_spawner_before_the_node_and_of_the_node_before_its_state()
    {
        var client = new TestClient(_cluster, 7);
        Assert.Equal([$"1: path {Game.BobsPose}"], client.TakeLog());
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "A"));
        Assert.Equal(["1: path Main/Spawner", "1: spawn A with 1"], client.TakeLog());
        _cluster.Do(_cluster.Spawn("/root/Main/Players/A/Drops", Game.Drop, "D"));
        Assert.Equal(["1: path Main/Players/A/DropSpawner", "1: spawn D with 1"], client.TakeLog());
        _cluster.Do(new SetPropertiesOperation(NodeRef.At("/root/Main/Players/A/Drops/D"), [new("count", PropertyValue.Encode(3))]));
        Assert.Equal(["1: delta"], client.TakeLog());
        _cluster.Do(new DespawnOperation(NodeRef.At("/root/Main/Players/A")));
        Assert.Equal(["1: despawn", "1: despawn"], client.TakeLog());
    }

    [Fact]
    public void State_of_a_node_from_the_scene_file_waits_for_the_paths_confirmation()
    {
        var client = new TestClient(_cluster, 7);
        NodeRef bob = NodeRef.At("/root/Main/Players/Bob");
        _cluster.Do(new SetPropertiesOperation(bob, [new("title", PropertyValue.Encode("Sir"))]));
        Assert.Equal([$"1: path {Game.BobsPose}"], client.TakeLog());
        _cluster.Hub.Remove(7);

        var again = new TestClient(_cluster, 8);
        again.ConfirmAll();
        Assert.Equal([$"1: path {Game.BobsPose}", "1: delta"], again.TakeLog());
    }

    [Fact]
    public void What_a_peer_owns_comes_in_its_name_and_only_while_it_is_there()
    {
        var owner = new TestClient(_cluster, 7);
        var other = new TestClient(_cluster, 8);
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "A"), new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 7));
        other.ConfirmAll();
        Assert.Equal([$"1: path {Game.BobsPose}", "1: path Main/Spawner", "1: spawn A with 0", "7: path Main/Players/A/Pose"], other.TakeLog().Where(l => !l.Contains("AddPeer")));
        owner.TakeLog();
        Assert.Null(owner.Number(1, 5, "Main/Players/A/Pose"));
        Assert.Equal(["1: confirmed 5"], owner.TakeLog());
        Assert.Null(Sync(owner, 5, 1, new Vector3(1, 2, 3), new Vector3(0, 1, 0)));
        _cluster.Hub.Tick(Timestamp.Zero);
        Assert.Equal(["7: sync"], other.TakeLog());
        Assert.Empty(owner.TakeLog());

        // The same again, or late, is not told.
        Assert.Null(Sync(owner, 5, 2, new Vector3(1, 2, 3), new Vector3(0, 1, 0)));
        Assert.Null(Sync(owner, 5, 1, new Vector3(9, 9, 9), new Vector3(0, 1, 0)));
        _cluster.Hub.Tick(Timestamp.Zero);
        Assert.Empty(other.TakeLog());

        _cluster.Hub.Remove(7);
        Assert.Equal(["1: DelPeer 7"], other.TakeLog());
    }

    [Fact]
    public void Only_the_authority_is_believed()
    {
        var client = new TestClient(_cluster, 7);
        Assert.Null(client.Number(1, 5, Game.BobsPose));
        Refusal? refusal = Sync(client, 5, 1, new Vector3(1, 2, 3), new Vector3(0, 1, 0));
        Assert.Equal(new("a state of a synchronizer that is another's", EndsSession: false), refusal);
        refusal = client.Send(1, writer => new DeltaPacketWriter(writer).Append(5 | Packet.PathFlag, 1, Encode(50)));
        Assert.False(refusal!.Value.EndsSession);
        Assert.Empty(client.Transactions);
        Assert.Empty(_cluster.Hub.Live.Fresh);
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/Bob/Pose"), 7));
        Assert.Null(client.Send(1, writer => new DeltaPacketWriter(writer).Append(5 | Packet.PathFlag, 1, Encode(50))));
        SetPropertiesOperation write = Assert.IsType<SetPropertiesOperation>(Assert.Single(Assert.Single(client.Transactions)));
        Assert.Equal(("health", NodeRef.Of(_cluster.IdOf("/root/Main/Players/Bob"))), (Assert.Single(write.Properties).Name, write.Node));
    }

    [Fact]
    public void A_state_that_does_not_fit_ends_the_session()
    {
        var client = new TestClient(_cluster, 7);
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/Bob/Pose"), 7));
        Assert.Null(client.Number(1, 5, Game.BobsPose));
        Assert.True(Sync(client, 5, 1, new Vector3(1, 2, 3))!.Value.EndsSession);
        Assert.True(client.Send(1, writer => new DeltaPacketWriter(writer).Append(5 | Packet.PathFlag, 4, Encode(50)))!.Value.EndsSession);
    }

    [Fact]
    public void What_moves_comes_back_under_other_numbers()
    {
        var client = new TestClient(_cluster, 7);
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "A"));
        uint before = NetIdOf(client, "A");
        _cluster.Do(new RenameOperation(NodeRef.At("/root/Main/Players/A"), "B"));
        Assert.Equal(["1: despawn", "1: spawn B with 1"], client.TakeLog().TakeLast(2));
        _cluster.Do(new RenameOperation(NodeRef.At("/root/Main/Players/B"), "C"));
        Assert.NotEqual(before, NetIdOf(client, "C"));
    }

    [Fact]
    public void A_client_is_called_once_it_has_the_node_and_knows_the_caller_and_in_order()
    {
        var client = new TestClient(_cluster, 7);
        _cluster.Do(_cluster.Spawn("/root/Main", Game.Drop, "Hidden")); // no spawner has this parent
        client.TakeLog();
        RpcCall Call(int from, string path, ushort method)
        {
            var packet = new ByteWriter();
            RpcPacket.Write(packet, 0, method, []);
            return new(from, 7, _cluster.IdOf(path), packet.ToArray());
        }

        Assert.True(_cluster.Hub.Deliver(Call(1, "/root/Main", 0), Timestamp.Zero));
        Assert.Equal(["1: path Main", "1: call 0 of Main"], client.TakeLog());
        Assert.True(_cluster.Hub.Deliver(Call(8, "/root/Main", 1), Timestamp.Zero));
        Assert.True(_cluster.Hub.Deliver(Call(1, "/root/Main/Hidden", 2), Timestamp.Zero));
        Assert.True(_cluster.Hub.Deliver(Call(1, "/root/Main", 3), Timestamp.Zero));
        Assert.Empty(client.TakeLog());

        _cluster.Hub.AddPeer(8);
        Assert.Equal(["1: AddPeer 8", "8: path Main", "8: call 1 of Main"], client.TakeLog());
        _cluster.Do(new ReparentOperation(NodeRef.At("/root/Main/Hidden"), NodeRef.At("/root/Main/Players")));
        Assert.Equal(["1: path Main/Spawner", "1: spawn Hidden with 1", "1: path Main/Players/Hidden", "1: call 2 of Main/Players/Hidden", "1: call 3 of Main"], client.TakeLog());
        // Who is not there may be about to come.
        Assert.True(_cluster.Hub.Deliver(Call(1, "/root/Main", 3) with { To = 9 }, Timestamp.Zero));
        Assert.Equal(["1: path Main", "1: call 3 of Main"], new TestClient(_cluster, 9).TakeLog().Where(p => p.Contains("Main") && !p.Contains("Players")).Where(p => !p.EndsWith("Spawner")));
    }

    [Fact]
    public void What_never_finds_its_node_is_given_up()
    {
        var client = new TestClient(_cluster, 7);
        _cluster.Do(_cluster.Spawn("/root/Main", Game.Drop, "Hidden"));
        client.TakeLog();
        var packet = new ByteWriter();
        RpcPacket.Write(packet, 0, 0, []);
        Assert.True(_cluster.Hub.Deliver(new(1, 7, _cluster.IdOf("/root/Main/Hidden"), packet.ToArray()), Timestamp.Zero));
        Assert.True(_cluster.Hub.Deliver(new(8, 7, NodeId.None, new byte[] { 1 }), Timestamp.Zero));
        Assert.Equal(0, _cluster.Hub.Tick(Timestamp.Zero.Add(4_000_000)));
        Assert.Equal(2, _cluster.Hub.Tick(Timestamp.Zero.Add(6_000_000)));
        _cluster.Hub.AddPeer(8);
        Assert.Equal(["1: AddPeer 8"], client.TakeLog());
    }

    [Fact]
    public void A_peer_spawns_with_a_spawner_of_its_own_moves_what_it_has_spawned_and_despawns_it()
    {
        var owner = new TestClient(_cluster, 7);
        var other = new TestClient(_cluster, 8);
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Spawner"), 7));
        owner.TakeLog();
        other.TakeLog();
        Assert.Null(owner.Number(1, 1, "Main/Spawner"));
        Assert.Null(owner.Send(1, writer => SpawnPacket.Write(writer, 0, 1, 100, [101], "X"u8, Encode(new Vector3(1, 2, 3), 9, "Sir"))));
        Assert.Null(owner.Send(1, writer => new DeltaPacketWriter(writer).Append(101, 2, Encode("Lord")))); // before it is in the tree
        Assert.Equal(["1: confirmed 1"], owner.TakeLog());
        _cluster.Do([.. Assert.Single(owner.Transactions)]);
        Assert.Equal(["7: path Main/Spawner", "7: spawn X with 1", "7: delta"], other.TakeLog());
        Assert.Empty(owner.TakeLog());
        Assert.Equal(2, owner.Transactions.Count);
        _cluster.Do([.. owner.Transactions[1]]);
        Assert.Equal(["7: delta"], other.TakeLog());
        Assert.Null(owner.Send(1, writer => new SyncPacketWriter(writer, 1).Append(101, Encode(new Vector3(4, 5, 6), new Vector3(0, 0, 0)))));
        _cluster.Hub.Tick(Timestamp.Zero);
        Assert.Equal(["7: sync"], other.TakeLog());

        // Who comes late has it with its latest state.
        var late = new TestClient(_cluster, 9);
        Assert.Contains("7: spawn X with 1", late.TakeLog());

        Assert.Null(owner.Send(1, writer => DespawnPacket.Write(writer, 100)));
        _cluster.Do([.. owner.Transactions[2]]);
        Assert.Equal(["7: despawn"], other.TakeLog().Where(l => l != "1: AddPeer 9"));
        Assert.Equal("a despawn of nothing", owner.Send(1, writer => DespawnPacket.Write(writer, 100))!.Value.Why);
    }

    [Fact]
    public void A_peer_spawns_nothing_with_spawners_that_are_not_its_own_and_nothing_that_they_do_not_list()
    {
        var client = new TestClient(_cluster, 7);
        Assert.Null(client.Number(1, 1, "Main/Spawner"));
        Refusal? Spawn(byte scene, uint spawner, params Variant[] state) =>
            client.Send(1, writer => SpawnPacket.Write(writer, scene, spawner, 100, [101], "X"u8, Encode(state)));
        Assert.Equal("a spawn by a spawner that is another's", Spawn(0, 1)!.Value.Why);
        Assert.Equal("a spawn by no spawner", Spawn(0, 2)!.Value.Why);
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Spawner"), 7));
        Assert.True(Spawn(5, 1)!.Value.EndsSession);
        Assert.True(Spawn(0, 1, 1)!.Value.EndsSession);
        Assert.Empty(client.Transactions);
    }

    [Fact]
    public void Paths_and_refusals_have_a_limit()
    {
        var client = new TestClient(_cluster, 7);
        for (uint i = 1; i <= 50; i++) Assert.Null(client.Number(1, i, $"Main/Nothing{i}"));
        Assert.Equal(new("too many paths", EndsSession: true), client.Number(1, 51, "Main"));
        var other = new TestClient(_cluster, 8);
        Assert.Equal(new("a path's number twice", EndsSession: true), Twice(other));
        Refusal? last = null;
        for (int i = 0; i < 25; i++) last = other.Send(1, writer => DespawnPacket.Write(writer, 3));
        Assert.Equal(new("too many packets that were refused", EndsSession: true), last);
        Refusal? Twice(TestClient c) => c.Number(1, 1, "Main") ?? c.Number(1, 1, "Main/Players");
    }

    [Fact]
    public void No_bytes_bring_a_session_down()
    {
        var client = new TestClient(_cluster, 7);
        var other = new TestClient(_cluster, 8);
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "A"), new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 7));
        List<byte[]> packets = [.. client.Received, .. other.Received];
        foreach (Action<ByteWriter> write in new Action<ByteWriter>[]
        {
            w => SimplifyPathPacket.Write(w, System.Text.Encoding.UTF8.GetBytes(RpcMethods.None.Md5), 5, "Main/Players/A/Pose"u8),
            w => new SyncPacketWriter(w, 3).Append(5 | Packet.PathFlag, Encode(new Vector3(1, 2, 3), new Vector3(0, 1, 0))),
            w => new DeltaPacketWriter(w).Append(5 | Packet.PathFlag, 3, Encode(5, "x")),
            w => RpcPacket.WriteWithPath(w, "Main"u8, 0, ["x", 5]),
            w => SystemPacket.WriteRelay(w, 8, [3, 1, 2]),
            w => SystemPacket.WriteRelay(w, 0, [3, 1, 2]),
        })
        {
            var writer = new ByteWriter();
            write(writer);
            packets.Add(writer.ToArray());
        }

        var random = new SeededRandom(3);
        int taken = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] packet = [.. packets[random.Next(packets.Count)]];
            if (random.Chance(0.2)) packet = packet[..random.Next(packet.Length + 1)];
            for (int flips = random.Next(4); flips > 0 && packet.Length > 0; flips--) packet[random.Next(packet.Length)] ^= (byte)(1 << random.Next(8));
            if (client.Send(packet) is null) taken++;
            client.Received.Clear();
            client.Transactions.Clear();
            client.Raw.Clear();
            client.Calls.Clear();
            other.Received.Clear();
            if (i % 1000 == 0) _cluster.Hub.Tick(Timestamp.Zero);
        }

        Assert.InRange(taken, 1_000, 99_000);
    }

    private static Refusal? Sync(TestClient client, uint number, ushort sequence, params Variant[] values) =>
        client.Send(1, writer => new SyncPacketWriter(writer, sequence).Append(number | Packet.PathFlag, Encode(values)));

    private static byte[] Encode(params Variant[] values)
    {
        var writer = new ByteWriter();
        State.Write(writer, values);
        return writer.ToArray();
    }

    private static uint NetIdOf(TestClient client, string name)
    {
        foreach (byte[] packet in client.Received)
        {
            if (SpawnPacket.TryRead(packet, out SpawnPacket spawn) && System.Text.Encoding.UTF8.GetString(spawn.Name) == name) return spawn.NetId;
        }

        Assert.Fail($"{name} was not spawned");
        return 0;
    }
}
