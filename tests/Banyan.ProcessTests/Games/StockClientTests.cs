using System.Collections.Immutable;
using System.Text;
using Banyan.Client.Local;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.ProcessTests.Games;

/// <summary>Godot clients without the addon, on two servers of a cluster, byte by byte.</summary>
public sealed class StockClientTests
{
    [Fact]
    public async Task Players_on_two_servers_see_each_other_come_move_speak_and_go()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(game, 3);

        // The first is alone: its own player is spawned by the cluster.
        await using RawGame one = await RawGame.ConnectAsync(cluster.Gateways[0]);
        uint spawner = await one.TakePathAsync(1, "Main/Spawner");
        (uint _, byte[] packet) = await one.TakeSpawnAsync($"{one.Peer}");
        Assert.True(SpawnPacket.TryRead(packet, out SpawnPacket spawn));
        Assert.Equal((spawner, (byte)0, 0, 0), (spawn.Spawner, spawn.Scene, spawn.SyncNetIdCount, spawn.State.Length));

        // The second, on another server, finds both.
        RawGame two = await RawGame.ConnectAsync(cluster.Gateways[1]);
        await two.TakeAsync("the first peer", p => SystemPacket.TryRead(p, out SystemPacket s) && s.Command == SystemCommand.AddPeer && s.Peer == one.Peer);
        await two.TakePathAsync(1, "Main/Spawner");
        await two.TakeSpawnAsync($"{one.Peer}");
        await two.TakeSpawnAsync($"{two.Peer}");
        uint pose = await two.TakePathAsync(one.Peer, $"Main/Players/{one.Peer}/Pose");
        await one.TakeAsync("the second peer", p => SystemPacket.TryRead(p, out SystemPacket s) && s.Command == SystemCommand.AddPeer && s.Peer == two.Peer);
        (uint netId, _) = await one.TakeSpawnAsync($"{two.Peer}");

        // The first moves, and gives itself a title.
        await one.GivePathAsync(1, 7, $"Main/Players/{one.Peer}/Pose");
        byte[] state = Encode(new Vector3(1, 2, 3));
        await one.SendToAsync(1, writer => new SyncPacketWriter(writer, 1).Append(7 | Packet.PathFlag, state));
        byte[] moved = await two.TakeAsync("a move of the first", p => RawGame.Inner(p, one.Peer) is { } inner && SyncPacket.TryRead(inner, out _));
        Assert.True(SyncPacket.TryRead(RawGame.Inner(moved, one.Peer), out SyncPacket sync));
        foreach (SyncPacket.Entry entry in sync)
        {
            Assert.Equal(pose | Packet.PathFlag, entry.NetId);
            Assert.Equal(state, entry.State);
        }

        byte[] title = Encode("Sir");
        await one.SendToAsync(1, writer => new DeltaPacketWriter(writer).Append(7 | Packet.PathFlag, 1, title));
        byte[] titled = await two.TakeAsync("a title of the first", p => RawGame.Inner(p, one.Peer) is { } inner && DeltaPacket.TryRead(inner, out _));
        Assert.Equal(Convert.ToHexString(title), Convert.ToHexString(titled)[^(2 * title.Length)..]);

        // The second calls the first.
        ImmutableArray<RpcMethod> methods = [new("greet", RpcMode.AnyPeer), new("start", RpcMode.Authority)];
        Assert.True(RpcMethods.TryCreate([], methods, out RpcMethods rpcs));
        Assert.True(rpcs.TryGetId("greet", out ushort greet));
        await two.SendToAsync(one.Peer, writer => RpcPacket.WriteWithPath(writer, "Main"u8, greet, ["hello"]));
        byte[] called = await one.TakeAsync("a call of the second", p => RawGame.Inner(p, two.Peer) is { } inner && RpcPacket.TryRead(inner, out _));
        Assert.True(RpcPacket.TryRead(RawGame.Inner(called, two.Peer), out RpcPacket rpc));
        Assert.Equal(("Main", greet), (Encoding.UTF8.GetString(rpc.Path), rpc.Method));
        Assert.True(Arguments.TryRead(rpc, VariantLimits.Peer, out ImmutableArray<Variant> arguments));
        Assert.Equal("hello", Assert.Single(arguments).AsText());

        // A third comes late, on the third server, and sees things as they are.
        await using (RawGame three = await RawGame.ConnectAsync(cluster.Gateways[2]))
        {
            await three.TakeSpawnAsync($"{one.Peer}");
            await three.TakeSpawnAsync($"{two.Peer}");
            await three.TakePathAsync(one.Peer, $"Main/Players/{one.Peer}/Pose");
            await three.TakeAsync("the first's title", p => RawGame.Inner(p, one.Peer) is { } inner && DeltaPacket.TryRead(inner, out _));
            byte[] now = await three.TakeAsync("the first's place", p => RawGame.Inner(p, one.Peer) is { } inner && SyncPacket.TryRead(inner, out _));
            Assert.Equal(Convert.ToHexString(state), Convert.ToHexString(now)[^(2 * state.Length)..]);
        }

        // The second goes.
        await two.DisposeAsync();
        await one.TakeAsync("a despawn of the second", p => DespawnPacket.TryRead(p, out DespawnPacket despawn) && despawn.NetId == netId);
        await one.TakeAsync("the end of the second peer", p => SystemPacket.TryRead(p, out SystemPacket s) && s.Command == SystemCommand.DelPeer && s.Peer == two.Peer);
    }

    [Fact]
    public async Task Players_of_a_server_that_died_go_and_the_others_play_on()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(game, 3);
        await using RawGame one = await RawGame.ConnectAsync(cluster.Gateways[0]);
        await using RawGame two = await RawGame.ConnectAsync(cluster.Gateways[1]);
        (uint netId, _) = await one.TakeSpawnAsync($"{two.Peer}");
        cluster.Kill(2);
        await one.TakeAsync("a despawn of the second", p => DespawnPacket.TryRead(p, out DespawnPacket despawn) && despawn.NetId == netId);
        await one.TakeAsync("the end of the second peer", p => SystemPacket.TryRead(p, out SystemPacket s) && s.Command == SystemCommand.DelPeer && s.Peer == two.Peer);

        // And what is new comes to those who are left.
        await using RawGame three = await RawGame.ConnectAsync(cluster.Gateways[2]);
        await one.TakeSpawnAsync($"{three.Peer}");
        await three.TakeSpawnAsync($"{one.Peer}");
    }

    [Fact]
    public async Task A_server_without_a_project_has_no_such_page_and_bad_rules_are_told_at_the_start()
    {
        using var game = new GameFolder();
        File.WriteAllText(Path.Combine(game.Path, "banyan.json"), "{ \"leave\": \"stay\" }");
        IOException failure = await Assert.ThrowsAsync<IOException>(() => LocalCluster.StartAsync(BanyanCommand.Executable, 1, null, "--project", game.Path, "--open"));
        Assert.Contains("banyan.json: \"leave\": expected \"despawn\" or \"keep\"", failure.Message);
        failure = await Assert.ThrowsAsync<IOException>(() => LocalCluster.StartAsync(BanyanCommand.Executable, 1, null, "--project", game.Path + "/nowhere", "--open"));
        Assert.Contains("no such folder", failure.Message);
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 1);
        using var http = new HttpClient();
        using HttpResponseMessage response = await http.GetAsync(new Uri(cluster.Gateways[0], "/godot"), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task What_a_player_did_last_before_it_left_is_done()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(game, 3);
        RawGame one = await RawGame.ConnectAsync(cluster.Gateways[0]);
        await using RawGame two = await RawGame.ConnectAsync(cluster.Gateways[1]);
        await one.TakePathAsync(1, "Main/Spawner");
        await one.TakeSpawnAsync($"{one.Peer}");
        await two.TakePathAsync(one.Peer, $"Main/Players/{one.Peer}/Pose");
        await one.GivePathAsync(1, 7, $"Main/Players/{one.Peer}/Pose");
        byte[] last = Encode("the last of many");
        for (int i = 0; i < 30; i++) await one.SendToAsync(1, writer => new DeltaPacketWriter(writer).Append(7 | Packet.PathFlag, 1, Encode($"title {i}")));
        await one.SendToAsync(1, writer => new DeltaPacketWriter(writer).Append(7 | Packet.PathFlag, 1, last));
        await one.DisposeAsync();
        await two.TakeAsync("the last title", p => RawGame.Inner(p, one.Peer) is { } inner && DeltaPacket.TryRead(inner, out _)
            && Convert.ToHexString(inner).EndsWith(Convert.ToHexString(last), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_refused_is_counted_and_what_no_Godot_sends_ends_the_session_with_a_reason()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(game, 1);
        await using RawGame one = await RawGame.ConnectAsync(cluster.Gateways[0]);
        await one.SendToAsync(1, writer => DespawnPacket.Write(writer, 99));
        await one.SendToAsync(1, writer => writer.Raw([2, 1, 2, 3]));
        Assert.Equal("a packet that cannot be read", await one.ReadReasonAsync());
        using var http = new HttpClient();
        using var status = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync(new Uri(cluster.Gateways[0], "/api/status"), TestContext.Current.CancellationToken));
        System.Text.Json.JsonElement games = status.RootElement.GetProperty("games");
        Assert.Equal(1, games.GetProperty("refused").GetProperty("a despawn of nothing").GetInt64());
        Assert.Equal(1, games.GetProperty("refused").GetProperty("a packet that cannot be read").GetInt64());
        Assert.Contains("games: a packet that cannot be read", cluster.OutputOf(1));
    }

    private static byte[] Encode(Variant value)
    {
        var writer = new ByteWriter();
        CompressedVariant.Write(writer, value);
        return writer.ToArray();
    }
}
