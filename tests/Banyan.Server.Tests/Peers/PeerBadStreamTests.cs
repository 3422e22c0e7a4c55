using System.Buffers.Binary;
using System.Net.Sockets;
using Banyan.Primitives;
using Banyan.Server.Peers;
using static Banyan.Server.Tests.Peers.Loopback;

namespace Banyan.Server.Tests.Peers;

/// <summary>What ends a connection after the handshake.</summary>
public sealed class PeerBadStreamTests
{
    private readonly RecordingInbox _inbox = new();

    [Fact]
    public async Task A_wrong_checksum_closes_the_connection_and_the_sender_hears_why()
    {
        byte[] frame = Frame(PeerFrameKind.Whole, "message"u8);
        frame[^1] ^= 1;
        await ClosesAsync(frame, "a frame's checksum is wrong", _inbox);
        Assert.False(_inbox.TryNext(out _));
    }

    [Fact]
    public async Task A_length_beyond_the_bound_closes_the_connection_before_the_payload_is_there()
    {
        byte[] header = new byte[PeerFrame.HeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, PeerFrame.PayloadBytesMax + 1);
        await ClosesAsync(header, "a frame is too long: 16777217 bytes", _inbox);
    }

    [Fact]
    public async Task A_message_that_is_not_understood_closes_the_connection()
    {
        var inbox = new RecordingInbox { NotUnderstood = "?"u8.ToArray() };
        await ClosesAsync(Frame(PeerFrameKind.Whole, "?"u8), "a message was not understood", inbox);
    }

    [Fact]
    public async Task Fragments_that_never_end_close_the_connection()
    {
        byte[] fragment = Frame(PeerFrameKind.Fragment, new byte[600]);
        await ClosesAsync([.. fragment, .. fragment], "a message is longer than 1000 bytes", _inbox);
    }

    [Fact]
    public async Task A_silent_connection_is_closed()
    {
        PeerTransportOptions options = Options() with { IdleTimeout = TimeSpan.FromMilliseconds(50) };
        await using PeerTransport two = Start(S2, _inbox, options);
        using Socket caller = await two.CallAsync(S1, S2);
        await caller.HearEndAsync();
        await Patience.UntilAsync(() => !two.Peer(S1).Attached, "the connection has ended");
        Assert.Equal("no sign of life for 0.05 s", two.Peer(S1).LastReceiveError);
    }

    [Fact]
    public async Task Signs_of_life_keep_a_connection_without_messages()
    {
        PeerTransportOptions options = Options() with
        {
            KeepAliveInterval = TimeSpan.FromMilliseconds(10),
            IdleTimeout = TimeSpan.FromSeconds(10),
        };
        var inbox1 = new RecordingInbox();
        await using PeerTransport two = Start(S2, _inbox, options);
        await using PeerTransport one = Start(S1, inbox1, options);
        one.SetPeer(S2, two.EndPoint);
        await inbox1.BecomesAsync(S2, true);
        await Patience.UntilAsync(() => two.Peer(S1).BytesReceived >= 3 * PeerFrame.HeaderBytes, "three signs of life");
        Assert.False(_inbox.TryNext(out _));
        Assert.Equal(0, two.Peer(S1).MessagesReceived);
        Assert.Equal(0, _inbox.Batches);
    }

    [Fact]
    public async Task The_sending_side_shows_why_its_stream_was_ended()
    {
        var inbox1 = new RecordingInbox();
        var inbox2 = new RecordingInbox { NotUnderstood = "?"u8.ToArray() };
        await using PeerTransport two = Start(S2, inbox2);
        await using PeerTransport one = Start(S1, inbox1);
        one.SetPeer(S2, two.EndPoint);
        await inbox1.BecomesAsync(S2, true);
        one.Send(S2, "?"u8);
        await inbox1.BecomesAsync(S2, false);
        Assert.Equal("refused there: a message was not understood", one.Peer(S2).LastSendError);
        await inbox1.BecomesAsync(S2, true);
    }

    private static async Task ClosesAsync(byte[] bytes, string reason, RecordingInbox inbox)
    {
        await using PeerTransport two = Start(S2, inbox, Options() with { MessageBytesMax = 1000 });
        using Socket caller = await two.CallAsync(S1, S2);
        await caller.SayAsync(bytes);
        Assert.Equal(reason, (await caller.HearAsync())?.Refusal);
        await caller.HearEndAsync();
        await Patience.UntilAsync(() => !two.Peer(S1).Attached, "the connection has ended");
        Assert.Equal(1, two.Peer(S1).BadStreams);
        Assert.Equal(reason, two.Peer(S1).LastReceiveError);
        // The next connection of the same peer is welcome.
        using Socket again = await two.CallAsync(S1, S2);
    }
}
