using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Scene.Tests.Records;

public class RecordTests
{
    private static readonly NodeHeader _header = new(
        new(NodeId.Of(new(7), 3), new(9)), "Lämp", "OmniLight3D", "res://lamp.tscn", ["lights", "night"], -12, 4_000_000_000, -77);

    private static readonly NodePlace _place = new(NodeId.Of(new(0x01020304), 5), new(0xFFFFFFFF));

    [Fact]
    public void A_header_comes_back_as_it_was()
    {
        Assert.True(NodeHeader.TryDecode(_header.Encode(), out NodeHeader back));
        Assert.Equivalent(_header, back, strict: true);
    }

    [Fact]
    public void A_header_cut_short_or_longer_is_no_header()
    {
        byte[] bytes = _header.Encode();
        for (int length = 0; length < bytes.Length; length++) Assert.False(NodeHeader.TryDecode(bytes.AsSpan(0, length), out _), length + " bytes");
        Assert.False(NodeHeader.TryDecode([.. bytes, 0], out _));
        bytes[0]++;
        Assert.False(NodeHeader.TryDecode(bytes, out _), "of another version");
    }

    [Fact]
    public void A_header_with_any_byte_changed_is_read_or_refused()
    {
        byte[] bytes = _header.Encode();
        int read = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] bad = [.. bytes];
                bad[i] ^= (byte)(1 << bit);
                if (!NodeHeader.TryDecode(bad, out NodeHeader header)) continue;
                read++;
                Assert.NotEqual(_header.Encode(), header.Encode());
            }
        }

        Assert.InRange(read, 1, bytes.Length * 8 - 1);
    }

    [Fact]
    public void An_entry_comes_back_as_it_was()
    {
        var entry = new ChildEntry(_place, UInt128.MaxValue - 1);
        byte[] bytes = entry.Encode();
        Assert.True(ChildEntry.TryDecode(bytes, out ChildEntry back));
        Assert.Equal(entry, back);
        for (int length = 0; length < bytes.Length; length++) Assert.False(ChildEntry.TryDecode(bytes.AsSpan(0, length), out _));
        Assert.False(ChildEntry.TryDecode([.. bytes, 0], out _));
    }

    [Fact]
    public void Keys_come_apart_as_they_were_put_together()
    {
        (Key Key, SceneKey Parsed)[] keys =
        [
            (SceneKeys.Serials(_place.Zone), new(RecordKind.ZoneSerials, new(NodeId.None, _place.Zone), "")),
            (SceneKeys.Header(_place), new(RecordKind.Header, _place, "")),
            (SceneKeys.Property(_place, "größe"), new(RecordKind.Property, _place, "größe")),
            (SceneKeys.Child(_place, "A"), new(RecordKind.Child, _place, "A")),
            (SceneKeys.Attachment(_place, "connections"), new(RecordKind.Attachment, _place, "connections")),
            (SceneKeys.Locator(_place.Id), new(RecordKind.Locator, new(_place.Id, _place.Id.BirthZone), "")),
            (SceneKeys.Reap(_place), new(RecordKind.Reap, _place, "")),
        ];
        foreach ((Key key, SceneKey expected) in keys)
        {
            Assert.True(SceneKeys.TryParse(key, out SceneKey parsed), key.ToString());
            Assert.Equal(expected, parsed);
            Assert.True(SceneKeys.All.Contains(key));
            Assert.True(SceneKeys.OfZone(expected.Node.Zone).Contains(key));
        }

        Assert.Equal(keys.Length, keys.Select(k => k.Key).Distinct().Count());
    }

    [Fact]
    public void Keys_of_a_node_stand_together_and_zones_in_their_order()
    {
        var other = new NodePlace(NodeId.Of(_place.Id.BirthZone, 6), _place.Zone);
        KeySpan span = SceneKeys.OfNode(_place);
        foreach (Key key in (Key[])[SceneKeys.Header(_place), SceneKeys.Property(_place, "p"), SceneKeys.Child(_place, "c"), SceneKeys.Attachment(_place, "a")])
            Assert.True(span.Contains(key));
        foreach (Key key in (Key[])[SceneKeys.Header(other), SceneKeys.Reap(_place), SceneKeys.Locator(_place.Id), SceneKeys.Serials(_place.Zone)])
            Assert.False(span.Contains(key));
        Assert.True(SceneKeys.Children(_place).Contains(SceneKeys.Child(_place, "\uFFFF")));
        Assert.False(SceneKeys.Children(_place).Contains(SceneKeys.Property(_place, "p")));
        Assert.True(SceneKeys.Properties(_place).Contains(SceneKeys.Property(_place, "p")));
        Assert.True(SceneKeys.ReapsOf(_place.Zone).Contains(SceneKeys.Reap(_place)));
        Assert.True(SceneKeys.Start(new(255)) < SceneKeys.Start(new(256)));
        Assert.True(SceneKeys.Start(new(256)) <= SceneKeys.Serials(new(256)));
        Assert.True(SceneKeys.Reap(new(NodeId.Of(new(9), 1), new(255))) < SceneKeys.Start(new(256)));
    }

    [Fact]
    public void A_key_that_is_none_of_the_scenes_is_refused()
    {
        byte[] header = SceneKeys.Header(_place).Span.ToArray();
        Key[] strange =
        [
            Key.Min, Key.Of("S"), SceneKeys.Start(new(1)), Key.Of("something else entirely"),
            new(header[..^1]), new([.. header, 1]), new([.. header[..^1], 0]), new([.. header[..^1], 5]),
            new([.. SceneKeys.Serials(new(1)).Span, 0]), new([.. SceneKeys.Reap(_place).Span, 0]), new([.. SceneKeys.Locator(_place.Id).Span, 0]),
            new([.. SceneKeys.Property(_place, "p").Span, 0xFF]), new([.. SceneKeys.Start(new(1)).Span, 0xF0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ];
        foreach (Key key in strange) Assert.False(SceneKeys.TryParse(key, out _), key.ToString());
    }

    [Fact]
    public void An_id_knows_where_it_was_born_and_is_read_from_its_text()
    {
        NodeId id = NodeId.Of(new(3), 4);
        Assert.Equal(new ZoneId(3), id.BirthZone);
        Assert.True(NodeId.TryParse(id.ToString(), out NodeId back));
        Assert.Equal(id, back);
        Assert.Equal(NodeId.Root, NodeId.Of(ZoneId.World, 1));
        foreach (string text in (string[])["", "n", "n0", "4", "nx", "n-1", "n99999999999999999999"]) Assert.False(NodeId.TryParse(text, out _), text);
    }

    [Fact]
    public void A_reply_that_promises_more_than_it_has_is_refused()
    {
        Assert.True(SceneTransaction.TryDecodeReply([2, 5, 6], out IReadOnlyList<NodeId> results));
        Assert.Equal([new NodeId(5), new NodeId(6)], results);
        Assert.False(SceneTransaction.TryDecodeReply([3, 5, 6], out _));
        Assert.False(SceneTransaction.TryDecodeReply([1, 5, 6], out _));
        Assert.False(SceneTransaction.TryDecodeReply([], out _));
        Assert.False(SceneTransaction.TryDecodeReply([255, 255, 255, 255, 15], out _));
    }
}
