using Banyan.Primitives;
using Banyan.Server.Peers;
using static Banyan.Server.Tests.Peers.Loopback;

namespace Banyan.Server.Tests.Peers;

/// <summary>A receiver that does not keep up.</summary>
public sealed class PeerPressureTests
{
    private readonly RecordingInbox _inbox1 = new();
    private readonly RecordingInbox _inbox2 = new();

    private static PeerTransportOptions Small => Options() with
    {
        QueueBytesMax = 256 << 10,
        SendBufferBytes = 16 << 10,
        ReceiveBufferBytes = 16 << 10,
    };

    [Fact]
    public async Task A_full_queue_drops_and_counts_and_what_was_taken_arrives_in_order()
    {
        await using PeerTransport two = Start(S2, _inbox2, Small);
        await using PeerTransport one = Start(S1, _inbox1, Small);
        await one.ReachAsync(two, _inbox1);
        _inbox2.Shut();
        int sent = 0;
        while (one.Peer(S2).MessagesDropped == 0)
        {
            Assert.True(sent < 100_000, "the queue has no bound");
            one.Send(S2, Numbered(sent++, 1000));
        }

        Assert.True(_inbox2.Held.Wait(Patience.Long, TestContext.Current.CancellationToken));
        Assert.InRange(one.Peer(S2).BytesQueued, 1, (256 << 10) + PeerQueue.ChunkBytes);
        _inbox2.Open();
        // Only the last message found the queue full.
        for (int i = 0; i < sent - 1; i++) Assert.Equal(i, NumberOf((await _inbox2.NextAsync()).Message));
        await Patience.UntilAsync(() => one.Peer(S2).BytesQueued == 0, "the queue is empty");
        one.Send(S2, Numbered(-1));
        Assert.Equal(-1, NumberOf((await _inbox2.NextAsync()).Message));
        Assert.Equal(1, one.Peer(S2).MessagesDropped);
    }

    [Fact]
    public async Task Nothing_is_read_while_the_inbox_is_full()
    {
        await using PeerTransport two = Start(S2, _inbox2, Small);
        await using PeerTransport one = Start(S1, _inbox1, Small);
        await one.ReachAsync(two, _inbox1);
        _inbox2.Shut();
        one.Send(S2, Numbered(0));
        Assert.True(_inbox2.Held.Wait(Patience.Long, TestContext.Current.CancellationToken));
        long readBefore = two.Peer(S1).BytesReceived;
        for (int i = 1; one.Peer(S2).MessagesDropped == 0; i++) one.Send(S2, Numbered(i, 1000));
        Assert.Equal(readBefore, two.Peer(S1).BytesReceived);
        Assert.False(_inbox2.TryNext(out _));
        _inbox2.Open();
        Assert.Equal(0, NumberOf((await _inbox2.NextAsync()).Message));
    }

    [Fact]
    public async Task A_connection_is_not_replaced_before_its_last_message_is_worked_on()
    {
        PeerTransportOptions hasty = Options() with { HandshakeTimeout = TimeSpan.FromMilliseconds(200) };
        await using PeerTransport two = Start(S2, _inbox2, hasty);
        using System.Net.Sockets.Socket first = await two.CallAsync(S1, S2);
        _inbox2.Shut();
        await first.SayAsync(Frame(PeerFrameKind.Whole, Numbered(1)));
        Assert.True(_inbox2.Held.Wait(Patience.Long, TestContext.Current.CancellationToken));

        using System.Net.Sockets.Socket second = await two.CallAsync();
        await second.SayAsync(PeerGreeting.Hello(S1, S2, Cluster).Encode());
        PeerGreeting? answer = await second.HearAsync();
        Assert.Equal("what the last connection brought is still being worked on", answer?.Refusal);

        _inbox2.Open();
        Assert.Equal(1, NumberOf((await _inbox2.NextAsync()).Message));
        await first.HearEndAsync();
        using System.Net.Sockets.Socket third = await two.CallAsync(S1, S2);
        await third.SayAsync(Frame(PeerFrameKind.Whole, Numbered(2)));
        Assert.Equal(2, NumberOf((await _inbox2.NextAsync()).Message));
    }
}
