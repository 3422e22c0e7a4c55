using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Tests.Multiplayer;

public class PacketTests
{
    [Theory]
    [InlineData("00", PacketCommand.Rpc)]
    [InlineData("f0", PacketCommand.Rpc)]
    [InlineData("01", PacketCommand.SimplifyPath)]
    [InlineData("02", PacketCommand.ConfirmPath)]
    [InlineData("03", PacketCommand.Raw)]
    [InlineData("04", PacketCommand.Spawn)]
    [InlineData("05", PacketCommand.Despawn)]
    [InlineData("06", PacketCommand.Sync)]
    [InlineData("16", PacketCommand.Delta)]
    [InlineData("07", PacketCommand.System)]
    public void The_first_byte_says_what_a_packet_is(string hex, PacketCommand command) =>
        Assert.Equal(command, Packet.CommandOf(Bytes.Of(hex + "000000")));

    [Theory]
    [InlineData("")]
    [InlineData("08")]
    [InlineData("0b")]
    [InlineData("11")]
    [InlineData("26")]
    [InlineData("1e")]
    [InlineData("87")]
    public void Flags_that_no_Godot_sets_are_no_command(string hex) => Assert.Null(Packet.CommandOf(Bytes.Of(hex)));

    [Theory]
    [InlineData("Player", true)]
    [InlineData("Joueur é 🌳", true)]
    [InlineData("", false)]
    [InlineData("a.b", false)]
    [InlineData("a:b", false)]
    [InlineData("@Node@2", false)]
    [InlineData("a/b", false)]
    [InlineData("a\"b", false)]
    [InlineData("%Unique", false)]
    [InlineData("a\0b", false)]
    [InlineData("\uFEFFa", false)]
    public void Names_of_spawned_nodes_are_those_that_Godot_leaves_as_they_are(string name, bool valid) =>
        Assert.Equal(valid, NodeName.IsValid(System.Text.Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void A_name_has_a_longest_length_and_must_be_text()
    {
        byte[] longest = new byte[NodeName.BytesMax];
        longest.AsSpan().Fill((byte)'a');
        Assert.True(NodeName.IsValid(longest));
        Assert.False(NodeName.IsValid([.. longest, (byte)'a']));
        Assert.False(NodeName.IsValid([0xC3, 0x28]));
    }

    [Fact]
    public void Raw_bytes_go_both_ways()
    {
        Bytes.AssertWrites("03 0102ff", w => RawPacket.Write(w, [1, 2, 255]));
        Assert.True(RawPacket.TryRead(Bytes.Of("03 0102ff"), out RawPacket read));
        Assert.Equal("0102ff", Bytes.Hex(read.Bytes));
        Assert.False(RawPacket.TryRead(Bytes.Of("03"), out _));
        Assert.False(RawPacket.TryRead(Bytes.Of("0301")[..1], out _));
        Assert.False(RawPacket.TryRead(Bytes.Of("05 0102"), out _));
    }

    [Fact]
    public void A_path_is_simplified_and_confirmed()
    {
        const string packet =
            "01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000 576f726c642f506c6179657273 00";
        Bytes.AssertWrites(packet, w => SimplifyPathPacket.Write(w, "d41d8cd98f00b204e9800998ecf8427e"u8, 5, "World/Players"u8));
        Assert.True(SimplifyPathPacket.TryRead(Bytes.Of(packet), out SimplifyPathPacket read));
        Assert.Equal("d41d8cd98f00b204e9800998ecf8427e"u8, read.MethodsMd5);
        Assert.Equal(5u, read.Id);
        Assert.Equal("World/Players"u8, read.Path);

        Bytes.AssertWrites("02 01 05000000", w => ConfirmPathPacket.Write(w, true, 5));
        Assert.True(ConfirmPathPacket.TryRead(Bytes.Of("02 01 05000000"), out ConfirmPathPacket confirmed));
        Assert.True(confirmed.MethodsAgree);
        Assert.Equal(5u, confirmed.Id);
        Assert.True(ConfirmPathPacket.TryRead(Bytes.Of("02 00 ffffff7f"), out confirmed));
        Assert.False(confirmed.MethodsAgree);
        Assert.Equal(0x7FFFFFFFu, confirmed.Id);
    }

    [Theory]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000 61", "no zero at the end")]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000 6100 61", "bytes after the zero")]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000 00", "an empty path")]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000", "no path")]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 01 05000000 6100", "no zero after the digits")]
    [InlineData("01 4434316438636439386630306232303465393830303939386563663834323765 00 05000000 6100", "an upper-case digit")]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000080 6100", "bit 31")]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000 c32800", "not UTF-8")]
    [InlineData("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000 efbbbf6100", "a byte order mark")]
    [InlineData("11 6434316438636439386630306232303465393830303939386563663834323765 00 05000000 6100", "a flag")]
    public void A_path_in_another_form_is_refused(string hex, string why) =>
        Assert.False(SimplifyPathPacket.TryRead(Bytes.Of(hex), out _), why);

    [Fact]
    public void A_path_that_is_too_long_is_refused()
    {
        byte[] head = Bytes.Of("01 6434316438636439386630306232303465393830303939386563663834323765 00 05000000");
        Assert.True(SimplifyPathPacket.TryRead([.. head, .. Enumerable.Repeat((byte)'a', Packet.PathBytesMax), 0], out _));
        Assert.False(SimplifyPathPacket.TryRead([.. head, .. Enumerable.Repeat((byte)'a', Packet.PathBytesMax + 1), 0], out _));
    }

    [Theory]
    [InlineData("02 02 05000000", "neither yes nor no")]
    [InlineData("02 01 05000080", "bit 31")]
    [InlineData("02 01 050000", "too short")]
    [InlineData("02 01 05000000 00", "too long")]
    public void A_confirmation_in_another_form_is_refused(string hex, string why) =>
        Assert.False(ConfirmPathPacket.TryRead(Bytes.Of(hex), out _), why);

    [Fact]
    public void A_despawn_goes_both_ways()
    {
        Bytes.AssertWrites("05 07000000", w => DespawnPacket.Write(w, 7));
        Assert.True(DespawnPacket.TryRead(Bytes.Of("05 07000000"), out DespawnPacket read));
        Assert.Equal(7u, read.NetId);
        Assert.False(DespawnPacket.TryRead(Bytes.Of("05 070000"), out _));
        Assert.False(DespawnPacket.TryRead(Bytes.Of("05 07000000 00"), out _));
        Assert.False(DespawnPacket.TryRead(Bytes.Of("04 07000000"), out _));
    }
}
