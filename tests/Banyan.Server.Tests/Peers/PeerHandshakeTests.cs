using System.Net.Sockets;
using Banyan.Primitives;
using Banyan.Server.Peers;
using static Banyan.Server.Tests.Peers.Loopback;

namespace Banyan.Server.Tests.Peers;

/// <summary>Who is let in, and what those hear who are not.</summary>
public sealed class PeerHandshakeTests
{
    private readonly RecordingInbox _inbox1 = new();
    private readonly RecordingInbox _inbox2 = new();

    [Fact]
    public async Task Another_cluster_is_refused_and_both_sides_say_why()
    {
        await using PeerTransport two = Start(S2, _inbox2, Options() with { Cluster = "other" });
        await using PeerTransport one = Start(S1, _inbox1);
        one.SetPeer(S2, two.EndPoint);
        Assert.Equal("the cluster is 'test' there, 'other' here", await two.RefusalAsync());
        await Patience.UntilAsync(() => one.Peer(S2).ConnectFailures > 0, "the refusal is known");
        Assert.Equal("refused there: the cluster is 'test' there, 'other' here", one.Peer(S2).LastSendError);
        Assert.False(one.Peer(S2).Reachable);
    }

    [Fact]
    public async Task A_server_under_another_id_than_was_looked_for_refuses()
    {
        await using PeerTransport two = Start(S2, _inbox2);
        await using PeerTransport one = Start(S1, _inbox1);
        one.SetPeer(new(3), two.EndPoint);
        Assert.Equal("s3 was looked for, this is s2", await two.RefusalAsync());
    }

    [Fact]
    public async Task A_caller_under_this_servers_own_id_is_refused()
    {
        await using PeerTransport two = Start(S2, _inbox2);
        using Socket caller = await two.CallAsync();
        await caller.SayAsync(PeerGreeting.Hello(S2, S2, Cluster).Encode());
        Assert.Equal("no other server is called s2", (await caller.HearAsync())?.Refusal);
    }

    [Fact]
    public async Task A_version_that_is_not_spoken_here_is_refused()
    {
        await using PeerTransport two = Start(S2, _inbox2);
        using Socket caller = await two.CallAsync();
        await caller.SayAsync(new PeerGreeting(2, 3, S1, S2, Cluster, null).Encode());
        const string reason = "peer protocol versions 2 to 3 are spoken there, 1 to 1 here";
        Assert.Equal(reason, (await caller.HearAsync())?.Refusal);
        Assert.Equal(reason, await two.RefusalAsync());
        await caller.HearEndAsync();
    }

    [Fact]
    public async Task The_dialling_side_refuses_a_version_that_it_does_not_speak()
    {
        using Socket listener = Listen();
        await using PeerTransport one = Start(S1, _inbox1);
        one.SetPeer(S2, listener.LocalEndPoint!);
        using Socket called = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        Assert.Equal(PeerGreeting.Hello(S1, S2, Cluster), await called.HearAsync());
        await called.SayAsync(new PeerGreeting(7, 8, S2, S1, Cluster, null).Encode());
        await Patience.UntilAsync(() => one.Peer(S2).ConnectFailures == 1, "the attempt failed");
        Assert.Equal("peer protocol versions 7 to 8 are spoken there, 1 to 1 here", one.Peer(S2).LastSendError);
    }

    [Fact]
    public async Task The_dialling_side_refuses_a_server_under_another_id()
    {
        using Socket listener = Listen();
        await using PeerTransport one = Start(S1, _inbox1);
        one.SetPeer(S2, listener.LocalEndPoint!);
        using Socket called = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await called.HearAsync();
        await called.SayAsync(PeerGreeting.Hello(new(5), S1, Cluster).Encode());
        await Patience.UntilAsync(() => one.Peer(S2).ConnectFailures == 1, "the attempt failed");
        Assert.Equal("s2 was looked for, that is s5", one.Peer(S2).LastSendError);
    }

    [Fact]
    public async Task Garbage_on_the_port_is_closed_and_counted_and_others_go_on()
    {
        await using PeerTransport two = Start(S2, _inbox2);
        await using PeerTransport one = Start(S1, _inbox1);
        await one.ReachAsync(two, _inbox1);
        var random = new SeededRandom(5);
        for (int caller = 1; caller <= 20; caller++)
        {
            byte[] garbage = new byte[15 + random.Next(2000)];
            for (int i = 0; i < garbage.Length; i++) garbage[i] = (byte)random.Next(256);
            using Socket socket = await two.CallAsync();
            await socket.SayAsync(garbage);
            await socket.HearEndAsync();
            Assert.Equal("what came first is no greeting of a Banyan server", await two.RefusalAsync(caller));
        }

        one.Send(S2, "unharmed"u8);
        Assert.Equal("unharmed", await _inbox2.NextTextAsync());
    }

    [Fact]
    public async Task A_damaged_greeting_is_closed()
    {
        await using PeerTransport two = Start(S2, _inbox2);
        using Socket caller = await two.CallAsync();
        byte[] hello = PeerGreeting.Hello(S1, S2, Cluster).Encode();
        hello[^1] ^= 1;
        await caller.SayAsync(hello);
        await caller.HearEndAsync();
        Assert.Equal("the greeting is damaged", await two.RefusalAsync());
    }

    [Fact]
    public async Task A_caller_that_says_nothing_is_closed_after_a_while()
    {
        await using PeerTransport two =
            Start(S2, _inbox2, Options() with { HandshakeTimeout = TimeSpan.FromMilliseconds(50) });
        using Socket caller = await two.CallAsync();
        await caller.HearEndAsync();
        Assert.Equal("the greeting did not come in time", await two.RefusalAsync());
    }

    [Fact]
    public async Task Callers_above_the_bound_are_closed_at_once()
    {
        await using PeerTransport two = Start(S2, _inbox2, Options() with { IncomingMax = 1 });
        using Socket first = await two.CallAsync(S1, S2);
        using Socket second = await two.CallAsync();
        await second.HearEndAsync();
        Assert.Equal("1 connections are open", await two.RefusalAsync());
        await first.SayAsync(Frame(PeerFrameKind.Whole, "still here"u8));
        Assert.Equal("still here", await _inbox2.NextTextAsync());
    }

    [Fact]
    public async Task A_newer_connection_of_the_same_peer_takes_the_place_of_the_older()
    {
        await using PeerTransport two = Start(S2, _inbox2);
        using Socket first = await two.CallAsync(S1, S2);
        using Socket second = await two.CallAsync(S1, S2);
        await first.HearEndAsync();
        await second.SayAsync(Frame(PeerFrameKind.Whole, "second"u8));
        Assert.Equal("second", await _inbox2.NextTextAsync());
        Assert.Equal("a newer connection took its place", two.Peer(S1).LastReceiveError);
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }
}
