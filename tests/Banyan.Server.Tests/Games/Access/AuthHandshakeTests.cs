using System.Text;
using Banyan.Primitives;
using Banyan.Server.Games.Access;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;

namespace Banyan.Server.Tests.Games.Access;

public class AuthHandshakeTests
{
    private static readonly Admission _alice = new("alice", PeerRights.Play);
    private readonly List<string> _checked = [];

    [Fact]
    public void A_token_and_a_completion_let_in()
    {
        AuthHandshake auth = With(null);
        Assert.Null(auth.OnPacket([7, 0, .. "good"u8]));
        Assert.Null(auth.Complete);
        Assert.Null(auth.OnPacket([7, 0]));
        Assert.Equal(_alice, auth.Complete);
        Assert.Equal(["good"], _checked);
    }

    [Fact]
    public void Whoever_is_known_has_only_to_complete_and_may_say_what_it_likes()
    {
        AuthHandshake auth = With(Admission.Anybody);
        Assert.Null(auth.OnPacket([7, 0, .. "bad"u8]));
        Assert.Null(auth.OnPacket([7, 0, 1, 2, 3]));
        Assert.Null(auth.Complete);
        Assert.Null(auth.OnPacket([7, 0]));
        Assert.Equal(Admission.Anybody, auth.Complete);
        Assert.Empty(_checked);
    }

    [Fact]
    public void Without_a_good_token_nobody_is_let_in()
    {
        Assert.Equal("bad token", With(null).OnPacket([7, 0, .. "bad"u8]));
        AuthHandshake none = With(null);
        Assert.Equal("no token: complete_auth before send_auth", none.OnPacket([7, 0]));
        Assert.Null(none.Complete);
    }

    [Fact]
    public void A_token_that_is_too_long_is_cut_before_it_is_looked_at()
    {
        With(null).OnPacket([7, 0, .. new byte[1 << 20]]);
        Assert.Equal(JoinToken.LengthMax + 1, Assert.Single(_checked).Length);
    }

    [Fact]
    public void Nothing_else_may_come_and_no_bytes_throw()
    {
        foreach (byte[] packet in new byte[][] { [], [7], [3, 1], [7, 1, 2, 0, 0, 0], [7, 3, 2, 0, 0, 0, 7, 0], [6, 0] })
            Assert.Equal("a packet before complete_auth", With(Admission.Anybody).OnPacket(packet));
        var random = new SeededRandom(3);
        for (int run = 0; run < 10_000; run++)
        {
            byte[] packet = [.. Enumerable.Range(0, random.Next(12)).Select(_ => (byte)random.Next(256))];
            if (random.Chance(0.5) && packet.Length > 1) (packet[0], packet[1]) = (7, 0);
            AuthHandshake auth = With(null);
            auth.OnPacket(packet);
            Assert.Null(auth.Complete);
        }
    }

    private AuthHandshake With(Admission? known) => new(
        token =>
        {
            _checked.Add(token);
            return token == "good" ? (_alice, null) : (null, new(401, "bad token"));
        }, known);
}
