using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Code;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Tests.Visibility;

public sealed class VisibilityTests
{
    private const string Pose = "/root/Main/Players/A/Pose";
    private readonly SmallCluster _cluster = new();

    [Fact]
    public void A_node_is_spawned_and_despawned_for_one_client_as_it_is_shown_and_hidden()
    {
        var seven = new TestClient(_cluster, 7);
        var eight = new TestClient(_cluster, 8);
        Spawn("A");
        Drop("A", "D");
        Clear(seven, eight);
        _cluster.Do(Show(Pose, 0, false), Show(Pose, 8, true));
        Assert.Equal(["1: despawn", "1: despawn"], seven.TakeLog());
        Assert.Empty(eight.TakeLog());
        _cluster.Do(new SetPropertiesOperation(NodeRef.At("/root/Main/Players/A"), [new("title", PropertyValue.Encode("Sir"))]));
        _cluster.Do(new SetPropertiesOperation(NodeRef.At("/root/Main/Players/A/Drops/D"), [new("count", PropertyValue.Encode(3))]));
        Drop("A", "E");
        Assert.Empty(seven.TakeLog());
        Assert.Equal(["1: delta", "1: delta", "1: spawn E with 1"], eight.TakeLog());

        _cluster.Do(Show(Pose, 7, true));
        // The spawner is told anew: to a client that has not had a frame in between, what it knew of it is what it has lost.
        Assert.Equal(["1: spawn A with 1", "1: path Main/Players/A/DropSpawner", "1: spawn D with 1", "1: spawn E with 1", "1: delta"], seven.TakeLog());
        Assert.Empty(eight.TakeLog());
    }

    [Fact]
    public void What_is_public_is_seen_by_everybody_whatever_is_said_of_one()
    {
        var client = new TestClient(_cluster, 7);
        Spawn("A");
        client.TakeLog();
        _cluster.Do(Show(Pose, 7, true), Show(Pose, 7, false));
        Assert.Empty(client.TakeLog());
        _cluster.Do(Show(Pose, 0, false));
        Assert.Equal(["1: despawn"], client.TakeLog());
        _cluster.Do(Show(Pose, 0, true));
        Assert.Equal(["1: spawn A with 1"], client.TakeLog());
    }

    [Fact]
    public void What_a_scene_places_stays_but_its_state_is_not_told_and_nobody_is_called_there()
    {
        const string Bob = "/root/Main/Players/Bob";
        var client = new TestClient(_cluster, 7);
        client.ConfirmAll();
        client.TakeLog();
        _cluster.Do(Show(Bob + "/Pose", 0, false));
        _cluster.Do(new SetPropertiesOperation(NodeRef.At(Bob), [new("title", PropertyValue.Encode("Sir"))]));
        Call(7, Bob);
        Assert.Empty(client.TakeLog());
        Assert.Equal(1, _cluster.Hub.HiddenCallsCount);
        _cluster.Do(Show(Bob + "/Pose", 7, true));
        Assert.Equal(["1: delta"], client.TakeLog());
        Call(7, Bob);
        Assert.Equal(["1: path Main/Players/Bob", "1: call 0 of Main/Players/Bob"], client.TakeLog());
    }

    [Fact]
    public void What_is_said_of_one_peer_alone_is_forgotten_with_it()
    {
        const string OfB = "/root/Main/Players/B/Pose";
        Spawn("A");
        Spawn("B");
        _cluster.Do(Show(Pose, 0, false), Show(Pose, 7, true), Show(Pose, 8, true), Show(OfB, 7, true));
        SceneOperation[] forget = [.. SyncVisibility.Forget(_cluster.World, 7)];
        Assert.Equal(2, forget.Length);
        _cluster.Do(forget);
        Assert.Equal(["visible_to/0", "visible_to/8"], Attachments(Pose));
        Assert.Empty(Attachments(OfB));
        Assert.Empty(SyncVisibility.Forget(_cluster.World, 7));

        IEnumerable<string> Attachments(string path) => _cluster.World.Tree.TryFind(path, out Scene.Tree.MirrorNode? node) ? node.Attachments.Keys : ["no such node"];
    }

    [Fact]
    public void Who_comes_never_hears_of_what_is_hidden()
    {
        Spawn("A");
        Drop("A", "D");
        _cluster.Do(Show(Pose, 0, false));
        var client = new TestClient(_cluster, 7);
        Assert.Equal(["1: path Main/Players/Bob/Pose"], client.TakeLog());
        Call(7, "/root/Main/Players/A/Drops/D");
        Assert.Equal(1, _cluster.Hub.HiddenCallsCount);
        Assert.Equal(0, _cluster.Hub.Tick(Timestamp.Zero.Add(10_000_000)));
        Assert.Empty(client.TakeLog());
    }

    [Fact]
    public void What_comes_hidden_in_one_change_is_never_told()
    {
        var client = new TestClient(_cluster, 7);
        client.TakeLog();
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "A"), Show(Pose, 0, false));
        Assert.Empty(client.TakeLog());
    }

    [Fact]
    public void A_client_cannot_find_out_by_trying()
    {
        Spawn("A");
        _cluster.Do(Show(Pose, 0, false));
        var client = new TestClient(_cluster, 7);
        client.TakeLog();
        byte[] wrong = [.. Enumerable.Repeat((byte)'a', 32)];
        Assert.Null(client.Send(1, writer => SimplifyPathPacket.Write(writer, wrong, 1, "Main/Players/A"u8)));
        Assert.Null(client.Send(1, writer => SimplifyPathPacket.Write(writer, wrong, 2, "Main/Players/Nobody"u8)));
        Assert.Equal(["1: confirmed 1", "1: confirmed 2"], client.TakeLog());
        Assert.Equal(Call(1), Call(2));
        Assert.False(Call(1)!.Value.EndsSession);
        // Once it is shown, the path that it has numbered is there.
        _cluster.Do(Show(Pose, 7, true));
        Assert.NotEqual(Call(1), Call(2));

        Refusal? Call(uint number) => client.Send(1, writer => RpcPacket.Write(writer, number, 0, []));
    }

    [Fact]
    public void The_state_of_a_peer_goes_only_to_those_to_whom_it_is_shown()
    {
        var owner = new TestClient(_cluster, 7);
        var friend = new TestClient(_cluster, 8);
        var other = new TestClient(_cluster, 9);
        // The player is spawned by the cluster, of which no synchronizer is: it is there for all.
        _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, "A"), new SetAuthorityOperation(NodeRef.At(Pose), 7), Show(Pose, 0, false), Show(Pose, 8, true));
        Assert.DoesNotContain("7: path Main/Players/A/Pose", other.TakeLog());
        friend.ConfirmAll();
        Assert.Contains("7: path Main/Players/A/Pose", friend.TakeLog());
        Assert.Null(owner.Number(1, 5, "Main/Players/A/Pose"));
        Assert.Null(owner.Send(1, writer => new SyncPacketWriter(writer, 1).Append(5 | Packet.PathFlag, Encode(new Vector3(1, 2, 3), new Vector3(0, 1, 0)))));
        _cluster.Hub.Tick(Timestamp.Zero);
        Assert.Equal(["7: sync"], friend.TakeLog());
        Assert.Empty(other.TakeLog());
        // Whoever writes it sees it.
        _cluster.Do(new SetAuthorityOperation(NodeRef.At(Pose), 9));
        Assert.DoesNotContain("9: path Main/Players/A/Pose", other.TakeLog());
        Assert.Contains("9: path Main/Players/A/Pose", friend.TakeLog());
    }

    [Fact]
    public void A_node_with_several_synchronizers_is_there_if_one_is_visible_and_the_state_of_the_hidden_one_is_not_told()
    {
        _cluster.Do(_cluster.Spawn("/root", Game.Bombs, "Bombs"));
        var client = new TestClient(_cluster, 7);
        client.TakeLog();
        _cluster.Do(
            _cluster.Spawn("/root/Bombs", Game.Pair, "P"), new SetPropertiesOperation(NodeRef.At("/root/Bombs/P"), [new("count", PropertyValue.Encode(3)), new("speed", PropertyValue.Encode(4))]),
            Show("/root/Bombs/P/One", 0, false));
        Assert.Equal(0, StateLengthOf(client, "P"));
        Assert.Equal(["1: path Bombs/First", "1: spawn P with 2", "1: delta"], client.TakeLog());
        _cluster.Do(new SetPropertiesOperation(NodeRef.At("/root/Bombs/P"), [new("count", PropertyValue.Encode(5))]));
        Assert.Empty(client.TakeLog());
        _cluster.Do(Show("/root/Bombs/P/One", 7, true));
        Assert.Equal(["1: delta"], client.TakeLog());
        _cluster.Do(Show("/root/Bombs/P/Two", 0, false), Show("/root/Bombs/P/One", 7, false));
        Assert.Equal(["1: despawn"], client.TakeLog());
    }

    [Fact]
    public void A_client_that_resumes_has_lost_what_was_hidden_meanwhile_and_gets_what_was_shown()
    {
        Spawn("A");
        Spawn("B");
        Drop("A", "D");
        _cluster.Do(Show("/root/Main/Players/B/Pose", 0, false));
        var client = new TestClient(_cluster, 7, []);
        client.ConfirmAll();
        client.TakeLog();
        _cluster.Hub.Detach(7);
        _cluster.Do(Show(Pose, 0, false), Show("/root/Main/Players/B/Pose", 7, true));

        var again = new TestClient(_cluster, 7, client.Memory, _cluster.AnotherHub());
        Assert.Equal(["1: despawn", "1: despawn", "1: spawn B with 1"], again.TakeLog().Where(l => l.Contains("spawn")));
        AssertNoMemoryOf(again, "A", "A/Pose", "A/Drops/D", "A/DropSpawner");
    }

    [Fact]
    public void A_client_that_can_resume_does_not_remember_what_was_hidden_and_gets_other_numbers()
    {
        Spawn("A");
        var client = new TestClient(_cluster, 7, []);
        client.ConfirmAll();
        uint before = MemoryOf(client).Numbers[_cluster.IdOf("/root/Main/Players/A")].Number;
        client.TakeLog();
        _cluster.Do(Show(Pose, 0, false));
        AssertNoMemoryOf(client, "A", "A/Pose");
        Assert.Equal(["1: despawn"], client.TakeLog());
        _cluster.Do(new RenameOperation(NodeRef.At("/root/Main/Players/A"), "Z"));
        Assert.Empty(client.Received);
        _cluster.Hub.Detach(7);

        // The highest number was that of the hidden node: it must not be another's now.
        Spawn("B");
        var again = new TestClient(_cluster, 7, client.Memory, _cluster.AnotherHub());
        Assert.True(MemoryOf(again).Numbers[_cluster.IdOf("/root/Main/Players/B")].Number > before);
    }

    [Fact]
    public void What_another_peer_has_spawned_takes_what_hangs_below_along_and_brings_it_again()
    {
        var client = new TestClient(_cluster, 7);
        _cluster.Hub.AddPeer(8);
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Spawner"), 8));
        Spawn("A");
        Drop("A", "D");
        client.TakeLog();
        _cluster.Hub.RemovePeer(8);
        Assert.Equal(["1: despawn", "1: DelPeer 8"], client.TakeLog());
        _cluster.Hub.AddPeer(8);
        Assert.Equal(["1: AddPeer 8", "8: path Main/Spawner", "8: spawn A with 0", "1: path Main/Players/A/DropSpawner", "1: spawn D with 1", "1: path Main/Players/A/Pose"], client.TakeLog());
    }

    [Fact]
    public void What_moves_comes_again_with_all_that_was_spawned_below_it()
    {
        var client = new TestClient(_cluster, 7);
        Spawn("A");
        Drop("A", "D");
        client.TakeLog();
        _cluster.Do(new RenameOperation(NodeRef.At("/root/Main/Players/A"), "B"));
        Assert.Equal(["1: despawn", "1: despawn", "1: spawn B with 1", "1: path Main/Players/B/DropSpawner", "1: spawn D with 1"], client.TakeLog());
    }

    [Fact]
    public void A_number_from_a_spawn_is_good_until_the_authority_changes()
    {
        var client = new TestClient(_cluster, 7);
        Spawn("A");
        client.TakeLog();
        _cluster.Do(new SetAuthorityOperation(NodeRef.At(Pose), 7));
        _cluster.Do(new SetAuthorityOperation(NodeRef.At(Pose), 1));
        Assert.Equal(["1: path Main/Players/A/Pose"], client.TakeLog());
    }

    [Fact]
    public void Code_shows_and_hides()
    {
        var client = new TestClient(_cluster, 7);
        Spawn("A");
        client.TakeLog();
        _cluster.Do([.. new GameChange(_cluster.World).SetVisibility(Pose, 0, false)]);
        Assert.Equal(["1: despawn"], client.TakeLog());
        _cluster.Do([.. new GameChange(_cluster.World).SetVisibility(Pose, 7, true)]);
        Assert.Equal(["1: spawn A with 1"], client.TakeLog());
        Assert.Throws<ArgumentException>(() => new GameChange(_cluster.World).SetVisibility("/root/Main", 7, true));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GameChange(_cluster.World).SetVisibility(Pose, -7, true));
    }

    private static SetAttachmentsOperation Show(string synchronizer, int peer, bool isVisible) =>
        new(NodeRef.At(synchronizer), [SyncVisibility.Write(peer, isVisible)]);

    private void Spawn(string name) => _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, name));

    private void Drop(string player, string name) => _cluster.Do(_cluster.Spawn($"/root/Main/Players/{player}/Drops", Game.Drop, name));

    private void Call(int peer, string path)
    {
        var packet = new ByteWriter();
        RpcPacket.Write(packet, 0, 0, []);
        Assert.True(_cluster.Hub.Deliver(new(1, peer, _cluster.IdOf(path), packet.ToArray()), Timestamp.Zero));
    }

    private static void Clear(params TestClient[] clients)
    {
        foreach (TestClient client in clients) client.TakeLog();
    }

    private static SessionMemory MemoryOf(TestClient client)
    {
        Assert.True(SessionMemory.TryRead(TestClient.Packed(client.Memory), 1_000, out SessionMemory? memory));
        return memory;
    }

    private void AssertNoMemoryOf(TestClient client, params string[] below)
    {
        SessionMemory memory = MemoryOf(client);
        foreach (NodeId id in below.Select(path => _cluster.IdOf("/root/Main/Players/" + path)))
        {
            Assert.DoesNotContain(id, memory.Numbers.Keys);
            Assert.DoesNotContain(id, memory.Spawned.Keys);
            Assert.DoesNotContain(id, memory.Announced.Keys.Select(k => k.Node));
        }
    }

    private static byte[] Encode(params Variant[] values)
    {
        var writer = new ByteWriter();
        State.Write(writer, values);
        return writer.ToArray();
    }

    private static int StateLengthOf(TestClient client, string name)
    {
        foreach (byte[] packet in client.Received)
        {
            if (SpawnPacket.TryRead(packet, out SpawnPacket spawn) && System.Text.Encoding.UTF8.GetString(spawn.Name) == name) return spawn.State.Length;
        }

        return -1;
    }
}
