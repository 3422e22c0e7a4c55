using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests;

/// <summary>A client that may only watch, though the tree gives it an authority.</summary>
public sealed class WatcherTests
{
    private const string OnlyWatches = "a write or a call of a client that may only watch";
    private readonly SmallCluster _cluster = new();
    private readonly TestClient _watcher;
    private readonly TestClient _other;

    public WatcherTests()
    {
        _watcher = new(_cluster, 7, PeerRights.Watch);
        _other = new(_cluster, 8);
        _cluster.Do(
            _cluster.Spawn("/root/Main/Players", Game.Player, "A"),
            new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/Pose"), 7), new SetAuthorityOperation(NodeRef.At("/root/Main/Players/A/DropSpawner"), 7));
        Assert.Null(_watcher.Number(1, 5, "Main/Players/A/Pose"));
        Assert.Null(_watcher.Number(1, 6, "Main/Players/A/DropSpawner"));
    }

    [Fact]
    public void It_sees_and_confirms_as_others_do()
    {
        _watcher.ConfirmAll();
        string[] log = _watcher.TakeLog();
        Assert.Contains("1: spawn A with 0", log);
        Assert.Contains("1: confirmed 5", log);
        _cluster.Do(new SetPropertiesOperation(NodeRef.At("/root/Main/Players/Bob"), [new("title", PropertyValue.Encode("Sir"))]));
        Assert.Equal(["1: delta"], _watcher.TakeLog());
    }

    [Fact]
    public void Every_write_and_call_is_refused_to_whomever_it_goes()
    {
        var state = new ByteWriter();
        CompressedVariant.Write(state, new Vector3(1, 2, 3));
        CompressedVariant.Write(state, new Vector3(1, 2, 3));
        byte[] pose = state.ToArray();
        foreach (int to in new[] { 1, 8, 0 })
        {
            AssertRefused(to, writer => new SyncPacketWriter(writer, 1).Append(5 | Packet.PathFlag, pose));
            AssertRefused(to, writer => new DeltaPacketWriter(writer).Append(5 | Packet.PathFlag, 1, [3, 1, 0, 0]));
            AssertRefused(to, writer => SpawnPacket.Write(writer, 0, 6, 100, [], "D"u8, []));
            AssertRefused(to, writer => DespawnPacket.Write(writer, 100));
            AssertRefused(to, writer => RpcPacket.WriteWithPath(writer, "Main"u8, 0, []));
            AssertRefused(to, writer => RawPacket.Write(writer, [1, 2, 3]));
        }

        _cluster.Hub.Tick(Timestamp.Zero);
        Assert.Empty(_watcher.Transactions);
        Assert.Empty(_watcher.Calls);
        Assert.Empty(_watcher.Raw);
        Assert.DoesNotContain("7: sync", _other.TakeLog());
    }

    [Fact]
    public void A_game_that_does_not_know_that_it_only_watches_may_go_on()
    {
        for (int i = 0; i < 100; i++) AssertRefused(1, writer => RawPacket.Write(writer, [1]));
    }

    private void AssertRefused(int to, Action<ByteWriter> write) => Assert.Equal(new Refusal(OnlyWatches, EndsSession: false), _watcher.Send(to, write));
}
