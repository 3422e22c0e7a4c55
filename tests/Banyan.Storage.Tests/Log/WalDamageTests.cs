using Banyan.Primitives;
using Banyan.Storage.Tests.Disk;

namespace Banyan.Storage.Tests.Log;

/// <summary>Damage to what had been flushed is found and named; recovery never goes on without an acknowledged record.</summary>
public sealed class WalDamageTests
{
    [Theory]
    [InlineData(1 << 10)] // one segment
    [InlineData(260)] // several rounds in each of several segments
    [InlineData(1)] // a segment for every round
    public void Every_flipped_bit_is_found_or_lies_in_the_round_that_was_being_written(int segmentBytes)
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(segmentBytes, 12, 2, 1, 3, 2, 1, 2, 2);
        int acknowledged = written.Count - 2;
        var image = new DiskImage(disk);
        (int found, int harmless, int tail) = (0, 0, 0);
        foreach ((string file, byte[] content) in image.Files)
        {
            for (int bit = 0; bit < content.Length * 8; bit++)
            {
                MemoryDisk damaged = image.ToDisk();
                damaged.FlipBit(file, bit / 8, bit % 8);
                try
                {
                    List<string> recovered = LogScript.Open(damaged, segmentBytes).Records;
                    LogScript.AssertIsBeginning(recovered, written, acknowledged);
                    if (recovered.Count == written.Count) harmless++;
                    else tail++;
                }
                catch (CorruptFileException e)
                {
                    Assert.True(image.Files.ContainsKey(e.File), e.Message);
                    Assert.InRange(e.Offset, 0, image.Files[e.File].Length);
                    Assert.Contains(e.File, e.Message);
                    found++;
                }
            }
        }

        Assert.True(found > 0 && tail > 0 && (harmless > 0 || segmentBytes == 1), $"found {found}, harmless {harmless}, tail {tail}");
    }

    [Fact]
    public void Damage_is_named_by_the_file_and_the_byte_where_its_round_begins()
    {
        (MemoryDisk disk, _) = LogScript.Write(1 << 10, 12, 1, 1, 1);
        string file = disk.List()[0];
        byte[] content = DiskImage.Read(disk, file);
        int second = 24 + content.AsSpan(24 + 1).IndexOf("BYNR"u8) + 1;
        disk.FlipBit(file, second + 30, 2);
        var e = Assert.Throws<CorruptFileException>(() => LogScript.Open(disk, 1 << 10));
        Assert.Equal((file, (long)second), (e.File, e.Offset));
    }

    [Fact]
    public void A_missing_segment_is_found()
    {
        (MemoryDisk disk, _) = LogScript.Write(1, 12, 1, 1, 1, 1);
        var image = new DiskImage(disk);
        foreach (string file in image.Files.Keys.SkipLast(1))
        {
            MemoryDisk damaged = image.ToDisk();
            damaged.Delete(file);
            Assert.Throws<CorruptFileException>(() => LogScript.Open(damaged, 1));
        }
    }

    [Fact]
    public void Segments_that_changed_places_are_found()
    {
        (MemoryDisk disk, _) = LogScript.Write(1, 12, 1, 1, 1, 1);
        string[] files = [.. disk.List()];
        disk.Rename(files[1], "other");
        disk.Rename(files[2], files[1]);
        disk.Rename("other", files[2]);
        Assert.Throws<CorruptFileException>(() => LogScript.Open(disk, 1));
    }

    [Fact]
    public void A_segment_of_another_log_is_refused()
    {
        var disk = new MemoryDisk();
        (MemoryDisk ours, _) = LogScript.Write(1, 12, 1, 1, 1, 1);
        (WriteAheadLog foreign, _) = LogScript.Open(disk, 1, identity: LogScript.Identity + 1);
        for (int i = 0; i < 4; i++)
        {
            LogScript.Append(foreign, 12);
            LogScript.Flush(foreign);
        }

        foreach (string file in ours.List())
        {
            MemoryDisk mixed = new DiskImage(ours).ToDisk();
            byte[] content = DiskImage.Read(disk, file);
            mixed.Delete(file);
            mixed.Create(file, content.Length).Write(0, content);
            Assert.Throws<CorruptFileException>(() => LogScript.Open(mixed, 1));
        }
    }

    [Fact]
    public void A_round_of_another_log_is_not_taken_for_one_of_ours()
    {
        (MemoryDisk ours, List<string> written) = LogScript.Write(1 << 10, 12, 1, 1, 1);
        var theirs = new MemoryDisk();
        (WriteAheadLog foreign, _) = LogScript.Open(theirs, 1 << 10, identity: LogScript.Identity + 1);
        for (int i = 0; i < 3; i++)
        {
            LogScript.Append(foreign, 12);
            LogScript.Flush(foreign);
        }

        string file = ours.List()[0];
        (_, int last) = LogScript.LastRound(new(ours));
        ours.Open(file).Write(last, DiskImage.Read(theirs, file).AsSpan(last));
        Assert.Equal(written[..2], LogScript.Open(ours, 1 << 10).Records);
        // The same bytes in the middle are damage.
        (ours, _) = LogScript.Write(1 << 10, 12, 1, 1, 1);
        ours.Open(file).Write(24, DiskImage.Read(theirs, file).AsSpan(24, last - 24));
        Assert.Throws<CorruptFileException>(() => LogScript.Open(ours, 1 << 10));
    }

    [Fact]
    public void Random_bytes_within_a_round_never_lose_an_acknowledged_record_in_silence()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(700, 40, 2, 1, 3, 2, 1, 2, 5, 1);
        var image = new DiskImage(disk);
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var random = new SeededRandom(seed);
            MemoryDisk damaged = image.ToDisk();
            string file = image.Files.Keys.ElementAt(random.Next(image.Files.Count));
            var noise = new byte[1 + random.Next(60)];
            for (int i = 0; i < noise.Length; i++) noise[i] = (byte)random.Next(256);
            int at = random.Next(image.Files[file].Length - noise.Length - 3);
            // Over the boundary of the last two rounds it would be two damages, which no one can tell from a torn tail.
            if (image.Files[file].AsSpan(at + 1, noise.Length + 2).IndexOf("BYNR"u8) >= 0) continue;
            damaged.Open(file).Write(at, noise);
            try
            {
                LogScript.AssertIsBeginning(LogScript.Open(damaged, 700).Records, written, written.Count - 1);
            }
            catch (CorruptFileException)
            {
                // Found, as it must be unless it is in the last round.
            }
        }
    }
}
