using Banyan.Primitives;
using Banyan.Storage.Tests.Disk;

namespace Banyan.Storage.Tests.Log;

/// <summary>Damage to what had been flushed is found and named; recovery never goes on without an acknowledged record.</summary>
public sealed class WalDamageTests
{
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
        (MemoryDisk ours, _) = LogScript.Write(1 << 10, 12, 1, 1, 1);
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
        Assert.Throws<CorruptFileException>(() => LogScript.Open(ours, 1 << 10));
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
