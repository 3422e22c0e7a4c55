using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Tests.Multiplayer;

public class SystemPacketTests
{
    [Fact]
    public void All_four_go_both_ways()
    {
        Bytes.AssertWrites("07 00", w => SystemPacket.WriteAuth(w, []));
        Bytes.AssertWrites("07 00 0102", w => SystemPacket.WriteAuth(w, [1, 2]));
        Bytes.AssertWrites("07 01 05000000", w => SystemPacket.WriteAddPeer(w, 5));
        Bytes.AssertWrites("07 02 05000000", w => SystemPacket.WriteDelPeer(w, 5));
        Bytes.AssertWrites("07 03 fbffffff 0301", w => SystemPacket.WriteRelay(w, -5, [3, 1]));

        AssertReads("07 00", SystemCommand.Auth, 0, "");
        AssertReads("07 00 0102", SystemCommand.Auth, 0, "0102");
        AssertReads("07 01 ffffff7f", SystemCommand.AddPeer, int.MaxValue, "");
        AssertReads("07 02 05000000", SystemCommand.DelPeer, 5, "");
        AssertReads("07 03 fbffffff 0301", SystemCommand.Relay, -5, "0301");
        AssertReads("07 03 00000000 03", SystemCommand.Relay, 0, "03");
    }

    [Theory]
    [InlineData("07", "no command")]
    [InlineData("07 04 05000000", "no such command")]
    [InlineData("07 01 00000000", "peer 0")]
    [InlineData("07 02 ffffffff", "a negative peer")]
    [InlineData("07 01 050000", "too short")]
    [InlineData("07 01 05000000 00", "too long")]
    [InlineData("07 03 05000000", "nothing to relay")]
    [InlineData("07 03 00000080 0301", "a peer whose negative is none")]
    [InlineData("07 03 05000000 0703050000000301", "a relayed packet of the system")]
    [InlineData("07 03 05000000 0b01", "a relayed packet with an unknown flag")]
    [InlineData("17 00", "a flag")]
    public void Another_form_is_refused(string hex, string why) => Assert.False(SystemPacket.TryRead(Bytes.Of(hex), out _), why);

    private static void AssertReads(string hex, SystemCommand command, int peer, string payload)
    {
        Assert.True(SystemPacket.TryRead(Bytes.Of(hex), out SystemPacket read));
        Assert.Equal(command, read.Command);
        Assert.Equal(peer, read.Peer);
        Assert.Equal(payload, Bytes.Hex(read.Payload));
    }
}
