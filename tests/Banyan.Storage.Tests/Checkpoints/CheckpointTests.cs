using Banyan.Primitives;
using Banyan.Storage.Tests.Disk;

namespace Banyan.Storage.Tests.Checkpoints;

public sealed class CheckpointTests
{
    private static readonly byte[][] Blocks = [[1], [2, 3, 4], [.. Enumerable.Range(0, 700).Select(i => (byte)i)], [9, 9]];

    [Fact]
    public void Blocks_come_back_whole_and_in_order()
    {
        var disk = new MemoryDisk();
        Write(disk, 42, Blocks);
        using CheckpointReader reader = CheckpointReader.OpenNewest(disk)!;
        Assert.Equal(42ul, reader.Position);
        Assert.Equal(Blocks, ReadAll(reader));
    }

    [Fact]
    public void A_checkpoint_of_nothing_is_one()
    {
        var disk = new MemoryDisk();
        Write(disk, 7, []);
        Assert.Empty(ReadAll(CheckpointReader.OpenNewest(disk)!));
    }

    [Fact]
    public void An_empty_disk_has_none() => Assert.Null(CheckpointReader.OpenNewest(new MemoryDisk()));

    [Fact]
    public void A_block_of_no_bytes_is_a_bug_of_the_caller() =>
        Assert.Throws<InvariantViolation>(() => new CheckpointWriter(new MemoryDisk(), 1).Write([]));

    [Fact]
    public void Finishing_deletes_the_ones_before_and_nothing_else()
    {
        var disk = new MemoryDisk();
        disk.Create("wal-0000000000000000", 5);
        disk.Create("checkpoint-of-something-else", 5);
        Write(disk, 5, [[1]]);
        Write(disk, 0x1_0000_0000, [[2]]);
        Assert.Equal(["checkpoint-0000000100000000", "checkpoint-of-something-else", "wal-0000000000000000"], disk.List());
        Assert.Equal([[2]], ReadAll(CheckpointReader.OpenNewest(disk)!));
    }

    [Fact]
    public void The_newest_is_the_one_of_the_largest_position()
    {
        // Both are there when the deletion of the older one was lost in a crash.
        var disk = new MemoryDisk();
        Write(disk, 9, [[1]]);
        var older = new DiskImage(disk);
        Write(disk, 10, [[2]]);
        byte[] content = older.Files.Values.Single();
        disk.Create(older.Files.Keys.Single(), content.Length).Write(0, content);
        using CheckpointReader reader = CheckpointReader.OpenNewest(disk)!;
        Assert.Equal(10ul, reader.Position);
        Assert.Equal([[2]], ReadAll(reader));
    }

    [Fact]
    public void An_interrupted_one_is_ignored_and_cleared_away()
    {
        var disk = new MemoryDisk();
        Write(disk, 5, Blocks);
        var interrupted = new CheckpointWriter(disk, 6);
        interrupted.Write([1, 2, 3]);
        Assert.Equal(2, disk.List().Count);
        using CheckpointReader reader = CheckpointReader.OpenNewest(disk)!;
        Assert.Equal(5ul, reader.Position);
        Assert.Equal(Blocks, ReadAll(reader));
        Assert.Single(disk.List());
    }

    [Fact]
    public void A_crash_after_any_call_to_the_disk_leaves_the_old_one_or_the_new_one_whole()
    {
        var outcomes = new SortedSet<ulong>();
        bool finished = false;
        for (int calls = 0; !finished; calls++)
        {
            for (ulong seed = 0; seed < 50; seed++)
            {
                var disk = new MemoryDisk();
                Write(disk, 5, [[1], [2]]);
                disk.FlushFolder();
                disk.FailAfter(calls);
                bool acknowledged = false;
                try
                {
                    Write(disk, 8, Blocks);
                    acknowledged = finished = true;
                }
                catch (IOException)
                {
                    // The server dies here.
                }

                disk.Crash(new(seed));
                using CheckpointReader reader = CheckpointReader.OpenNewest(disk)!;
                Assert.True(reader.Position == 8 || !acknowledged);
                Assert.Equal(reader.Position == 8 ? Blocks : [[1], [2]], ReadAll(reader));
                outcomes.Add(reader.Position);
                // What is left must not stand in the way of the next one.
                Write(disk, 8, [[3]]);
                Assert.Equal([[3]], ReadAll(CheckpointReader.OpenNewest(disk)!));
            }
        }

        Assert.Equal([5ul, 8ul], outcomes);
    }

    [Fact]
    public void Every_flipped_bit_is_found()
    {
        var disk = new MemoryDisk();
        Write(disk, 3, [[1], [2, 3, 4], [.. Enumerable.Range(0, 90).Select(i => (byte)i)]]);
        var image = new DiskImage(disk);
        (string file, byte[] content) = image.Files.Single();
        for (int bit = 0; bit < content.Length * 8; bit++)
        {
            disk.FlipBit(file, bit / 8, bit % 8);
            AssertDamaged(disk, file, content.Length);
            disk.FlipBit(file, bit / 8, bit % 8);
        }

        Assert.Equal(3, ReadAll(CheckpointReader.OpenNewest(disk)!).Length);
    }

    [Fact]
    public void A_cut_at_any_byte_is_found()
    {
        var disk = new MemoryDisk();
        Write(disk, 3, [[1], [2, 3, 4], [5, 6]]);
        var image = new DiskImage(disk);
        (string file, byte[] content) = image.Files.Single();
        for (int length = 0; length < content.Length; length++)
        {
            MemoryDisk cut = image.ToDisk();
            cut.Open(file).SetLength(length);
            AssertDamaged(cut, file, content.Length);
        }
    }

    [Fact]
    public void Blocks_that_changed_places_are_found()
    {
        var disk = new MemoryDisk();
        Write(disk, 3, [[1, 1], [2, 2]]);
        string file = disk.List()[0];
        byte[] content = DiskImage.Read(disk, file);
        disk.Open(file).Write(0, [.. content[10..20], .. content[..10]]);
        AssertDamaged(disk, file, content.Length);
    }

    [Fact]
    public void A_missing_block_is_found()
    {
        var disk = new MemoryDisk();
        Write(disk, 3, [[1, 1], [2, 2], [3, 3]]);
        string file = disk.List()[0];
        byte[] content = DiskImage.Read(disk, file);
        disk.Open(file).Write(10, content.AsSpan(20));
        AssertDamaged(disk, file, content.Length);
    }

    private static void AssertDamaged(MemoryDisk disk, string file, int length)
    {
        using CheckpointReader reader = CheckpointReader.OpenNewest(disk)!;
        var damage = Assert.Throws<CorruptFileException>(() => ReadAll(reader));
        Assert.Equal(file, damage.File);
        Assert.InRange(damage.Offset, 0, length);
    }

    private static void Write(IDisk disk, ulong position, byte[][] blocks)
    {
        var writer = new CheckpointWriter(disk, position);
        foreach (byte[] block in blocks) writer.Write(block);
        writer.Finish();
    }

    private static byte[][] ReadAll(CheckpointReader reader)
    {
        List<byte[]> blocks = [];
        while (reader.Next() is { } block) blocks.Add(block);
        return [.. blocks];
    }
}
