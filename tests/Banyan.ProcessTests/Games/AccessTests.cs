using System.Net;
using System.Security.Cryptography;
using System.Text;
using Banyan.Client.Games;
using Banyan.Client.Local;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>Who may enter a gateway with a game.</summary>
public sealed class AccessTests
{
    private const string NoToken = "no token: neither ?token= in the address nor an Authorization: Bearer header";

    [Fact]
    public async Task Serve_wants_to_be_told_who_may_enter()
    {
        using var game = new GameFolder();
        (await BanyanCommand.RunAsync("serve", "--project", game.Path)).AssertFailed(
            2, "--project: who may enter? --token-key FILE: whoever has a token (banyan token new-key > FILE); --open: anybody");
        using KeyFile key = await KeyFile.MakeAsync();
        (await BanyanCommand.RunAsync("serve", "--project", game.Path, "--open", "--token-key", key.Path)).AssertFailed(
            2, "--open and --token-key: either anybody may enter, or only with a token");
        (await BanyanCommand.RunAsync("serve", "--open")).AssertFailed(2, "--open says who may enter a game: --project is missing");
        (await BanyanCommand.RunAsync("serve", "--project", game.Path, "--token-key", "nowhere.txt")).AssertFailed(2, "--token-key nowhere.txt: no such file");
        using var shortKey = new TemporaryFile("00ff");
        (await BanyanCommand.RunAsync("serve", "--project", game.Path, "--token-key", shortKey.Path)).AssertFailed(
            2, $"--token-key {shortKey.Path}: a key has at least 32 bytes, this one has 2");
        using KeyFile one = await KeyFile.MakeAsync("k"), other = await KeyFile.MakeAsync("k");
        (await BanyanCommand.RunAsync("serve", "--project", game.Path, "--token-key", one.Path, "--token-key", other.Path)).AssertFailed(2, "there is another key with the name k");
    }

    [Fact]
    public async Task An_open_gateway_says_so()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 1, null, "--project", game.Path, "--open");
        Assert.True((await Door.GamesAsync(cluster.Gateways[0])).GetProperty("open").GetBoolean());
        Assert.Contains($"warning: --open: whoever reaches {cluster.Gateways[0].Authority} may join the game and play", cluster.OutputOf(1));
    }

    [Fact]
    public async Task With_keys_only_their_tokens_let_in()
    {
        using var game = new GameFolder();
        using KeyFile old = await KeyFile.MakeAsync("old"), fresh = await KeyFile.MakeAsync("fresh"), other = await KeyFile.MakeAsync();
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            BanyanCommand.Executable, 1, null, "--project", game.Path, "--token-key", old.Path, "--token-key", fresh.Path);
        Uri gateway = cluster.Gateways[0];
        foreach (string query in new[] { "tree", "status" })
        {
            (await BanyanCommand.RunAsync(gateway, query)).AssertFailed(2, "wants a token with the right to \"operate\" (there is none)");
            (await BanyanCommand.RunWithTokenAsync(await old.TokenAsync("alice"), gateway, query)).AssertFailed(2, "it is not this one");
        }

        (await fresh.OperateAsync(gateway, "status")).AssertDone();
        (await BanyanCommand.RunWithTokenAsync(await old.TokenAsync("alice"), gateway, "import", game.Main)).AssertFailed(2, "it is not this one");
        (await fresh.OperateAsync(gateway, "import", game.Main)).AssertDone();
        Assert.False((await Door.GamesAsync(gateway, fresh)).GetProperty("open").GetBoolean());

        Assert.Equal(new(HttpStatusCode.Unauthorized, NoToken + "\n"), await Door.KnockAsync(gateway));
        Assert.Equal(new(HttpStatusCode.Unauthorized, NoToken + "\n"), await Door.KnockAsync(gateway, "token="));
        Assert.Equal(new(HttpStatusCode.Unauthorized, "the token is no signed JWT\n"), await Door.KnockAsync(gateway, "token=friend"));
        string stranger = await other.TokenAsync("eve");
        Assert.Equal(new(HttpStatusCode.Unauthorized, "the token's signature is not of a key that is known here\n"), await Door.KnockAsync(gateway, "token=" + stranger));
        string expired = HandMade(old, "old", """{"sub":"alice","exp":1700000000}""");
        Assert.Equal(new(HttpStatusCode.Unauthorized, "the token has expired\n"), await Door.KnockAsync(gateway, bearer: expired));
        Assert.Equal(new(HttpStatusCode.Unauthorized, "the token has expired\n"), await Door.KnockAsync(gateway, "token=" + expired));

        // Both keys, both ways, and a login service of somebody else's making.
        string token = await old.TokenAsync("alice");
        await using RawGame one = await RawGame.ConnectAsync(gateway, "token=" + token);
        await one.TakeSpawnAsync($"{one.Peer}");
        string newer = await fresh.TokenAsync("bob");
        await using RawGame two = await RawGame.ConnectAsync(gateway, options: o => o.SetRequestHeader("Authorization", "Bearer " + newer));
        await two.TakeSpawnAsync($"{one.Peer}");
        string homeMade = HandMade(fresh, "fresh", """{"sub":"carol","exp":4000000000}""");
        await using RawGame three = await RawGame.ConnectAsync(gateway, "token=" + homeMade);
        await three.TakeSpawnAsync($"{two.Peer}");

        // Counted by cause, said once, and never with the token.
        Assert.Equal(2, await Door.RefusedAsync(gateway, "401: " + NoToken, fresh));
        Assert.Equal(2, await Door.RefusedAsync(gateway, "401: the token has expired", fresh));
        string output = cluster.OutputOf(1);
        Assert.Single(output.Split('\n'), l => l.Contains("the token has expired", StringComparison.Ordinal));
        foreach (string secret in new[] { token, newer, homeMade, expired, stranger }) Assert.DoesNotContain(secret[^20..], output);
    }

    [Fact]
    public async Task A_server_without_a_game_asks_operators_for_tokens_too()
    {
        using KeyFile key = await KeyFile.MakeAsync();
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 1, null, "--token-key", key.Path);
        Uri gateway = cluster.Gateways[0];
        foreach (string query in new[] { "tree", "status" })
        {
            (await BanyanCommand.RunAsync(gateway, query)).AssertFailed(2, "wants a token with the right to \"operate\" (there is none)");
            (await key.OperateAsync(gateway, query)).AssertDone();
        }
    }

    [Fact]
    public async Task Keys_are_changed_without_a_restart()
    {
        using var game = new GameFolder();
        using KeyFile old = await KeyFile.MakeAsync("old"), fresh = await KeyFile.MakeAsync("fresh"), served = await KeyFile.MakeAsync("served");
        string oldLine = await File.ReadAllTextAsync(old.Path, TestContext.Current.CancellationToken), freshLine = await File.ReadAllTextAsync(fresh.Path, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(served.Path, oldLine, TestContext.Current.CancellationToken);
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 1, null, "--project", game.Path, "--token-key", served.Path);
        Uri gateway = cluster.Gateways[0];
        (await old.OperateAsync(gateway, "import", game.Main)).AssertDone();
        await using var before = new StockConnection();
        await before.ConnectAsync(new UriBuilder(gateway) { Query = "token=" + await old.TokenAsync("alice") }.Uri);

        // Both, then only the new one.
        await File.WriteAllTextAsync(served.Path, oldLine + "\n" + freshLine, TestContext.Current.CancellationToken);
        string freshToken = await fresh.TokenAsync("operator", "--rights", "operate");
        await Poll.UntilAsync(async () => (await BanyanCommand.RunWithTokenAsync(freshToken, gateway, "status")).ExitCode == 0, () => "the new key to be taken");
        (await old.OperateAsync(gateway, "status")).AssertDone();
        await File.WriteAllTextAsync(served.Path, freshLine, TestContext.Current.CancellationToken);
        await Poll.UntilAsync(async () => (await old.OperateAsync(gateway, "status")).ExitCode != 0, () => "the old key to be refused");
        await using RawGame after = await RawGame.ConnectAsync(gateway, "token=" + await fresh.TokenAsync("bob"));
        Assert.Null(before.Ended);
        Assert.Contains("--token-key: other keys, 2 (old, fresh)", cluster.OutputOf(1), StringComparison.Ordinal);
        Assert.Contains("--token-key: other keys, 1 (fresh)", cluster.OutputOf(1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watcher_sees_everything_and_may_do_nothing()
    {
        using var game = new GameFolder();
        using KeyFile key = await KeyFile.MakeAsync();
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 2, null, "--project", game.Path, "--token-key", key.Path);
        (await key.OperateAsync(cluster.Gateways[0], "import", game.Main)).AssertDone();
        await using RawGame player = await RawGame.ConnectAsync(cluster.Gateways[0], "token=" + await key.TokenAsync("alice"));
        await player.TakeSpawnAsync($"{player.Peer}");
        RawGame watcher = await RawGame.ConnectAsync(cluster.Gateways[1], "token=" + await key.TokenAsync("bob", "--rights", "watch"));
        await watcher.TakeSpawnAsync($"{player.Peer}");
        await watcher.TakePathAsync(player.Peer, $"Main/Players/{player.Peer}/Pose");
        await player.GivePathAsync(1, 7, $"Main/Players/{player.Peer}/Pose");
        await player.SendToAsync(1, writer => new SyncPacketWriter(writer, 1).Append(7 | Packet.PathFlag, State()));
        await watcher.TakeAsync("a move of the player", p => RawGame.Inner(p, player.Peer) is { } inner && SyncPacket.TryRead(inner, out _));

        // What it calls and writes does not arrive; numbering paths still works.
        await watcher.GivePathAsync(1, 1, "Main/Spawner");
        Assert.True(RpcMethods.TryCreate([], [new("greet", RpcMode.AnyPeer), new("start", RpcMode.Authority)], out RpcMethods rpcs));
        Assert.True(rpcs.TryGetId("greet", out ushort greet));
        await watcher.SendToAsync(player.Peer, writer => RpcPacket.WriteWithPath(writer, "Main"u8, greet, ["hello"]));
        await watcher.SendToAsync(player.Peer, writer => RawPacket.Write(writer, "psst"u8));
        const string Refused = "a write or a call of a client that may only watch";
        await Poll.UntilAsync(async () => await Door.RefusedAsync(cluster.Gateways[1], Refused, key) == 2, () => "two refusals");

        BanyanCommand status = await key.OperateAsync(cluster.Gateways[1], "status");
        Assert.Contains("games: with tokens, 1 players here, 2 in the cluster", status.Output, StringComparison.Ordinal);
        Assert.Contains($"       2 times: {Refused}", status.Output, StringComparison.Ordinal);

        // And nothing was spawned for it: its tree is the player's.
        BanyanCommand tree = await key.OperateAsync(cluster.Gateways[0], "tree", "/root/Main/Players", "--depth", "1", "--json");
        Assert.Equal([$"/root/Main/Players", $"/root/Main/Players/{player.Peer}"], tree.Json.EnumerateArray().Select(n => n.GetProperty("path").GetString()));
        int peer = watcher.Peer;
        await watcher.DisposeAsync();
        await player.TakeAsync("the watcher's end", p => SystemPacket.TryRead(p, out SystemPacket s) && s.Command == SystemCommand.DelPeer && s.Peer == peer);
    }

    [Fact]
    public async Task A_token_that_has_expired_begins_no_session_but_a_session_outlives_its_token()
    {
        using var game = new GameFolder();
        using KeyFile key = await KeyFile.MakeAsync("k");
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 2, null, "--project", game.Path, "--token-key", key.Path);
        (await key.OperateAsync(cluster.Gateways[0], "import", game.Main)).AssertDone();
        Uri Address(int gateway, string token) => new UriBuilder(cluster.Gateways[gateway]) { Scheme = "ws", Path = "/godot", Query = "token=" + token }.Uri;
        string expired = HandMade(key, "k", """{"sub":"alice","exp":1700000000}""");
        await using var late = new GameConnection([Address(0, expired)]);
        await Poll.UntilAsync(
            () =>
            {
                late.TryReceive(out _);
                return late.Ended is not null;
            }, () => "its end");
        Assert.Equal("the token has expired", late.Ended);

        // The token of the second gateway's address has expired by the time it is needed.
        await using var alice = new GameConnection([Address(0, await key.TokenAsync("alice")), Address(1, expired)]);
        await Poll.UntilAsync(() => Turn(alice) && alice.Peer != 0, () => "the first gateway");
        int peer = alice.Peer;
        alice.Drop();
        await Poll.UntilAsync(() => Turn(alice) && alice.Failovers == 1 && alice.IsOpen, () => "the second gateway: " + alice.Ended);
        Assert.Equal((peer, 1), (alice.Peer, alice.Gateway.Port == cluster.Gateways[1].Port ? 1 : 0));
        alice.Leave();
    }

    [Fact]
    public async Task The_token_command_says_what_is_wrong_with_its_input()
    {
        using KeyFile key = await KeyFile.MakeAsync();
        (await BanyanCommand.RunAsync("token", "--sub", "alice")).AssertFailed(2, "--key FILE is missing");
        (await BanyanCommand.RunAsync("token", "--key", key.Path)).AssertFailed(2, "--sub NAME is missing");
        (await BanyanCommand.RunAsync("token", "--key", key.Path, "--sub", "alice", "--expires", "soon")).AssertFailed(2, "--expires soon: expected a number and s, m, h or d");
        (await BanyanCommand.RunAsync("token", "--key", key.Path, "--sub", "alice", "--rights", "rule")).AssertFailed(2, "--rights rule: expected play, watch or operate");
        (await BanyanCommand.RunAsync("token", "--key", key.Path, "--sub", new string('a', 129))).AssertFailed(2, "the token's sub is no name of 1 to 128 bytes");
        (await BanyanCommand.RunAsync("token", "new-key", "--name", "a b")).AssertFailed(2, "--name \"a b\": expected letters");
        BanyanCommand made = await BanyanCommand.RunAsync("token", "--key", key.Path, "--sub", "alice", "--expires", "15m", "--rights", "watch", "--json");
        Assert.Equal(("alice", "watch"), (made.Json.GetProperty("sub").GetString(), made.Json.GetProperty("rights").GetString()));
        Assert.Equal(3, made.Json.GetProperty("token").GetString()!.Split('.').Length);
    }

    private static bool Turn(GameConnection connection)
    {
        while (connection.TryReceive(out _))
        {
        }

        return true;
    }

    private static byte[] State()
    {
        var writer = new Primitives.ByteWriter();
        CompressedVariant.Write(writer, new Vector3(1, 2, 3));
        return writer.ToArray();
    }

    // As any library does it.
    private static string HandMade(KeyFile key, string name, string payload)
    {
        string signed = Encode(Encoding.UTF8.GetBytes($$"""{"alg":"HS256","typ":"JWT","kid":"{{name}}"}""")) + "." + Encode(Encoding.UTF8.GetBytes(payload));
        byte[] secret = Convert.FromBase64String(File.ReadAllText(key.Path).Trim().Split(':')[^1]);
        return signed + "." + Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)));
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
