using Banyan.Server.Peers;

namespace Banyan.Server.Tests.Peers;

public sealed class PeerFrameTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 13)]
    [InlineData(1, 13)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    public void No_frame_with_a_flipped_bit_is_a_frame(int kind, int length)
    {
        byte[] payload = [.. Enumerable.Range(1, length).Select(i => (byte)(i * 7))];
        var frame = new byte[PeerFrame.HeaderBytes + length];
        PeerFrame.Write(frame, (PeerFrameKind)kind, payload);
        Assert.Equal(PeerFrameRead.Frame, PeerFrame.TryRead(frame, out _, out _, out _));
        // More of the stream behind it: a length that became too long finds bytes there.
        byte[] stream = [.. frame, .. frame, .. new byte[64]];
        int waiting = 0;
        for (int bit = 0; bit < frame.Length * 8; bit++)
        {
            stream[bit / 8] ^= (byte)(1 << (bit % 8));
            PeerFrameRead read = PeerFrame.TryRead(stream, out _, out _, out string reason);
            Assert.NotEqual(PeerFrameRead.Frame, read);
            if (read == PeerFrameRead.Bad)
            {
                Assert.NotEmpty(reason);
            }
            else
            {
                // It waits for bytes that the length promises, and judges when they have come; or nothing more ever comes.
                Assert.InRange(bit, 0, 29);
                waiting++;
            }

            stream[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.InRange(waiting, kind == (int)PeerFrameKind.KeepAlive ? 0 : 1, 24);
    }

    [Fact]
    public void A_frame_that_waits_for_a_wrong_length_is_bad_once_the_bytes_are_there()
    {
        var frame = new byte[PeerFrame.HeaderBytes + 13];
        PeerFrame.Write(frame, PeerFrameKind.Whole, new byte[13]);
        for (int bit = 0; bit < 30; bit++)
        {
            var stream = new byte[PeerFrame.HeaderBytes + PeerFrame.PayloadBytesMax];
            frame.CopyTo(stream, 0);
            stream[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(PeerFrameRead.Bad, PeerFrame.TryRead(stream, out _, out _, out string reason));
            Assert.NotEmpty(reason);
        }
    }

    [Fact]
    public void A_reader_that_ignores_the_checksum_would_take_some()
    {
        var frame = new byte[PeerFrame.HeaderBytes + 13];
        PeerFrame.Write(frame, PeerFrameKind.Whole, new byte[13]);
        int taken = 0;
        for (int bit = 0; bit < frame.Length * 8; bit++)
        {
            byte[] bad = [.. frame];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            uint length = BitConverter.ToUInt32(bad) & 0x3FFFFFFF;
            if (length <= bad.Length - PeerFrame.HeaderBytes) taken++;
        }

        Assert.True(taken > 100, $"{taken}");
    }
}
