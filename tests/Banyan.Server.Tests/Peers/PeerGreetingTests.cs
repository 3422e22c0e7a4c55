using Banyan.Primitives;
using Banyan.Server.Peers;
using static Banyan.Server.Tests.Peers.Loopback;

namespace Banyan.Server.Tests.Peers;

public sealed class PeerGreetingTests
{
    [Fact]
    public void A_hello_reads_back_as_it_was_written()
    {
        PeerGreeting hello = PeerGreeting.Hello(S1, S2, Cluster);
        Assert.True(TryRead(hello.Encode(), out PeerGreeting read));
        Assert.Equal(hello, read);
        Assert.Null(read.Objection(S2, Cluster));
    }

    [Fact]
    public void A_later_program_that_still_speaks_our_version_is_welcome() =>
        Assert.Null(new PeerGreeting(1, 9, S1, S2, Cluster, null).Objection(S2, Cluster));

    [Fact]
    public void A_refusal_cannot_write_control_characters_into_our_log()
    {
        Assert.True(TryRead(PeerGreeting.Refuse("a\x1b[31m\nb").Encode(), out PeerGreeting read));
        Assert.Equal("a?[31m?b", read.Refusal);
    }

    [Fact]
    public void A_long_cluster_name_is_not_repeated_in_full()
    {
        string? objection = PeerGreeting.Hello(S1, S2, new string('x', 256)).Objection(S2, Cluster);
        Assert.Equal($"the cluster is '{new string('x', 64)}…' there, 'test' here", objection);
    }

    [Fact]
    public void Any_flipped_bit_is_noticed()
    {
        byte[] good = PeerGreeting.Hello(S1, S2, Cluster).Encode();
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(TryRead(bad, out _), $"bit {bit}");
        }
    }

    private static bool TryRead(byte[] bytes, out PeerGreeting greeting)
    {
        greeting = default;
        ReadOnlySpan<byte> header = bytes.AsSpan(0, PeerGreeting.HeaderBytes);
        ReadOnlySpan<byte> rest = bytes.AsSpan(PeerGreeting.HeaderBytes);
        return PeerGreeting.TryReadHeader(header, out int bodyBytes)
            && bodyBytes <= rest.Length
            && PeerGreeting.TryRead(header, rest[..bodyBytes], out greeting);
    }
}
