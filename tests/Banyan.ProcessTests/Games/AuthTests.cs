using System.Net;
using System.Text;
using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>Stock clients with auth_callback, byte by byte, and as the model of a game.</summary>
public sealed class AuthTests
{
    private static readonly byte[] _completed = [7, 0];

    [Fact]
    public async Task A_token_may_come_with_send_auth_and_nothing_is_sent_before_the_client_has_completed()
    {
        using var game = new GameFolder();
        using KeyFile key = await KeyFile.MakeAsync();
        await using LocalCluster cluster = await StartAsync(game, key, "--token-key", key.Path, "--auth-callback");
        byte[] token = Encoding.UTF8.GetBytes(await key.TokenAsync("alice"));
        await using RawGame one = await RawGame.ConnectAsync(cluster.Gateways[0]);
        await one.SendAsync(writer => writer.Raw([7, 0, .. token]));
        // Whatever came before this would be lost to a client that still authenticates.
        await using RawGame playing = await RawGame.ConnectAsync(cluster.Gateways[0], "token=" + Encoding.UTF8.GetString(token));
        Assert.Equal(_completed, await playing.TakeAsync("completion at once", _ => true));
        await playing.TakeSpawnAsync($"{playing.Peer}");
        await one.SendAsync(writer => writer.Raw(_completed));
        Assert.Equal(_completed, await one.TakeAsync("completion, first of all", _ => true));
        await one.TakeSpawnAsync($"{playing.Peer}");
        await one.TakeSpawnAsync($"{one.Peer}");

        // As a whole game does it.
        await using ModelGame model = await ModelGame.ConnectAsync(cluster.Gateways[0], game, token);
        Assert.Empty(model.Tree.Errors);
        Assert.Contains($"{one.Peer}", model.Players);
    }

    [Fact]
    public async Task Without_a_good_token_a_client_is_sent_away_with_the_reason()
    {
        using var game = new GameFolder();
        using KeyFile key = await KeyFile.MakeAsync();
        await using LocalCluster cluster = await StartAsync(game, key, "--token-key", key.Path, "--auth-callback");
        Uri gateway = cluster.Gateways[0];
        foreach ((string why, byte[] packet) in new (string, byte[])[]
        {
            ("the token is no signed JWT", [7, 0, 1, 2, 3]),
            ("no token: complete_auth before send_auth", _completed),
            ("a packet before complete_auth", [3, 1]),
            ("no send_auth and complete_auth within 3 seconds", []),
        })
        {
            await using RawGame one = await RawGame.ConnectAsync(gateway);
            if (packet.Length > 0) await one.SendAsync(writer => writer.Raw(packet));
            Assert.Equal(why, await one.ReadReasonAsync());
            Assert.Equal(1, await Door.RefusedAsync(gateway, "send_auth: " + why, key));
        }

        Assert.Equal(0, (await Door.GamesAsync(gateway, key)).GetProperty("peers").GetInt32());
        // In the address it is still looked at before there is a connection.
        Assert.Equal(HttpStatusCode.Unauthorized, (await Door.KnockAsync(gateway, "token=guess")).Status);
    }

    [Fact]
    public async Task Bad_tokens_in_packets_count_as_refused_attempts()
    {
        using var game = new GameFolder();
        using KeyFile key = await KeyFile.MakeAsync();
        await using LocalCluster cluster = await StartAsync(game, key, "--token-key", key.Path, "--auth-callback");
        for (int i = 0; i < 21; i++)
        {
            await using RawGame one = await RawGame.ConnectAsync(cluster.Gateways[0]);
            await one.SendAsync(writer => writer.Raw([7, 0, 1, 2, 3]));
            Assert.Equal(i < 20 ? "the token is no signed JWT" : "too many refused attempts from this address, wait a minute", await one.ReadReasonAsync());
        }
    }

    [Theory]
    [InlineData]
    [InlineData("--auth-callback")]
    public async Task In_an_open_gateway_a_game_with_auth_callback_plays(params string[] more)
    {
        using var game = new GameFolder();
        await using LocalCluster cluster = await StartAsync(game, null, ["--open", .. more]);
        await using ModelGame one = await ModelGame.ConnectAsync(cluster.Gateways[0], game, [1, 2, 3]);
        await using ModelGame two = await ModelGame.ConnectAsync(cluster.Gateways[0], game, [4]);
        await Poll.UntilAsync(
            () =>
            {
                one.Process();
                two.Process();
                return one.Players.Length == 2 && two.Players.Length == 2;
            }, () => "both to see both");
        Assert.Empty(one.Tree.Errors);
        Assert.Empty(two.Tree.Errors);
        Assert.Empty((await Door.GamesAsync(cluster.Gateways[0])).GetProperty("refused").EnumerateObject());
    }

    private static async Task<LocalCluster> StartAsync(GameFolder game, KeyFile? key, params string[] options)
    {
        LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 1, null, ["--project", game.Path, .. options]);
        BanyanCommand import = key is null
            ? await BanyanCommand.RunAsync(cluster.Gateways[0], "import", game.Main)
            : await key.OperateAsync(cluster.Gateways[0], "import", game.Main);
        import.AssertDone();
        return cluster;
    }
}
