using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Tests;

/// <summary>What a client makes with a spawn_function of its own.</summary>
public sealed class CustomSpawnTests
{
    private readonly SmallCluster _cluster = new();
    private readonly TestClient _owner;
    private readonly TestClient _other;

    public CustomSpawnTests()
    {
        _owner = new(_cluster, 7);
        _other = new(_cluster, 8);
        _cluster.Do(_cluster.Spawn("/root", Game.Bombs, "Bombs"), new SetAuthorityOperation(NodeRef.At("/root/Bombs/Second"), 7));
        Assert.Null(_owner.Number(1, 1, "Bombs/Second"));
        Clear();
    }

    [Fact]
    public void Others_make_it_from_the_same_argument_under_the_same_name_and_so_does_who_comes_late()
    {
        Assert.Null(Spawn(100, [], "B", "boom", []));
        _cluster.Do([.. Assert.Single(_owner.Transactions)]);
        Assert.Equal([("B", "\"boom\"", "Bombs/Second")], _other.CustomSpawns());
        Assert.Equal(["7: path Bombs/Second", "7: spawn B with 0"], _other.TakeLog());
        Assert.Empty(_owner.TakeLog());
        var late = new TestClient(_cluster, 9);
        Assert.Equal([("B", "\"boom\"", "Bombs/Second")], late.CustomSpawns());

        Assert.Null(_owner.Send(1, writer => DespawnPacket.Write(writer, 100)));
        _cluster.Do([.. _owner.Transactions[1]]);
        Assert.Equal(["7: despawn"], _other.TakeLog().Where(l => !l.Contains("Peer")));
        Assert.Empty(_cluster.World.Spawned);
    }

    [Fact]
    public void The_state_of_its_synchronizers_goes_by_their_numbers()
    {
        Assert.Null(Spawn(100, [101, 102], "B", "boom", [new Vector2(1, 2), 5]));
        Assert.Null(_owner.Send(1, writer => new DeltaPacketWriter(writer).Append(102, 0b101, Encode("x", 3)))); // before it is in the tree
        _cluster.Do([.. Assert.Single(_owner.Transactions)]);
        Assert.Equal(Encode(new Vector2(1, 2), 5), StateOf(_other, "B"));
        Assert.Equal(["7: path Bombs/Second", "7: spawn B with 2"], _other.TakeLog());
        _cluster.Do([.. _owner.Transactions[1]]);
        Assert.Equal([(0b101UL, Convert.ToHexString(Encode("x", 3)))], DeltasOf(_other));
        Assert.Equal(["7: delta"], _other.TakeLog());
        Assert.Null(_owner.Send(1, writer => new SyncPacketWriter(writer, 1).Append(101, Encode(1, 2, 3))));
        _cluster.Hub.Tick(Timestamp.Zero);
        Assert.Equal(["7: sync"], _other.TakeLog());
        Assert.Null(_owner.Send(1, writer => new SyncPacketWriter(writer, 1).Append(101, Encode(4)))); // late
        _cluster.Hub.Tick(Timestamp.Zero);
        Assert.Empty(_other.TakeLog());

        // Who comes late has all of it.
        var late = new TestClient(_cluster, 9);
        Assert.Equal(Encode(new Vector2(1, 2), 5), StateOf(late, "B"));
        Assert.Equal([(0b101UL, Convert.ToHexString(Encode("x", 3)))], DeltasOf(late));
        Assert.Contains("7: sync", late.TakeLog());
        Assert.DoesNotContain(_owner.TakeLog(), l => !l.Contains("Peer"));
    }

    [Fact]
    public void Nobody_else_writes_them_and_they_have_no_path()
    {
        Assert.Null(Spawn(100, [101], "B", "boom", []));
        _cluster.Do([.. Assert.Single(_owner.Transactions)]);
        _other.TakeLog();
        Synchronizer standIn = Assert.Single(_cluster.World.Synchronizers.Values, s => s.IsStandIn);
        Assert.Equal((7, _cluster.IdOf("/root/Bombs/B")), (standIn.Authority, standIn.Root));
        Assert.Null(_owner.Number(1, 5, _cluster.World.PathOf(standIn.Node)!));
        Assert.NotNull(_owner.Send(1, writer => new SyncPacketWriter(writer, 1).Append(5 | Packet.PathFlag, Encode(1))));
        _cluster.Do(new SetAuthorityOperation(NodeRef.Of(standIn.Node), 1));
        Assert.Empty(_other.TakeLog());
        Assert.NotNull(_owner.Send(1, writer => new SyncPacketWriter(writer, 2).Append(101, Encode(1))));
    }

    [Fact]
    public void The_code_hides_them_like_others()
    {
        Assert.Null(Spawn(100, [101], "B", "boom", []));
        _cluster.Do([.. Assert.Single(_owner.Transactions)]);
        _other.TakeLog();
        _cluster.Do(new SetAttachmentsOperation(NodeRef.At("/root/Bombs/B/" + StandIn.NameOf(0)), [SyncVisibility.Write(0, false)]));
        Assert.Equal(["7: despawn"], _other.TakeLog());
        Assert.Empty(_owner.TakeLog());
    }

    [Fact]
    public void What_goes_beyond_is_refused()
    {
        Assert.False(Spawn(100, [.. Enumerable.Range(200, 17).Select(i => (uint)i)], "B", "boom", [])!.Value.EndsSession);
        Assert.True(Spawn(100, [], "B", "boom", [1])!.Value.EndsSession); // whose?
        Assert.True(Spawn(100, [101], "B", "boom", [.. Enumerable.Range(0, 257).Select(i => (Variant)i)])!.Value.EndsSession);
        Assert.False(Spawn(100, [], "B", new string('x', 70_000), [])!.Value.EndsSession);
        Assert.Equal("a spawn by a spawner that is another's", Other()!.Value.Why);
        Assert.Empty(_owner.Transactions);

        // What is in nobody's tree but the client's own is not here; that is no reason to end the session.
        Assert.Null(_owner.Number(1, 9, "Bombs/B/Inner/Sync"));
        for (int i = 0; i < 100; i++)
            Assert.False(_owner.Send(1, writer => new SyncPacketWriter(writer, 1).Append(9 | Packet.PathFlag, Encode(1)))!.Value.EndsSession);

        Refusal? Other()
        {
            Assert.Null(_owner.Number(1, 2, "Bombs/First"));
            return _owner.Send(1, writer => SpawnPacket.WriteCustom(writer, 2, 100, [], "B"u8, Encode("boom"), []));
        }
    }

    [Fact]
    public void No_bytes_bring_a_session_down()
    {
        var packet = new ByteWriter();
        SpawnPacket.WriteCustom(packet, 1, 100, [101, 102], "B"u8, Encode(new VariantArray([1, "x"])), Encode(1, "y"));
        byte[] good = packet.ToArray();
        var random = new SeededRandom(5);
        int taken = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good];
            if (random.Chance(0.2)) bytes = bytes[..random.Next(bytes.Length + 1)];
            for (int flips = random.Next(3); flips > 0 && bytes.Length > 0; flips--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            if (_owner.Send(bytes) is null) taken++;
            _owner.Transactions.Clear();
        }

        Assert.InRange(taken, 100, 19_999);
    }

    private Refusal? Spawn(uint netId, uint[] synchronizers, string name, string argument, Variant[] state) => _owner.Send(
        1, writer => SpawnPacket.WriteCustom(writer, 1, netId, synchronizers, System.Text.Encoding.UTF8.GetBytes(name), Encode(argument), Encode(state)));

    private void Clear()
    {
        _owner.TakeLog();
        _other.TakeLog();
    }

    private static byte[] StateOf(TestClient client, string name)
    {
        foreach (byte[] packet in client.Received)
        {
            if (SystemPacket.TryRead(packet, out SystemPacket system) && SpawnPacket.TryRead(system.Payload, out SpawnPacket spawn) && System.Text.Encoding.UTF8.GetString(spawn.Name) == name)
                return spawn.State.ToArray();
        }

        throw new InvalidOperationException($"{name} was not spawned");
    }

    private static List<(ulong Mask, string State)> DeltasOf(TestClient client)
    {
        var all = new List<(ulong, string)>();
        foreach (byte[] packet in client.Received)
        {
            if (!SystemPacket.TryRead(packet, out SystemPacket system) || !DeltaPacket.TryRead(system.Payload, out DeltaPacket delta)) continue;
            foreach (DeltaPacket.Entry entry in delta) all.Add((entry.Mask, Convert.ToHexString(entry.State)));
        }

        return all;
    }

    private static byte[] Encode(params Variant[] values)
    {
        var writer = new ByteWriter();
        State.Write(writer, values);
        return writer.ToArray();
    }
}
