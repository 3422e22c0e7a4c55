using Banyan.Primitives;

namespace Banyan.Storage.Tests.Disk;

/// <summary>The disk in memory must lose all that a real one may lose, and nothing else: every crash test rests on it.</summary>
public sealed class MemoryDiskTests
{
    private const int Sector = MemoryDisk.SectorBytes;
    private const int Seeds = 200;

    [Fact]
    public void Flushed_bytes_in_a_flushed_folder_survive_every_crash()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            var disk = new MemoryDisk();
            IDiskFile file = disk.Create("a", 0);
            file.Write(0, Filled(3 * Sector, 7));
            file.Flush();
            disk.FlushFolder();
            disk.Crash(new(seed));
            Assert.Equal(Filled(3 * Sector, 7), DiskImage.Read(disk, "a"));
        }
    }

    [Fact]
    public void Sectors_that_were_not_flushed_are_kept_or_lost_one_by_one()
    {
        var outcomes = new SortedSet<int>();
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            (MemoryDisk disk, IDiskFile file) = Durable(Filled(3 * Sector, 1));
            file.Write(0, Filled(3 * Sector, 2));
            disk.Crash(new(seed));
            byte[] found = DiskImage.Read(disk, "a");
            int outcome = 0;
            for (int sector = 0; sector < 3; sector++)
            {
                byte value = found[sector * Sector];
                Assert.All(found.AsSpan(sector * Sector, Sector).ToArray(), b => Assert.Equal(value, b));
                Assert.InRange(value, 1, 2);
                if (value == 2) outcome |= 1 << sector;
            }

            outcomes.Add(outcome);
        }

        // No order among sectors: the last may be there and the first not.
        Assert.Equal(Enumerable.Range(0, 8), outcomes);
    }

    [Fact]
    public void A_lost_sector_keeps_what_was_flushed_before_and_not_what_was_written_in_between()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            (MemoryDisk disk, IDiskFile file) = Durable(Filled(Sector, 1));
            file.Write(0, Filled(Sector, 2));
            file.Write(0, Filled(Sector, 3));
            disk.Crash(new(seed));
            Assert.Contains(DiskImage.Read(disk, "a")[0], new byte[] { 1, 3 });
        }
    }

    [Fact]
    public void A_write_within_a_sector_leaves_the_rest_of_it_alone()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            (MemoryDisk disk, IDiskFile file) = Durable(Filled(Sector, 1));
            file.Write(100, [9, 9]);
            disk.Crash(new(seed));
            byte[] found = DiskImage.Read(disk, "a");
            Assert.All(found[..100].Concat(found[102..]), b => Assert.Equal(1, b));
            Assert.Equal(found[100], found[101]);
        }
    }

    [Fact]
    public void Growth_that_was_not_flushed_may_be_lost_and_what_was_there_before_is_not()
    {
        var lengths = new SortedSet<int>();
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            (MemoryDisk disk, IDiskFile file) = Durable(Filled(Sector, 1));
            file.Write(Sector, Filled(Sector, 2));
            disk.Crash(new(seed));
            byte[] found = DiskImage.Read(disk, "a");
            lengths.Add(found.Length);
            Assert.Equal(Filled(Sector, 1), found[..Sector]);
        }

        Assert.Equal([Sector, 2 * Sector], lengths);
    }

    [Fact]
    public void A_cut_that_was_not_flushed_never_changes_what_stays()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            (MemoryDisk disk, IDiskFile file) = Durable(Filled(2 * Sector, 1));
            file.SetLength(Sector);
            disk.Crash(new(seed));
            byte[] found = DiskImage.Read(disk, "a");
            Assert.Contains(found.Length, new[] { Sector, 2 * Sector });
            Assert.Equal(Filled(Sector, 1), found[..Sector]);
        }
    }

    [Fact]
    public void A_second_crash_loses_nothing_more()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            (MemoryDisk disk, IDiskFile file) = Durable(Filled(2 * Sector, 1));
            file.Write(0, Filled(4 * Sector, 2));
            disk.Crash(new(seed));
            byte[] found = DiskImage.Read(disk, "a");
            disk.Crash(new(seed + 1));
            Assert.Equal(found, DiskImage.Read(disk, "a"));
        }
    }

    [Fact]
    public void A_crash_keeps_a_beginning_of_the_folders_changes()
    {
        string[][] legal = [[], ["a"], ["a", "b"], ["b", "c"], ["c"]];
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            var disk = new MemoryDisk();
            disk.Create("a", 0);
            disk.Create("b", 0);
            disk.Rename("a", "c");
            disk.Delete("b");
            disk.Crash(new(seed));
            string[] found = [.. disk.List()];
            Assert.Contains(found, legal);
            seen.Add(string.Join(' ', found));
        }

        Assert.Equal(legal.Length, seen.Count);
    }

    [Fact]
    public void A_flushed_folder_keeps_its_names_and_a_flushed_file_alone_does_not()
    {
        var kept = new SortedSet<int>();
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            var disk = new MemoryDisk();
            disk.Create("a", 0);
            disk.FlushFolder();
            IDiskFile b = disk.Create("b", 0);
            b.Write(0, [1]);
            b.Flush();
            disk.Crash(new(seed));
            Assert.Contains("a", disk.List());
            kept.Add(disk.List().Count);
        }

        Assert.Equal([1, 2], kept);
    }

    [Fact]
    public void A_rename_replaces_the_file_of_that_name_in_one_step()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            var disk = new MemoryDisk();
            Write(disk, "old", 1);
            Write(disk, "new", 2);
            disk.FlushFolder();
            disk.Rename("new", "old");
            disk.Crash(new(seed));
            bool done = disk.List().Count == 1;
            Assert.Equal(done ? 2 : 1, DiskImage.Read(disk, "old")[0]);
        }
    }

    [Fact]
    public void Calls_fail_from_the_chosen_one_on_until_the_crash()
    {
        var disk = new MemoryDisk();
        IDiskFile file = disk.Create("a", 0);
        disk.FailAfter(2);
        file.Write(0, [1]);
        file.Flush();
        Assert.Throws<IOException>(() => file.Write(0, [2]));
        Assert.Throws<IOException>(file.Flush);
        Assert.Throws<IOException>(() => file.SetLength(0));
        Assert.Throws<IOException>(() => disk.Create("b", 0));
        Assert.Throws<IOException>(() => disk.Delete("a"));
        Assert.Throws<IOException>(() => disk.Rename("a", "b"));
        Assert.Throws<IOException>(disk.FlushFolder);
        Assert.Equal([1], DiskImage.Read(disk, "a"));
        disk.Crash(new(1));
        disk.Create("b", 0);
        Assert.Contains("b", disk.List());
    }

    [Fact]
    public void A_flipped_bit_is_the_one_asked_for_and_survives_a_crash()
    {
        (MemoryDisk disk, _) = Durable([0, 0, 0]);
        disk.FlipBit("a", 1, 3);
        disk.Crash(new(1));
        Assert.Equal([0, 8, 0], DiskImage.Read(disk, "a"));
    }

    [Fact]
    public void A_file_has_room_of_zeroes_from_the_start_and_reads_end_where_it_ends()
    {
        var disk = new MemoryDisk();
        IDiskFile file = disk.Create("a", 10);
        Assert.Equal(10, file.Length);
        file.Write(8, [1, 2, 3]);
        Assert.Equal(11, file.Length);
        var bytes = new byte[20];
        Assert.Equal(4, file.Read(7, bytes));
        Assert.Equal([0, 1, 2, 3], bytes[..4]);
        Assert.Equal(0, file.Read(11, bytes));
        Assert.Throws<IOException>(() => disk.Open("b"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_crash()
    {
        byte[] Run(ulong seed)
        {
            (MemoryDisk disk, IDiskFile file) = Durable(Filled(20 * Sector, 1));
            for (int i = 0; i < 20; i++) file.Write(i * Sector, Filled(Sector, (byte)(i + 2)));
            disk.Crash(new(seed));
            return DiskImage.Read(disk, "a");
        }

        Assert.Equal(Run(5), Run(5));
        Assert.NotEqual(Run(5), Run(6));
    }

    private static (MemoryDisk Disk, IDiskFile File) Durable(byte[] content)
    {
        var disk = new MemoryDisk();
        IDiskFile file = disk.Create("a", 0);
        file.Write(0, content);
        file.Flush();
        disk.FlushFolder();
        return (disk, file);
    }

    private static void Write(MemoryDisk disk, string name, byte value)
    {
        IDiskFile file = disk.Create(name, 0);
        file.Write(0, [value]);
        file.Flush();
    }

    private static byte[] Filled(int count, byte value)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }
}
