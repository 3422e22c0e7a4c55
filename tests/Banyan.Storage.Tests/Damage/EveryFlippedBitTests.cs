using Banyan.Storage.Tests.Disk;
using Banyan.Storage.Tests.Log;

namespace Banyan.Storage.Tests.Damage;

/// <summary>
/// No flipped bit goes unnoticed, but for those of one exact set: in the very last round, if it holds zeroes where a lost
/// sector would show zeroes. No reader can tell such damage from a crash in the middle of that round.
/// </summary>
public sealed class EveryFlippedBitTests
{
    private const int SectorBytes = 512;

    [Theory]
    [InlineData(600, 12)] // all in one segment, several rounds in a sector
    [InlineData(1200, 150)] // rounds that lie across sectors
    [InlineData(260, 12)] // several rounds in each of several segments
    [InlineData(1, 12)] // a segment for every round
    [InlineData(1, 220)]
    public void In_a_log_that_was_flushed_every_flip_is_refused_or_lies_where_nothing_is_written(int segmentBytes, int payloadBytes)
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(segmentBytes, payloadBytes, 2, 1, 3);
        var image = new DiskImage(disk);
        FlippedBits flips = FlippedBits.Of(image, written, written.Count, damaged => ReadAndGoOn(damaged, segmentBytes));
        Assert.Empty(flips.Wrong);
        Assert.Empty(flips.Misnamed);
        Assert.Empty(flips.Shortened);
        Assert.All(flips.Harmless, flip => Assert.True(flip.Bit / 8 >= EndOfWritten(image.Files[flip.File]), $"{flip}"));
        // The very next round's place is looked at, and what is not zero there is refused as well; so not all of the rest is harmless.
        Assert.InRange(flips.Refused, image.Files.Values.Sum(f => EndOfWritten(f) - 3) * 8, image.Files.Values.Sum(f => f.Length) * 8);
    }

    [Theory]
    [InlineData(1300, 0)] // the torn round's first sector is lost, and with it its header
    [InlineData(1300, 1)]
    [InlineData(1, 1)] // it is the first of a new segment
    public void Before_a_torn_tail_every_flip_is_refused_or_harmless_too(int segmentBytes, int lostSector)
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(segmentBytes, 100, 1, 2, 7);
        const int acknowledged = 3;
        (string file, int lastRound) = LogScript.LastRound(new(disk));
        int from = Math.Max(lastRound, (lastRound / SectorBytes + lostSector) * SectorBytes);
        disk.Open(file).Write(from, new byte[(from / SectorBytes + 1) * SectorBytes - from]);
        var image = new DiskImage(disk);
        List<string> left = written[..acknowledged];
        Assert.Equal(left, LogScript.Open(image.ToDisk(), segmentBytes).Records);

        FlippedBits flips = FlippedBits.Of(image, left, acknowledged, damaged => ReadAndGoOn(damaged, segmentBytes));
        Assert.Empty(flips.Wrong);
        Assert.Empty(flips.Misnamed);
        Assert.Empty(flips.Shortened);
        // Only what was torn may be damaged further without a word.
        Assert.All(flips.Harmless, flip => Assert.True(IsBehindAcknowledged(flip), $"{flip}"));
        Assert.NotEmpty(flips.Harmless);

        bool IsBehindAcknowledged((string File, int Bit) flip) =>
            flip.File == file ? flip.Bit / 8 >= lastRound : flip.Bit / 8 >= EndOfWritten(image.Files[flip.File]);
    }

    [Fact]
    public void A_header_without_a_round_promises_nothing_and_is_made_anew_whatever_is_in_it()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(1, 12, 2, 1, 3);
        (string file, int lastRound) = LogScript.LastRound(new(disk));
        IDiskFile segment = disk.Open(file);
        segment.Write(lastRound, new byte[segment.Length - lastRound]);
        var image = new DiskImage(disk);
        FlippedBits flips = FlippedBits.Of(image, written[..3], 3, damaged => ReadAndGoOn(damaged, 1));
        Assert.Empty(flips.Wrong);
        Assert.Empty(flips.Misnamed);
        Assert.Empty(flips.Shortened);
        Assert.Equal(lastRound * 8, flips.Harmless.Count(flip => flip.File == file && flip.Bit / 8 < lastRound));
    }

    [Fact]
    public void Behind_a_flip_in_a_spare_segment_the_log_goes_on()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(200, 12, 2, 1);
        LogScript.Open(disk, 200).Log.MakeSpare();
        var image = new DiskImage(disk);
        int length = image.Files["wal-spare"].Length;
        FlippedBits flips = FlippedBits.Of(image, written, written.Count, damaged => ReadAndGoOn(damaged, 200));
        Assert.Empty(flips.Wrong);
        Assert.Empty(flips.Misnamed);
        Assert.Empty(flips.Shortened);
        Assert.Equal(length * 8, flips.Harmless.Count(flip => flip.File == "wal-spare"));
    }

    [Fact]
    public void A_flip_in_a_spare_that_becomes_a_segment_loses_nothing()
    {
        for (int bit = 0; bit < 300 * 8; bit++)
        {
            var disk = new MemoryDisk();
            (WriteAheadLog log, _) = LogScript.Open(disk, 300, identity: LogScript.Identity);
            log.MakeSpare();
            disk.FlipBit("wal-spare", bit / 8, bit % 8);
            List<string> written = [];
            for (int i = 0; i < 3; i++)
            {
                written.Add(LogScript.Append(log, 12));
                LogScript.Flush(log);
            }

            try
            {
                Assert.Equal(written, LogScript.Open(disk, 300).Records);
            }
            catch (CorruptFileException e)
            {
                // Right behind the last round: that it was never written there is not known.
                Assert.Equal(EndOfRounds(DiskImage.Read(disk, e.File), 3), e.Offset);
                Assert.InRange(bit / 8, e.Offset, 300);
            }
        }
    }

    [Theory]
    [InlineData(1000)] // zeroes in the place of one whole sector
    [InlineData(1500)] // of two
    public void The_limit_is_a_last_round_with_zeroes_in_place_of_a_whole_sector(int zeroes)
    {
        const int segment = 2300;
        (MemoryDisk disk, List<string> written) = LogScript.Write(segment, 100, 3, 1);
        (WriteAheadLog log, _) = LogScript.Open(disk, segment);
        var value = new byte[zeroes + 100];
        for (int i = 0; i < 50; i++) value[i] = value[^(i + 1)] = (byte)(i + 1);
        log.Append(new(1), 100, value);
        written.Add(LogScript.Text(new(1), 100, value));
        LogScript.Flush(log);
        var image = new DiskImage(disk);
        (string file, int lastRound) = LogScript.LastRound(image);
        byte[] content = image.Files[file];
        int end = EndOfWritten(content);
        List<(string, int)> expected = [];
        for (int bit = (lastRound + 28) * 8; bit < end * 8; bit++)
        {
            content[bit / 8] ^= (byte)(1 << (bit % 8));
            if (LooksLikeALostSector(content, lastRound, end)) expected.Add((file, bit));
            content[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        FlippedBits flips = FlippedBits.Of(image, written, 4, damaged => LogScript.Open(damaged, segment).Records);
        Assert.Empty(flips.Wrong);
        Assert.Empty(flips.Misnamed);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, flips.Shortened);
    }

    [Fact]
    public void In_a_checkpoint_every_flip_is_refused()
    {
        DiskImage image = Checkpoint(out List<string> blocks);
        FlippedBits flips = FlippedBits.Of(image, blocks, blocks.Count, ReadCheckpoint);
        Assert.Empty(flips.Wrong);
        Assert.Empty(flips.Misnamed);
        Assert.Empty(flips.Shortened);
        Assert.Empty(flips.Harmless);
        Assert.Equal(image.Files.Values.Single().Length * 8, flips.Refused);
    }

    [Fact]
    public void A_reader_that_ignores_checksums_misses_some()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(1 << 10, 12, 2, 1, 3);
        FlippedBits log = FlippedBits.Of(new(disk), written, written.Count, damaged => UncheckedReader.Segment(damaged.List()[0], DiskImage.Read(damaged, damaged.List()[0])));
        Assert.True(log.Wrong.Count > 500 && log.Refused > 0, $"{log.Wrong.Count} wrong, {log.Refused} refused");

        DiskImage image = Checkpoint(out List<string> blocks);
        FlippedBits checkpoint = FlippedBits.Of(image, blocks, blocks.Count, damaged => UncheckedReader.Checkpoint(damaged.List()[0], DiskImage.Read(damaged, damaged.List()[0])));
        Assert.True(checkpoint.Wrong.Count > 500 && checkpoint.Refused > 0, $"{checkpoint.Wrong.Count} wrong, {checkpoint.Refused} refused");
    }

    // What was harmless must stay so: what is written from here on is found again.
    private static List<string> ReadAndGoOn(MemoryDisk disk, int segmentBytes)
    {
        (WriteAheadLog log, List<string> records) = LogScript.Open(disk, segmentBytes);
        List<string> all = [.. records];
        for (int i = 0; i < 2; i++)
        {
            all.Add(LogScript.Append(log, 7 + i));
            LogScript.Flush(log);
        }

        Assert.Equal(all, LogScript.Open(disk, segmentBytes).Records);
        return records;
    }

    private static int EndOfWritten(byte[] content) => content.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    private static int EndOfRounds(byte[] content, int rounds)
    {
        int at = 24;
        for (int i = 0; i < rounds; i++) at += 28 + BitConverter.ToInt32(content, at + 4);
        return at;
    }

    private static bool LooksLikeALostSector(byte[] content, int from, int to)
    {
        for (int sector = from / SectorBytes; sector * SectorBytes < to; sector++)
        {
            int start = Math.Max(from, sector * SectorBytes);
            int end = Math.Min(to, (sector + 1) * SectorBytes);
            if (content[start..end].All(b => b == 0)) return true;
        }

        return false;
    }

    private static DiskImage Checkpoint(out List<string> blocks)
    {
        var disk = new MemoryDisk();
        var writer = new CheckpointWriter(disk, 42);
        writer.Write([1]);
        writer.Write([2, 3, 4]);
        writer.Write([.. Enumerable.Range(0, 700).Select(i => (byte)i)]);
        writer.Write(new byte[600]);
        writer.Finish();
        blocks = ReadCheckpoint(disk);
        Assert.Equal(4, blocks.Count);
        return new(disk);
    }

    private static List<string> ReadCheckpoint(MemoryDisk disk)
    {
        using CheckpointReader reader = CheckpointReader.OpenNewest(disk)!;
        Assert.Equal(42ul, reader.Position);
        List<string> blocks = [];
        while (reader.Next() is { } block) blocks.Add(Convert.ToHexString(block));
        return blocks;
    }
}
