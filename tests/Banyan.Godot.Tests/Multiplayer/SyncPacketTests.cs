using Banyan.Godot.Multiplayer;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

public class SyncPacketTests
{
    private const string Sync = "06 3412 07000000 02000000 0263  08000080 01000000 81";
    private const string Delta = "16 07000000 0500000000000080 02000000 8101  08000080 0100000000000000 01000000 81";

    [Fact]
    public void States_go_both_ways()
    {
        Bytes.AssertWrites(Sync, w =>
        {
            SyncPacketWriter packet = new(w, 0x1234);
            Assert.Equal(AppendResult.Appended, packet.Append(7, [2, 0x63]));
            Assert.Equal(AppendResult.Appended, packet.Append(9, []));
            Assert.Equal(AppendResult.Appended, packet.Append(8 | Packet.PathFlag, [0x81]));
            Assert.Equal(2, packet.Count);
        });
        Assert.True(SyncPacket.TryRead(Bytes.Of(Sync), out SyncPacket read));
        Assert.Equal(0x1234, read.Sequence);
        Assert.Equal("7:0263 80000008:81", Text(read));
    }

    [Fact]
    public void Changes_go_both_ways()
    {
        Bytes.AssertWrites(Delta, w =>
        {
            DeltaPacketWriter packet = new(w);
            Assert.Equal(AppendResult.Appended, packet.Append(7, 0x8000000000000005, [0x81, 1]));
            Assert.Equal(AppendResult.Appended, packet.Append(8 | Packet.PathFlag, 1, [0x81]));
            Assert.Equal(2, packet.Count);
        });
        Assert.True(DeltaPacket.TryRead(Bytes.Of(Delta), out DeltaPacket read));
        Assert.Equal("7/8000000000000005:8101 80000008/1:81", Text(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ffffff")]
    [InlineData("09000000 00000000")]
    public void A_tail_that_is_no_longer_than_an_entrys_head_is_passed_over(string tail)
    {
        Assert.True(SyncPacket.TryRead(Bytes.Of(Sync + tail), out SyncPacket sync));
        Assert.Equal("7:0263 80000008:81", Text(sync));
        Assert.True(DeltaPacket.TryRead(Bytes.Of(Delta + tail), out DeltaPacket delta));
        Assert.Equal("7/8000000000000005:8101 80000008/1:81", Text(delta));
    }

    [Fact]
    public void Eleven_bytes_without_an_entry_are_a_packet()
    {
        Assert.True(SyncPacket.TryRead(Bytes.Of("06 0100 0900000000000000"), out SyncPacket sync));
        Assert.Equal("", Text(sync));
        Assert.True(DeltaPacket.TryRead(Bytes.Of("16 09000000000000000000"), out DeltaPacket delta));
        Assert.Equal("", Text(delta));
    }

    [Theory]
    [InlineData("06 0100 09000000000000", "too short")]
    [InlineData("06 0100 07000000 03000000 0263", "a size beyond the end")]
    [InlineData("06 0100 07000000 ffffffff 0263", "a size far beyond the end")]
    [InlineData("06 0100 07000000 00000000 07000000 02000000 0263", "an entry without a state")]
    [InlineData("06 0100 07000000 02000000 0263 08000000 02000000 81", "a later size beyond the end")]
    [InlineData("16 0100 07000000 02000000 0263", "a delta")]
    [InlineData("26 0100 07000000 02000000 0263", "a flag")]
    public void States_in_another_form_are_refused(string hex, string why) =>
        Assert.False(SyncPacket.TryRead(Bytes.Of(hex), out _), why);

    [Theory]
    [InlineData("16 090000000000000000", "too short")]
    [InlineData("16 07000000 0100000000000000 02000000 81", "a size beyond the end")]
    [InlineData("16 07000000 0100000000000000 ffffffff 81", "a size far beyond the end")]
    [InlineData("16 07000000 0100000000000000 00000000 81", "an entry without a state")]
    [InlineData("16 07000000 0000000000000000 01000000 81", "an entry without a property")]
    [InlineData("06 07000000 0100000000000000 01000000 81", "a sync")]
    public void Changes_in_another_form_are_refused(string hex, string why) =>
        Assert.False(DeltaPacket.TryRead(Bytes.Of(hex), out _), why);

    [Fact]
    public void A_sync_packet_ends_where_Godots_does()
    {
        ByteWriter writer = new();
        writer.Byte(0xEE); // A packet need not stand at the buffer's start.
        SyncPacketWriter packet = new(writer, 1);
        byte[] state = new byte[100];
        int entries = (Packet.SyncBytesMax - 3) / 108;
        for (int i = 0; i < entries; i++) Assert.Equal(AppendResult.Appended, packet.Append(1, state));
        Assert.Equal(AppendResult.PacketFull, packet.Append(1, state));
        int left = Packet.SyncBytesMax - (writer.Length - 1) - 8;
        Assert.Equal(AppendResult.PacketFull, packet.Append(1, new byte[left + 1]));
        Assert.Equal(AppendResult.Appended, packet.Append(1, new byte[left]));
        Assert.Equal(Packet.SyncBytesMax, writer.Length - 1);
        Assert.Equal(AppendResult.PacketFull, packet.Append(1, [1]));
        Assert.Equal(entries + 1, packet.Count);
    }

    [Fact]
    public void One_state_up_to_the_limit_makes_a_packet_beyond_it_and_a_larger_one_is_not_sent()
    {
        ByteWriter writer = new();
        SyncPacketWriter packet = new(writer, 1);
        Assert.Equal(AppendResult.TooLarge, packet.Append(1, new byte[Packet.SyncBytesMax + 1]));
        Assert.Equal(AppendResult.Appended, packet.Append(1, new byte[Packet.SyncBytesMax]));
        Assert.Equal(Packet.SyncBytesMax + 11, writer.Length);
        Assert.Equal(AppendResult.PacketFull, packet.Append(1, [1]));
        Assert.True(SyncPacket.TryRead(writer.Written, out _));
    }

    [Fact]
    public void A_delta_packet_ends_at_its_own_limit()
    {
        ByteWriter writer = new();
        DeltaPacketWriter packet = new(writer, 128);
        Assert.Equal(AppendResult.TooLarge, packet.Append(1, 1, new byte[129]));
        Assert.Equal(AppendResult.Appended, packet.Append(1, 1, new byte[95]));
        Assert.Equal(AppendResult.PacketFull, packet.Append(1, 1, [1]));
        Assert.Equal(1, packet.Count);
        Assert.Equal(112, writer.Length);
    }

    [Theory]
    [InlineData(2, 1, true)]
    [InlineData(1, 1, false)]
    [InlineData(1, 2, false)]
    [InlineData(65535, 0, true)] // However far ahead: Godot takes an overtaken packet from before the wrap for news.
    [InlineData(0, 65535, true)]
    [InlineData(0, 32767, true)]
    [InlineData(0, 32766, false)]
    [InlineData(1000, 33766, false)]
    [InlineData(1000, 33767, true)]
    public void A_sequence_number_is_newer_by_Godots_rule(ushort sequence, ushort last, bool newer)
    {
        Assert.Equal(newer, SyncSequence.IsNewer(sequence, last));
        SyncSequence state = default;
        Assert.True(state.TryAdvance(last));
        Assert.Equal(newer, state.TryAdvance(sequence));
        Assert.Equal(newer ? sequence : last, state.Last);
    }

    private static string Text(SyncPacket packet)
    {
        List<string> entries = [];
        foreach (SyncPacket.Entry entry in packet) entries.Add($"{entry.NetId:x}:{Bytes.Hex(entry.State)}");
        return string.Join(' ', entries);
    }

    private static string Text(DeltaPacket packet)
    {
        List<string> entries = [];
        foreach (DeltaPacket.Entry entry in packet) entries.Add($"{entry.NetId:x}/{entry.Mask:x}:{Bytes.Hex(entry.State)}");
        return string.Join(' ', entries);
    }
}
