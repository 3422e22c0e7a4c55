using Banyan.Primitives;
using Banyan.Server.Peers;
using static Banyan.Server.Tests.Peers.Loopback;

namespace Banyan.Server.Tests.Peers;

public sealed class PeerTransportTests
{
    private readonly RecordingInbox _inbox1 = new();
    private readonly RecordingInbox _inbox2 = new();

    [Fact]
    public async Task Messages_arrive_in_the_order_of_sending()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        await using PeerTransport two = Start(S2, _inbox2);
        await one.ReachAsync(two, _inbox1);
        for (int i = 0; i < 5000; i++) one.Send(S2, Numbered(i, 4 + i % 300));
        for (int i = 0; i < 5000; i++)
        {
            (ServerId from, byte[] message) = await _inbox2.NextAsync();
            Assert.Equal(S1, from);
            Assert.Equal(4 + i % 300, message.Length);
            Assert.Equal(i, NumberOf(message));
        }

        Assert.InRange(_inbox2.Batches, 1, 5000);
    }

    [Fact]
    public async Task Both_directions_work_at_once()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        await using PeerTransport two = Start(S2, _inbox2);
        one.SetPeer(S2, two.EndPoint);
        two.SetPeer(S1, one.EndPoint);
        await _inbox1.BecomesAsync(S2, true);
        await _inbox2.BecomesAsync(S1, true);
        one.Send(S2, "there"u8);
        two.Send(S1, "back"u8);
        Assert.Equal("there", await _inbox2.NextTextAsync());
        Assert.Equal("back", await _inbox1.NextTextAsync());
    }

    [Fact]
    public async Task What_was_sent_before_the_connection_is_open_goes_out_when_it_opens()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        await using var two = new PeerTransport(S2, Options(), _inbox2);
        one.SetPeer(S2, two.EndPoint);
        one.Send(S2, "early"u8);
        two.Start();
        Assert.Equal("early", await _inbox2.NextTextAsync());
    }

    [Fact]
    public async Task Messages_that_are_flushed_together_go_out_in_one_call()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        await using PeerTransport two = Start(S2, _inbox2);
        await one.ReachAsync(two, _inbox1);
        one.Send(S2, Numbered(-1));
        await _inbox2.NextAsync();
        await Patience.UntilAsync(() => one.Peer(S2).MessagesSent == 1, "the first message");

        long before = one.Peer(S2).Writes;
        for (int i = 0; i < 100; i++) one.Enqueue(S2, Numbered(i));
        one.Flush();
        for (int i = 0; i < 100; i++) Assert.Equal(i, NumberOf((await _inbox2.NextAsync()).Message));
        // A sign of life may come in between.
        Assert.InRange(one.Peer(S2).Writes - before, 1, 2);
    }

    [Fact]
    public async Task A_long_message_arrives_whole_and_short_ones_overtake_it()
    {
        PeerTransportOptions options = Options() with { BulkBytesMin = 1 << 20 };
        await using PeerTransport one = Start(S1, _inbox1, options);
        await using PeerTransport two = Start(S2, _inbox2);
        await one.ReachAsync(two, _inbox1);
        byte[] large = new byte[40 << 20];
        new Random(1).NextBytes(large);
        one.Send(S2, large);
        one.Send(S2, "short"u8);
        Assert.Equal("short", await _inbox2.NextTextAsync());
        Assert.Equal(large, (await _inbox2.NextAsync()).Message);
    }

    [Fact]
    public async Task The_connection_comes_back_after_the_peer_restarts()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        PeerTransport two = Start(S2, _inbox2);
        int port = two.EndPoint.Port;
        await one.ReachAsync(two, _inbox1);
        await two.DisposeAsync();
        await _inbox1.BecomesAsync(S2, false);
        await Patience.UntilAsync(() => one.Peer(S2).ConnectFailures > 0, "a failed attempt");
        Assert.Equal("nobody listens there", one.Peer(S2).LastSendError);
        Assert.Null(one.Peer(S2).ReachableSince);

        await using PeerTransport again = Start(S2, _inbox2, Options(port));
        await _inbox1.BecomesAsync(S2, true);
        one.Send(S2, "again"u8);
        Assert.Equal("again", await _inbox2.NextTextAsync());
        Assert.Equal(2, one.Peer(S2).Connects);
        Assert.NotNull(one.Peer(S2).ReachableSince);
    }

    [Fact]
    public async Task A_peer_that_dials_in_is_dialled_without_waiting_for_the_back_off()
    {
        PeerTransportOptions patient = Options() with { BackOffMin = TimeSpan.FromHours(1), BackOffMax = TimeSpan.FromHours(1) };
        await using PeerTransport one = Start(S1, _inbox1, patient);
        PeerTransport gone = Start(S2, _inbox2);
        int port = gone.EndPoint.Port;
        await gone.DisposeAsync();
        one.SetPeer(S2, new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port));
        await Patience.UntilAsync(() => one.Peer(S2).ConnectFailures == 1, "a failed attempt");

        await using PeerTransport two = Start(S2, _inbox2, Options(port));
        two.SetPeer(S1, one.EndPoint);
        await _inbox1.BecomesAsync(S2, true);
    }

    [Fact]
    public async Task A_peer_that_moved_is_reached_at_its_new_address()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        await using PeerTransport two = Start(S2, _inbox2);
        var inbox = new RecordingInbox();
        await using PeerTransport moved = Start(S2, inbox);
        await one.ReachAsync(two, _inbox1);
        one.SetPeer(S2, moved.EndPoint);
        await _inbox1.BecomesAsync(S2, false);
        await _inbox1.BecomesAsync(S2, true);
        one.Send(S2, "here"u8);
        Assert.Equal("here", await inbox.NextTextAsync());
    }

    [Fact]
    public async Task Messages_to_a_peer_that_is_down_are_dropped_and_counted()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        PeerTransport two = Start(S2, _inbox2);
        one.SetPeer(S2, two.EndPoint);
        await two.DisposeAsync();
        await Patience.UntilAsync(() => one.Peer(S2).ConnectFailures > 0, "a failed attempt");
        one.Send(S2, "lost"u8);
        Assert.Equal(1, one.Peer(S2).MessagesDropped);
        Assert.Equal(0, one.Peer(S2).BytesQueued);
    }

    [Fact]
    public async Task Messages_to_nobody_are_counted()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        one.Send(new(9), "lost"u8);
        Assert.Equal(1, one.Status().Unaddressed);
    }

    [Fact]
    public async Task A_removed_peer_is_no_longer_dialled()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        await using PeerTransport two = Start(S2, _inbox2);
        await one.ReachAsync(two, _inbox1);
        await one.RemovePeerAsync(S2);
        await _inbox1.BecomesAsync(S2, false);
        await Patience.UntilAsync(() => !two.Peer(S1).Attached, "the connection is closed");
        Assert.Empty(one.Status().Peers);
    }

    [Fact]
    public async Task Bytes_and_messages_are_counted_on_both_sides()
    {
        await using PeerTransport one = Start(S1, _inbox1);
        await using PeerTransport two = Start(S2, _inbox2);
        await one.ReachAsync(two, _inbox1);
        for (int i = 0; i < 10; i++) one.Send(S2, new byte[100]);
        for (int i = 0; i < 10; i++) await _inbox2.NextAsync();
        await Patience.UntilAsync(() => two.Peer(S1).MessagesReceived == 10, "ten messages are counted");
        await Patience.UntilAsync(() => one.Peer(S2).MessagesSent == 10, "ten messages are counted");
        // Signs of life come on top.
        Assert.InRange(one.Peer(S2).BytesSent, 10 * 108, (10 * 108) + 1000);
        Assert.InRange(two.Peer(S1).BytesReceived, 10 * 108, (10 * 108) + 1000);
        Assert.True(two.Peer(S1).Attached);
        Assert.False(two.Peer(S1).Reachable);
    }

    [Fact]
    public async Task Senders_on_several_threads_survive_connections_that_break()
    {
        await using PeerTransport one = Start(S1, _inbox1, Options() with { QueueBytesMax = 64 << 10 });
        await using PeerTransport two = Start(S2, _inbox2);
        await one.ReachAsync(two, _inbox1);
        using var stop = new CancellationTokenSource();
        Task[] senders =
        [
            .. Enumerable.Range(0, 3).Select(sender => Task.Factory.StartNew(
                () =>
                {
                    for (int i = 0; !stop.IsCancellationRequested; i++) one.Send(S2, Numbered((sender << 28) | i, 4 + (i % 300)));
                },
                // Threads of their own: the pool must stay free to dial.
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        for (int cut = 0; cut < 10; cut++)
        {
            // A second connection under the same id pushes the first out.
            using System.Net.Sockets.Socket intruder = await two.CallAsync();
            await intruder.SayAsync(PeerGreeting.Hello(S1, S2, Cluster).Encode());
            await _inbox1.BecomesAsync(S2, false);
            await _inbox1.BecomesAsync(S2, true);
        }

        await stop.CancelAsync();
        await Task.WhenAll(senders).WaitAsync(Patience.Long, TestContext.Current.CancellationToken);
        await Patience.UntilAsync(() => one.Peer(S2) is { Reachable: true, MessagesQueued: 0 }, "the queue is empty");
        one.Send(S2, Numbered(-1));
        int[] last = [-1, -1, -1];
        while (true)
        {
            int number = NumberOf((await _inbox2.NextAsync()).Message);
            if (number == -1) break;
            // Some are lost; none is repeated or overtaken.
            Assert.True((number & 0xFFFFFFF) > last[number >> 28]);
            last[number >> 28] = number & 0xFFFFFFF;
        }

        Assert.DoesNotContain(-1, last);
    }
}
