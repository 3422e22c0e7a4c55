using Banyan.Primitives;

namespace Banyan.Primitives.Tests;

public sealed class ByteReaderTests
{
    [Fact]
    public void Reads_back_what_was_written()
    {
        var writer = new ByteWriter();
        writer.Number(ulong.MaxValue);
        writer.Number(0);
        writer.Text("hé");
        writer.Key(Key.Of("k"));
        writer.UInt16(7);
        var reader = new ByteReader(writer.Written);
        Assert.Equal(ulong.MaxValue, reader.Number());
        Assert.Equal(0UL, reader.Number());
        Assert.Equal("hé", reader.Text());
        Assert.Equal(Key.Of("k"), reader.Key());
        Assert.Equal(7, reader.UInt16());
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void A_count_beyond_the_input_fails_before_anything_is_allocated()
    {
        var writer = new ByteWriter();
        writer.Number(1_000_000_000);
        var reader = new ByteReader(writer.Written);
        Assert.Equal(0, reader.Count());
        Assert.True(reader.Failed);
    }

    [Fact]
    public void Once_failed_stays_failed()
    {
        var reader = new ByteReader([1]);
        reader.UInt32();
        Assert.Equal(0, reader.Byte());
        Assert.True(reader.Failed);
    }

    [Fact]
    public void Refuses_a_number_of_more_than_64_bits()
    {
        var reader = new ByteReader([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02]);
        reader.Number();
        Assert.True(reader.Failed);
    }

    [Fact]
    public void Checksum_is_crc_32c() => Assert.Equal(0xE3069283u, Checksum.Crc32C("123456789"u8));

    [Fact]
    public void The_end_of_a_prefix_is_after_all_its_keys()
    {
        var prefix = new Key([1, 0xFF]);
        Assert.Equal(new Key([2]), prefix.PrefixEnd);
        Assert.Equal(Key.Max, new Key([0xFF]).PrefixEnd);
    }
}
