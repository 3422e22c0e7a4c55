using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Tests.Multiplayer;

public class SpawnPacketTests
{
    private const string Scene = "04 01 03000000 09000000 02000000 04000000 0a000000 0b000080 426f7400 0207";
    private const string Custom = "04 ff 03000000 09000000 00000000 02000000 6100 02000000 0263 81";

    [Fact]
    public void A_scene_goes_both_ways()
    {
        Bytes.AssertWrites(Scene, w => SpawnPacket.Write(w, 1, 3, 9, [10, 11 | Packet.PathFlag], "Bot"u8, [2, 7]));
        Assert.True(SpawnPacket.TryRead(Bytes.Of(Scene), out SpawnPacket read));
        Assert.False(read.IsCustom);
        Assert.Equal(1, read.Scene);
        Assert.Equal(3u, read.Spawner);
        Assert.Equal(9u, read.NetId);
        Assert.Equal(2, read.SyncNetIdCount);
        Assert.Equal(10u, read.SyncNetId(0));
        Assert.Equal(0x8000000Bu, read.SyncNetId(1));
        Assert.Equal("Bot"u8, read.Name);
        Assert.True(read.Argument.IsEmpty);
        Assert.Equal("0207", Bytes.Hex(read.State));
    }

    [Fact]
    public void A_custom_spawn_goes_both_ways()
    {
        Bytes.AssertWrites(Custom, w => SpawnPacket.WriteCustom(w, 3, 9, [], "a"u8, [2, 0x63], [0x81]));
        Assert.True(SpawnPacket.TryRead(Bytes.Of(Custom), out SpawnPacket read));
        Assert.True(read.IsCustom);
        Assert.Equal(0, read.SyncNetIdCount);
        Assert.Equal("0263", Bytes.Hex(read.Argument));
        Assert.Equal("81", Bytes.Hex(read.State));
    }

    [Theory]
    [InlineData("04 01 03000000 09000000 00000000 05000000 426f7400 0207", "a name that ends within the state")]
    [InlineData("04 01 03000080 09000000 00000000 02000000 6100", "bit 31 of the spawner")]
    [InlineData("04 01 03000000 00000000 00000000 02000000 6100", "net id 0")]
    [InlineData("04 01 03000000 09000000 00000000 00000000 6100", "no name")]
    [InlineData("04 01 03000000 09000000 00000000 01000000 00", "an empty name")]
    [InlineData("04 01 03000000 09000000 00000000 01000000 61", "a name without its zero")]
    [InlineData("04 01 03000000 09000000 00000000 03000000 610000", "a zero within the name")]
    [InlineData("04 01 03000000 09000000 00000000 03000000 406100", "a name that Godot would change")]
    [InlineData("04 01 03000000 09000000 00000000 03000000 c32800", "a name that is not UTF-8")]
    [InlineData("04 01 03000000 09000000 00000000 ffffffff 6100", "a name beyond the end")]
    [InlineData("04 01 03000000 09000000 01000000 02000000 6100", "synchronizers beyond the end")]
    [InlineData("04 01 03000000 09000000 00000040 02000000 6100", "a count of synchronizers that overflows 32 bits")]
    [InlineData("04 01 03000000 09000000 ffffffff 06000000 6100", "a sum that overflows 32 bits")]
    [InlineData("04 ff 03000000 09000000 00000000 02000000 6100", "no argument")]
    [InlineData("04 ff 03000000 09000000 00000000 02000000 6100 00000000", "an empty argument")]
    [InlineData("04 ff 03000000 09000000 00000000 02000000 6100 02000000 02", "an argument beyond the end")]
    [InlineData("04 ff 03000000 09000000 00000000 02000000 6100 ffffffff 02", "an argument far beyond the end")]
    [InlineData("14 01 03000000 09000000 00000000 02000000 6100", "a flag")]
    public void Another_form_is_refused(string hex, string why) => Assert.False(SpawnPacket.TryRead(Bytes.Of(hex), out _), why);

    [Fact]
    public void Every_truncation_of_the_head_is_refused()
    {
        byte[] packet = Bytes.Of("04 01 03000000 09000000 01000000 02000000 0a000000 6100");
        Assert.True(SpawnPacket.TryRead(packet, out _));
        for (int length = 0; length < packet.Length; length++) Assert.False(SpawnPacket.TryRead(packet.AsSpan(0, length), out _));
    }
}
