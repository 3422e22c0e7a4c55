using Banyan.Primitives;
using Banyan.Server.Peers;
using static Banyan.Server.Tests.Peers.Loopback;

namespace Banyan.Server.Tests.Peers;

public sealed class PeerStreamReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void However_the_stream_is_cut_the_messages_are_the_same(int bytesEach)
    {
        var inbox = new RecordingInbox();
        using var reader = new PeerStreamReader(S1, inbox, 1 << 20);
        int[] lengths = [4, 0, 50, 300_000, 5, 131_072, 131_064, 8];
        foreach (int length in lengths) Feed(reader, Frame(PeerFrameKind.Whole, new byte[length]), bytesEach);
        foreach (int length in lengths)
        {
            Assert.True(inbox.TryNext(out byte[] message));
            Assert.Equal(length, message.Length);
        }

        Assert.Equal(lengths.Length, reader.Messages);
    }

    [Fact]
    public void Whole_messages_and_signs_of_life_may_come_between_fragments()
    {
        var inbox = new RecordingInbox();
        using var reader = new PeerStreamReader(S1, inbox, 1 << 20);
        byte[] stream =
        [
            .. Frame(PeerFrameKind.Fragment, "lo"u8),
            .. Frame(PeerFrameKind.Whole, "short"u8),
            .. Frame(PeerFrameKind.KeepAlive, []),
            .. Frame(PeerFrameKind.LastFragment, "ng"u8),
        ];
        Feed(reader, stream, 5);
        Assert.True(inbox.TryNext(out byte[] first));
        Assert.Equal("short"u8, first);
        Assert.True(inbox.TryNext(out byte[] second));
        Assert.Equal("long"u8, second);
        Assert.False(inbox.TryNext(out _));
    }

    [Fact]
    public void A_claimed_length_alone_takes_no_memory()
    {
        using var reader = new PeerStreamReader(S1, new RecordingInbox(), 1 << 20);
        byte[] frame = Frame(PeerFrameKind.Whole, new byte[PeerFrame.PayloadBytesMax]);
        Feed(reader, frame.AsSpan(0, 1000), 1000);
        Assert.InRange(reader.Room.Length, 1, PeerStreamReader.BufferBytes);
    }

    [Fact]
    public void Any_flipped_bit_is_noticed()
    {
        byte[] good = Frame(PeerFrameKind.Whole, "some payload"u8);
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            var inbox = new RecordingInbox();
            using var reader = new PeerStreamReader(S1, inbox, 1 << 20);
            bad.CopyTo(reader.Room);
            reader.TryDeliver(bad.Length, out _);
            // A longer length waits for bytes that do not come; everything else is bad at once.
            Assert.False(inbox.TryNext(out _), $"bit {bit}");
        }
    }

    [Fact]
    public void Random_bytes_never_make_a_message()
    {
        var random = new SeededRandom(11);
        for (int i = 0; i < 2000; i++)
        {
            var inbox = new RecordingInbox();
            using var reader = new PeerStreamReader(S1, inbox, 1 << 20);
            int length = random.Next(200);
            for (int at = 0; at < length; at++) reader.Room[at] = (byte)random.Next(256);
            reader.TryDeliver(length, out _);
            Assert.Equal(0, reader.Messages);
        }
    }

    /// <summary>Gives a good stream to the reader in pieces.</summary>
    internal static void Feed(PeerStreamReader reader, ReadOnlySpan<byte> stream, int bytesEach)
    {
        while (!stream.IsEmpty)
        {
            int length = Math.Min(Math.Min(bytesEach, stream.Length), reader.Room.Length);
            stream[..length].CopyTo(reader.Room);
            Assert.True(reader.TryDeliver(length, out string reason), reason);
            stream = stream[length..];
        }
    }
}
