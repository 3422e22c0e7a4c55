using System.Net;
using System.Net.WebSockets;
using Banyan.Client.Local;
using Banyan.Godot.Multiplayer;
using Banyan.Sync.Peers;

namespace Banyan.ProcessTests.Games;

/// <summary>What one client, and one address, may cost a gateway.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task Pages_of_other_origins_may_not_connect_and_native_games_are_not_asked()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            BanyanCommand.Executable, 1, null, "--project", game.Path, "--open", "--allow-origin", "https://game.example", "--allow-origin", "http://localhost:8060");
        Uri gateway = cluster.Gateways[0];
        const string Why = "pages of this origin may not connect (--allow-origin)";
        Assert.Equal(new(HttpStatusCode.Forbidden, Why + "\n"), await Door.KnockAsync(gateway, origin: "https://evil.example"));
        Assert.Equal(new(HttpStatusCode.Forbidden, Why + "\n"), await Door.KnockAsync(gateway, origin: "null"));
        foreach (string? origin in new[] { "https://game.example", "http://localhost:8060", "http://127.0.0.1:8060", null })
            Assert.Equal(HttpStatusCode.SwitchingProtocols, (await Door.KnockAsync(gateway, origin: origin)).Status);
        Assert.Equal(2, await Door.RefusedAsync(gateway, "403: " + Why));
        foreach (string path in new[] { "/v1/session", "/api/status", "/metrics" })
            Assert.Equal(new(HttpStatusCode.Forbidden, Why + "\n"), await Door.KnockAsync(gateway, origin: "https://evil.example", path: path));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, (await Door.KnockAsync(gateway, path: "/v1/session")).Status);
        (await BanyanCommand.RunAsync("serve", "--project", game.Path, "--open", "--allow-origin", "game.example")).AssertFailed(
            2, "--allow-origin \"game.example\": expected an origin as in https://game.example, or *");
    }

    [Fact]
    public async Task An_address_is_slowed_down_after_twenty_refused_attempts_but_whoever_has_a_token_enters()
    {
        using var game = new GameFolder();
        using KeyFile key = await KeyFile.MakeAsync();
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            BanyanCommand.Executable, 1, null, "--project", game.Path, "--token-key", key.Path, "--connections-per-address", "2");
        Uri gateway = cluster.Gateways[0];
        (await key.OperateAsync(gateway, "import", game.Main)).AssertDone();
        for (int i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await Door.KnockAsync(gateway, "token=guess")).Status);
        Assert.Equal(new(HttpStatusCode.TooManyRequests, "too many refused attempts from this address, wait a minute\n"), await Door.KnockAsync(gateway, "token=guess"));
        Assert.Equal(1, await Door.RefusedAsync(gateway, "429: too many refused attempts from this address, wait a minute", key));

        string query = "token=" + await key.TokenAsync("alice");
        RawGame one = await RawGame.ConnectAsync(gateway, query);
        await using RawGame two = await RawGame.ConnectAsync(gateway, query);
        Assert.Equal(new(HttpStatusCode.TooManyRequests, "too many connections from this address\n"), await Door.KnockAsync(gateway, query));
        await one.DisposeAsync();
        await Poll.UntilAsync(async () => (await Door.KnockAsync(gateway, query)).Status == HttpStatusCode.SwitchingProtocols, () => "the place of the one that left");
    }

    [Fact]
    public async Task A_client_that_sends_too_fast_is_told_so_and_goes()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(game, 1);
        await using (RawGame packets = await RawGame.ConnectAsync(cluster.Gateways[0]))
        {
            await SendUntilClosedAsync(packets, new byte[1]);
            Assert.Equal("too many packets a second", await packets.ReadReasonAsync());
        }

        await using RawGame bytes = await RawGame.ConnectAsync(cluster.Gateways[0]);
        await SendUntilClosedAsync(bytes, new byte[100_000]);
        Assert.Equal("too many bytes a second", await bytes.ReadReasonAsync());
        Assert.Equal(1, await Door.RefusedAsync(cluster.Gateways[0], "too many packets a second"));
        await Poll.UntilAsync(async () => await Door.RefusedAsync(cluster.Gateways[0], "too many bytes a second") == 1, () => "the second to be counted");
    }

    [Fact]
    public async Task A_client_that_never_reads_is_given_up_when_eight_megabytes_wait_for_it()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(game, 1);
        using BareSocket deaf = await BareSocket.ConnectAsync(cluster.Gateways[0]);
        // Three times what each of them may send at once is more than waits here and in the system's buffers together.
        byte[] bytes = new byte[60_000];
        await using RawGame first = await SendAsync();
        await using RawGame second = await SendAsync();
        await using RawGame third = await SendAsync();
        await Poll.UntilAsync(async () => await Door.RefusedAsync(cluster.Gateways[0], "more than 8388608 bytes wait to be sent") == 1, () => "it to be given up");
        Assert.Equal(0, await Door.RefusedAsync(cluster.Gateways[0], "too many bytes a second"));

        async Task<RawGame> SendAsync()
        {
            RawGame game = await RawGame.ConnectAsync(cluster.Gateways[0]);
            await game.TakeSpawnAsync($"{deaf.Peer}");
            for (int sent = 0; sent + bytes.Length < PeerLimits.Default.BytesBurst * 9 / 10; sent += bytes.Length)
                await game.SendToAsync(deaf.Peer, writer => RawPacket.Write(writer, bytes));
            return game;
        }

        // The others hear that it is gone.
        await first.TakeAsync("its end", p => SystemPacket.TryRead(p, out SystemPacket s) && s.Command == SystemCommand.DelPeer && s.Peer == deaf.Peer);
    }

    [Fact]
    public async Task A_client_that_never_answers_is_given_up()
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(game, 1);
        using BareSocket mute = await BareSocket.ConnectAsync(cluster.Gateways[0]);
        await mute.ReadToEndAsync();
        await Poll.UntilAsync(async () => await Door.RefusedAsync(cluster.Gateways[0], "a client that does not answer") == 1, () => "it to be counted");
    }

    private static async Task SendUntilClosedAsync(RawGame game, byte[] bytes)
    {
        try
        {
            for (int i = 0; i < 10_000 && game.IsOpen; i++) await game.SendToAsync(1, writer => RawPacket.Write(writer, bytes));
        }
        catch (WebSocketException)
        {
            // It was closed meanwhile.
        }
    }
}
