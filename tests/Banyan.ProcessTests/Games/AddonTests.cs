using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>The addon's peer in the real engine, where GODOT names one, against gateways that do what no real one would.</summary>
public sealed class AddonTests : IDisposable
{
    private const int Peer = 77;

    private readonly AddonProject _project;
    private readonly FakeGateway _first;
    private readonly FakeGateway _second;
    private readonly List<IDisposable> _open = [];

    public AddonTests()
    {
        Engine.SkipWithout();
        _project = new();
        _first = new();
        _second = new();
    }

    public void Dispose()
    {
        foreach (IDisposable it in _open) it.Dispose();
        _first.Dispose();
        _second.Dispose();
        _project.Dispose();
    }

    [Fact]
    public async Task A_game_begins_a_session_and_is_connected_to_peer_1_once()
    {
        Engine game = Start(_first);
        FakeConnection gateway = await AcceptAsync(_first);
        VariantDictionary hello = await gateway.HelloAsync();
        Assert.Equal(["version", "double", "moves"], hello.Pairs.Select(p => p.Key.AsText()));
        Assert.Equal(1, Of(hello, "version").AsInt());
        await game.UntilAsync(e => e.After("PRECISION").Length == 1, "its precision");
        Assert.Equal(game.After("PRECISION")[0] == "double", Of(hello, "double").AsBool());
        Assert.True(Of(hello, "moves").AsBool());
        await gateway.WelcomeAsync(Peer);
        await game.UntilAsync($"CONNECTED {Peer} at {_first.Url}");
        await game.UntilAsync("PEER 1");
        Assert.Contains("STATUS 1", game.Lines);
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task What_was_not_done_comes_again_at_the_next_gateway_in_order_and_before_anything_new()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.SayAsync("say 5");
        for (uint n = 1; n <= 5; n++) Assert.Equal((n, $"m{n}"), await gateway.SaidAsync());
        await gateway.DoneAsync(2);
        await gateway.SayAsync("away say 2");
        await game.UntilAsync("GOT away say 2");
        gateway.Break();
        FakeConnection next = await AcceptAsync(_second);
        VariantDictionary hello = await next.HelloAsync();
        Assert.Equal(Peer, Of(hello, "peer").AsInt());
        Assert.Equal(FakeConnection.Secret, Of(hello, "secret").AsBytes());
        Assert.Empty(Of(hello, "memory").AsBytes());
        Assert.Empty(Of(hello, "heard").AsBytes());
        Assert.Equal(5, Of(hello, "sent").AsInt()); // not those that it says from now on
        await game.UntilAsync("AWAY 2 ''"); // still connected, as far as the game can tell
        await next.WelcomeAsync(Peer, resumed: true);
        // The unreliable one, sent while it was away, is not among them.
        for (uint n = 3; n <= 7; n++)
        {
            byte[] frame = (await next.ReceiveAsync(FakeConnection.Packet, FakeConnection.Numbered))!;
            Assert.Equal([FakeConnection.Numbered, (byte)n, 0, 0, 0, 3, .. Encoding.ASCII.GetBytes($"m{n}")], frame);
        }

        await next.SayAsync("hint");
        Assert.Equal([FakeConnection.Packet, 3, (byte)'u'], (await next.ReceiveAsync(FakeConnection.Packet, FakeConnection.Numbered))!);
        await next.SayAsync("say 1");
        Assert.Equal((8u, "m8"), await next.SaidAsync());
        await game.UntilAsync($"RESUMED at {_second.Url}, under 10 s: true");
        Assert.Single(game.After("CONNECTED"));
        Assert.Single(game.After("LOST"));
        Assert.DoesNotContain("DISCONNECTED", game.Lines);
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task Messages_of_peers_arrive_once_over_any_number_of_gateways_and_each_is_told_what_was_heard()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.SayAsync(5, 1, "five-1");
        await gateway.SayAsync(5, 2, "five-2");
        await gateway.SayAsync(6, 9, "six-9");
        await AssertHeardAsync(gateway, (5, 2), (6, 9));
        gateway.Break();
        FakeConnection next = await AcceptAsync(_second);
        Assert.Equal(FakeConnection.Numbers((5, 2), (6, 9)), Of(await next.HelloAsync(), "heard").AsBytes());
        await next.WelcomeAsync(Peer, resumed: true);
        await next.SayAsync(5, 1, "five-1"); // by somebody who does not know yet
        await next.SayAsync(5, 2, "five-2");
        await next.SayAsync(5, 3, "five-3");
        await AssertHeardAsync(next, (5, 3));
        // Who sends what was heard has not heard of it.
        await next.SayAsync(6, 9, "six-9");
        await AssertHeardAsync(next, (6, 9));
        next.Break();
        FakeConnection third = await ResumeAsync(_first);
        await third.SayAsync(5, 3, "five-3");
        await third.SayAsync(5, 7, "five-7");
        await game.UntilAsync("GOT five-7");
        Assert.Equal(["five-1", "five-2", "six-9", "five-3", "five-7"], game.After("GOT"));
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task The_next_gateway_gets_back_what_the_former_ones_gave_to_remember()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.RememberAsync("one", ("a", "1"), ("bb", "22"), ("ccc", "333"));
        await gateway.RememberAsync("", ("a", "another"), ("bb", ""), ("unknown", ""));
        await gateway.RememberAsync("two");
        await game.UntilAsync("GOT two");
        gateway.Break();
        FakeConnection next = await AcceptAsync(_second);
        Assert.Equal(FakeConnection.Entries(("ccc", "333"), ("a", "another")), Of(await next.HelloAsync(), "memory").AsBytes());
        await next.WelcomeAsync(Peer, resumed: true);
        await next.RememberAsync("three", ("d", new string('x', 60_000)));
        await game.UntilAsync("GOT three");
        next.Break();
        FakeConnection third = await AcceptAsync(_first);
        Assert.Equal(FakeConnection.Entries(("ccc", "333"), ("a", "another"), ("d", new string('x', 60_000))), Of(await third.HelloAsync(), "memory").AsBytes());
        Assert.Equal(["one", "two", "three"], game.After("GOT"));
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task A_goodbye_that_is_not_final_sends_the_client_to_the_next_gateway_and_a_final_one_ends_the_session()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.GoodbyeAsync(final: false, "stopping");
        FakeConnection next = await ResumeAsync(_second);
        await game.UntilAsync("LOST goodbye: stopping");
        await next.GoodbyeAsync(final: true, "unwanted");
        await game.UntilAsync("ENDED unwanted");
        await game.UntilAsync("DISCONNECTED");
        Assert.Empty(game.Errors);
    }

    [Theory]
    [InlineData(WebSocketCloseStatus.PolicyViolation, "ENDED unwanted")]
    [InlineData(WebSocketCloseStatus.EndpointUnavailable, "LOST closed: 1001 unwanted")]
    public async Task A_goodbye_that_the_engine_forgets_is_in_the_close_that_follows(WebSocketCloseStatus status, string line)
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.SayAsync("stall 300");
        await game.UntilAsync("GOT stall 300");
        // It finds both at once.
        await gateway.GoodbyeAsync(final: status == WebSocketCloseStatus.PolicyViolation, "unwanted");
        await gateway.CloseAsync(status, "unwanted");
        await game.UntilAsync(line);
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task A_session_that_no_gateway_knows_is_over()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await game.UntilAsync("PEER 1");
        gateway.Break();
        FakeConnection next = await AcceptAsync(_second);
        await next.HelloAsync();
        await next.WelcomeAsync(Peer + 1);
        await game.UntilAsync("ENDED the cluster does not know this session any more");
        await game.UntilAsync("DISCONNECTED");
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task A_session_that_finds_no_gateway_within_its_grace_is_over()
    {
        Engine game = Start(_first, _second);
        FakeConnection gateway = await BeginAsync(_first, grace: 0.5);
        await game.UntilAsync("PEER 1");
        _first.Dispose();
        _second.Dispose();
        gateway.Break();
        await game.UntilAsync("ENDED no gateway within 0.5 s");
        await game.UntilAsync("DISCONNECTED");
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_for_3_seconds_is_given_up_but_not_because_the_game_did_not_listen()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.SayAsync("stall 4000");
        for (int pings = 0; pings < 3; pings++) await gateway.PongAsync((await gateway.ReceiveAsync(FakeConnection.Ping))!);
        await gateway.SayAsync("latency");
        await game.UntilAsync("LATENCY true");
        Assert.Empty(game.After("LOST"));
        await ResumeAsync(_second); // without a word from the first
        Assert.Equal(["no answer for 3000 ms"], game.After("LOST"));
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task A_gateway_that_takes_connections_and_says_nothing_is_passed_over()
    {
        Engine game = Start(_first, _second);
        using TcpClient silent = await _first.AcceptSilentAsync();
        await BeginAsync(_second);
        await game.UntilAsync($"CONNECTED {Peer} at {_second.Url}");
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task Gateways_that_the_cluster_names_are_used_as_well()
    {
        Engine game = Start(_first);
        FakeConnection gateway = await AcceptAsync(_first);
        await gateway.HelloAsync();
        await gateway.WelcomeAsync(Peer, resumed: false, 30, _first.Url, _second.Url);
        await game.UntilAsync("PEER 1");
        gateway.Break();
        await ResumeAsync(_second);
        await game.UntilAsync($"RESUMED at {_second.Url}, under 10 s: true");
    }

    [Fact]
    public async Task Reliable_messages_that_find_no_room_are_refused_one_by_one_with_one_warning()
    {
        Engine game = Start(_first);
        FakeConnection gateway = await BeginAsync(_first);
        await gateway.SayAsync("keep 3");
        await gateway.SayAsync("say 3");
        await gateway.SayAsync("say 2");
        await game.UntilAsync(e => e.After("REFUSED").Length == 2, "two refused");
        await gateway.DoneAsync(2);
        await gateway.SayAsync("say 2");
        for (uint n = 1; n <= 5; n++) Assert.Equal((n, $"m{n}"), await gateway.SaidAsync());
        Assert.Equal(["m4", "m4"], game.After("REFUSED"));
        Assert.Single(game.Lines, l => l.StartsWith("WARNING: BanyanMultiplayerPeer: too many reliable messages", StringComparison.Ordinal));
        Assert.Empty(game.Errors);
    }

    [Fact]
    public async Task Messages_of_a_tree_go_both_ways()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.SayAsync("follow /root/World");
        Assert.Equal(new VariantArray(["follow", 1, "/root/World"]), await gateway.TreeAsync());
        await gateway.SendTreeAsync("lost", 1, "no such node");
        await game.UntilAsync("""TREE ["lost", 1, "no such node"]""");
        await gateway.SayAsync("away follow /root/World");
        await game.UntilAsync("GOT away follow /root/World");
        gateway.Break();
        await game.UntilAsync("FOLLOWS false");
        Assert.Empty(game.Errors);
    }

    [Theory]
    [InlineData("close")]
    [InlineData("drop")]
    [InlineData("quit")]
    public async Task A_game_that_leaves_says_so_after_its_last_messages(string how)
    {
        Engine game = Start(_first);
        FakeConnection gateway = await BeginAsync(_first);
        await gateway.SayAsync("say 1");
        await gateway.SayAsync(how);
        Assert.Equal((1u, "m1"), await gateway.SaidAsync());
        byte[]? last = await gateway.ReceiveAsync(FakeConnection.Bye, FakeConnection.Numbered);
        Assert.Equal([FakeConnection.Bye], last!);
        Assert.Empty(game.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("63")] // an unknown kind
    [InlineData("01")] // a second welcome
    [InlineData("0305000000010000")] // half a number
    [InlineData("060200")] // entries that are not there
    [InlineData("0601000461")] // a key that is longer than the frame
    [InlineData("0601000161ffff31")] // a value that is
    [InlineData("04")]
    [InlineData("05")]
    [InlineData("08")]
    public async Task A_gateway_that_sends_what_was_not_agreed_is_left_and_the_session_goes_on(string frame)
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        byte[] bytes = Convert.FromHexString(frame);
        if (bytes.Length == 0) await gateway.SendEmptyAsync();
        else await gateway.SendAsync(bytes[0], bytes[1..]);
        await gateway.SayAsync("too late");
        FakeConnection next = await ResumeAsync(_second);
        await next.SayAsync("still here");
        await game.UntilAsync("GOT still here");
        Assert.Equal(["it does not speak banyan.v1"], game.After("LOST"));
        Assert.Equal(["still here"], game.After("GOT"));
    }

    [Fact]
    public async Task Where_a_browser_may_have_dropped_messages_nothing_after_them_is_believed()
    {
        (Engine game, FakeConnection gateway) = await PlayAsync();
        await gateway.SayAsync("browser 10000");
        await gateway.SayAsync("stall 1500");
        await game.UntilAsync("GOT stall 1500");
        // All of it waits in the machine when the game looks again.
        string big = new('x', 4_000);
        for (uint n = 1; n <= 6; n++) await gateway.SayAsync(5, n, big);
        FakeConnection next = await AcceptAsync(_second);
        Assert.Equal(FakeConnection.Numbers((5, 3)), Of(await next.HelloAsync(), "heard").AsBytes());
        await next.WelcomeAsync(Peer, resumed: true);
        for (uint n = 4; n <= 6; n++) await next.SayAsync(5, n, "again");
        await game.UntilAsync(e => e.After("GOT").Count(l => l == "again") == 3, "the rest");
        Assert.Equal(3, game.After("GOT").Count(l => l == big));
        Assert.Equal(["more came than a browser keeps"], game.After("LOST"));
        Assert.Empty(game.Errors);
    }

    private static Variant Of(VariantDictionary dictionary, string key)
    {
        Assert.True(dictionary.TryGet(key, out Variant value), key);
        return value;
    }

    // In as many frames as it likes.
    private static async Task AssertHeardAsync(FakeConnection gateway, params (int Source, uint Number)[] numbers)
    {
        var heard = new SortedDictionary<int, uint>();
        while (heard.Count < numbers.Length)
        {
            byte[] frame = (await gateway.ReceiveAsync(FakeConnection.Heard))!;
            for (int at = 1; at < frame.Length; at += 8) heard[BitConverter.ToInt32(frame, at)] = BitConverter.ToUInt32(frame, at + 4);
        }

        Assert.Equal(numbers, heard.Select(n => (n.Key, n.Value)));
    }

    private Engine Start(params FakeGateway[] gateways)
    {
        var game = new Engine(_project.Path, ["res://peer.tscn", "--", .. gateways.Select(g => g.Url)]);
        _open.Add(game);
        return game;
    }

    // With both gateways to go to, at the first.
    private async Task<(Engine Game, FakeConnection Gateway)> PlayAsync()
    {
        Engine game = Start(_first, _second);
        return (game, await BeginAsync(_first));
    }

    private async Task<FakeConnection> AcceptAsync(FakeGateway gateway)
    {
        FakeConnection connection = await gateway.AcceptAsync();
        _open.Add(connection);
        return connection;
    }

    private async Task<FakeConnection> BeginAsync(FakeGateway gateway, double grace = 30)
    {
        FakeConnection connection = await AcceptAsync(gateway);
        await connection.HelloAsync();
        await connection.WelcomeAsync(Peer, resumed: false, grace);
        return connection;
    }

    private async Task<FakeConnection> ResumeAsync(FakeGateway gateway)
    {
        FakeConnection connection = await AcceptAsync(gateway);
        Assert.Equal(Peer, Of(await connection.HelloAsync(), "peer").AsInt());
        await connection.WelcomeAsync(Peer, resumed: true);
        return connection;
    }
}
