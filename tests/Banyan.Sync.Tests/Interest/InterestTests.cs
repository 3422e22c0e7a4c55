using System.Text.Json;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Interest;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests.Interest;

/// <summary>Players are seen from 40 away; each client's own is named after it.</summary>
public sealed class InterestTests
{
    private readonly SmallCluster _cluster = new(Rules("""{ "from": "/root/Main/Players/{peer}", "within": { "/root/Main/Players": 40 } }"""));
    private long _now = 1_000_000;

    internal static InterestRules Rules(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.True(InterestRules.TryRead(document.RootElement, out InterestRules rules, out string error), error);
        return rules;
    }

    [Fact]
    public void A_node_comes_when_it_is_near_and_goes_when_it_is_well_away()
    {
        Player(7, 0);
        var client = new TestClient(_cluster, 7);
        Spawn("A", 100);
        client.TakeLog();
        Assert.Equal([], At("A", 41, client));
        Assert.Equal(["1: spawn A with 1"], At("A", 40, client));
        Assert.Equal([], At("A", 43, client));
        Assert.Equal(["1: despawn"], At("A", 45, client));
        Assert.Equal([], At("A", 43, client));
        Assert.Equal(["1: spawn A with 1"], At("A", -39, client));
    }

    [Fact]
    public void What_moves_is_where_its_latest_state_says_and_its_parents_move_it()
    {
        Player(7, 0);
        var client = new TestClient(_cluster, 7);
        Spawn("A", 10);
        client.TakeLog();
        Publish("A", 50);
        Assert.Equal(["1: despawn"], Later(client));
        _cluster.Do(new SetPropertiesOperation(NodeRef.At("/root/Main/Players"), [new("position", PropertyValue.Encode(new Vector3(500, 0, 0)))]));
        // All of them by as much.
        Assert.Equal([], Later(client));
        Publish("A", 20);
        Assert.Equal("1: spawn A with 1", Later(client)[0]);
        Publish("A", float.NaN);
        Assert.Equal("1: despawn", Later(client)[^1]);
    }

    [Fact]
    public void Peers_are_known_while_something_of_theirs_is_near()
    {
        Player(7, 0);
        var client = new TestClient(_cluster, 7);
        client.ConfirmAll();
        Player(8, 300);
        client.TakeLog();
        Assert.Equal([], Later(client));
        Assert.Equal(["1: AddPeer 8", "1: spawn 8 with 0", "8: path Main/Players/8/Pose"], At("8", 30, client));
        Publish("8", 31);
        Assert.Equal(["8: sync"], Later(client));
        Publish("8", 90);
        Assert.Equal(["1: despawn", "1: DelPeer 8"], Later(client));
        Publish("8", 20);
        Assert.Equal(["1: AddPeer 8", "1: spawn 8 with 0", "8: path Main/Players/8/Pose", "8: sync"], Later(client));
        Publish("8", 21);
        Assert.Contains("8: sync", Later(client));
        Publish("8", 90);
        Later(client);
        // What he carries is near, though he is not.
        Spawn("A", 5);
        client.TakeLog();
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 8));
        Assert.Equal(["1: AddPeer 8", "8: path Main/Players/A/Pose"], client.TakeLog());
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 1));
        Assert.Contains("1: DelPeer 8", client.TakeLog());
    }

    [Fact]
    public void A_peer_goes_with_the_last_of_its_nodes_that_was_near()
    {
        Player(7, 0);
        Player(8, 500);
        Spawn("A", 5);
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 8));
        var client = new TestClient(_cluster, 7);
        Assert.Contains("1: AddPeer 8", client.TakeLog());
        _cluster.Do(new DespawnOperation(NodeRef.At("/root/Main/Players/A")));
        Assert.Contains("1: DelPeer 8", client.TakeLog());
    }

    [Fact]
    public void Who_joins_far_away_is_never_heard_of_and_who_joins_near_is_at_once()
    {
        Player(7, 0);
        var client = new TestClient(_cluster, 7);
        client.TakeLog();
        Player(8, 41);
        Assert.Equal([], client.TakeLog());
        Player(9, 39);
        Assert.Equal(["1: AddPeer 9", "1: spawn 9 with 0", "9: path Main/Players/9/Pose"], client.TakeLog());
        _cluster.Hub.AddPeer(10); // has nothing, anywhere
        Assert.Equal(["1: AddPeer 10"], Later(client));
    }

    [Fact]
    public void Who_has_no_node_of_its_own_sees_everything_and_what_is_its_own_is_always_there()
    {
        Spawn("A", 1_000);
        var watcher = new TestClient(_cluster, 7);
        Assert.Contains("1: spawn A with 1", watcher.TakeLog());
        Player(7, 0);
        Assert.Contains("1: despawn", Later(watcher));
        _cluster.Do(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 7));
        Assert.Contains("1: spawn A with 0", watcher.TakeLog());
        // His own has gone: he sees from where it was.
        _cluster.Do(new DespawnOperation(NodeRef.At("/root/Main/Players/7")));
        Spawn("B", 50);
        watcher.TakeLog();
        Assert.Equal([], Later(watcher));
        Assert.Equal(["1: spawn B with 1"], At("B", 20, watcher));
    }

    [Fact]
    public void A_caller_from_far_away_is_known_for_a_while()
    {
        Player(7, 0);
        Player(8, 500);
        var client = new TestClient(_cluster, 7);
        client.TakeLog();
        Call(8, 7, "/root/Main");
        Assert.Equal(["1: AddPeer 8", "8: path Main", "8: call 0 of Main"], client.TakeLog());
        _now += InterestMap.MetFor - 1_000_000;
        Assert.Equal([], Later(client));
        Call(8, 7, "/root/Main");
        client.TakeLog();
        _now += InterestMap.MetFor - 1_000_000;
        Assert.Equal([], Later(client));
        _now += 1_000_000;
        Assert.Equal(["1: DelPeer 8"], Later(client));
        // Of a node that is not there for him he hears nothing.
        Call(8, 7, "/root/Main/Players/8");
        Assert.Equal([], client.TakeLog());
        Assert.Equal(1, _cluster.Hub.HiddenCallsCount);
    }

    [Fact]
    public void What_is_under_way_to_a_peer_that_goes_out_of_sight_still_arrives_and_is_nothing_bad()
    {
        Player(7, 0);
        Player(8, 10);
        var client = new TestClient(_cluster, 7);
        Assert.Null(client.Number(8, 5, "Main/Players/Bob"));
        Assert.Contains("8: confirmed 5", client.TakeLog());
        Publish("8", 500);
        Assert.Contains("1: DelPeer 8", Later(client));
        Assert.Null(client.Send(8, writer => RawPacket.Write(writer, [1])));
        Assert.Equal(8, Assert.Single(client.Raw).To);
        // As Godot does for each peer that it knows, many times a second.
        for (int i = 0; i < 1_000; i++) Assert.Null(client.Send(8, writer => new SyncPacketWriter(writer, (ushort)i).Append(5 | Packet.PathFlag, [1])));
        Assert.Null(client.Number(8, 6, "Main"));
        Assert.Equal([], client.TakeLog()); // nothing in the name of who is not known
        Publish("8", 0);
        Later(client);
        Assert.Null(client.Number(8, 5, "Main/Players/Bob"));
        Assert.Equal(["8: confirmed 5"], client.TakeLog());
        _cluster.Hub.RemovePeer(8);
        for (int i = 0; i < 1_000; i++) Assert.False(client.Send(8, writer => RawPacket.Write(writer, [1]))!.Value.EndsSession);
    }

    private void Player(int peer, float x)
    {
        // In one transaction, as joining does it; the peer is told of first.
        _cluster.Hub.AddPeer(peer);
        string path = $"/root/Main/Players/{peer}";
        _cluster.Do(
            _cluster.Spawn("/root/Main/Players", Game.Player, $"{peer}"),
            new SetAuthorityOperation(NodeRef.At(path + "/Pose"), peer),
            new SetPropertiesOperation(NodeRef.At(path), [new("position", PropertyValue.Encode(new Vector3(x, 0, 0)))]));
    }

    private void Spawn(string name, float x) => _cluster.Do(
        _cluster.Spawn("/root/Main/Players", Game.Player, name),
        new SetPropertiesOperation(NodeRef.At("/root/Main/Players/" + name), [new("position", PropertyValue.Encode(new Vector3(x, 0, 0)))]));

    private string[] At(string name, float x, TestClient client)
    {
        _cluster.Do(new SetPropertiesOperation(NodeRef.At("/root/Main/Players/" + name), [new("position", PropertyValue.Encode(new Vector3(x, 0, 0)))]));
        return Later(client);
    }

    private void Publish(string name, float x)
    {
        var state = new ByteWriter();
        State.Write(state, [new Vector3(x, 0, 0), 0]);
        NodeId pose = _cluster.IdOf($"/root/Main/Players/{name}/Pose");
        _cluster.Hub.Publish(pose, _cluster.World.Synchronizers[pose].AuthorityEpoch, state.Written);
    }

    private string[] Later(TestClient client)
    {
        _now += InterestMap.UpdateEvery;
        _cluster.Hub.Tick(Timestamp.FromMicroseconds(_now));
        client.ConfirmAll();
        return client.TakeLog();
    }

    private void Call(int from, int to, string path)
    {
        var packet = new ByteWriter();
        RpcPacket.Write(packet, 0, 0, []);
        Assert.True(_cluster.Hub.Deliver(new(from, to, _cluster.IdOf(path), packet.ToArray()), Timestamp.FromMicroseconds(_now)));
    }
}
