using Banyan.Storage.Tests.Disk;

namespace Banyan.Storage.Tests.Log;

/// <summary>A crash in the middle of a round loses that round and nothing else, and leaves nothing that is later taken for damage.</summary>
public sealed class WalTornTailTests
{
    [Theory]
    [InlineData(1 << 13)] // all rounds in one segment
    [InlineData(1)] // each round in its own: the header is torn, too
    public void A_tail_torn_at_any_sector_is_dropped_and_nothing_before_it(int segmentBytes)
    {
        const int acknowledged = 5;
        (MemoryDisk disk, List<string> written) = LogScript.Write(segmentBytes, 300, 2, 3, 5);
        var image = new DiskImage(disk);
        (string file, int lastRound) = LogScript.LastRound(image);
        int length = image.Files[file].Length;
        for (int at = segmentBytes == 1 ? 0 : lastRound; at < length; at = (at / MemoryDisk.SectorBytes + 1) * MemoryDisk.SectorBytes)
        {
            MemoryDisk torn = image.ToDisk();
            torn.Open(file).Write(at, new byte[length - at]);
            AssertGoesOn(torn, segmentBytes, written, acknowledged);
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(1)]
    public void A_file_cut_at_any_byte_of_the_tail_loses_nothing_before_it(int segmentBytes)
    {
        const int acknowledged = 5;
        (MemoryDisk disk, List<string> written) = LogScript.Write(segmentBytes, 30, 2, 3, 2);
        var image = new DiskImage(disk);
        (string file, int lastRound) = LogScript.LastRound(image);
        int from = segmentBytes == 1 ? 0 : lastRound;
        for (int at = from; at < image.Files[file].Length; at++)
        {
            MemoryDisk torn = image.ToDisk();
            torn.Open(file).SetLength(at);
            AssertGoesOn(torn, segmentBytes, written, acknowledged);
        }
    }

    [Theory]
    [InlineData(1 << 16)]
    [InlineData(3000)]
    [InlineData(1)]
    public void Any_sectors_of_the_last_round_may_be_lost(int segmentBytes)
    {
        var lost = 0;
        for (ulong seed = 0; seed < 300; seed++)
        {
            var disk = new MemoryDisk();
            (WriteAheadLog log, _) = LogScript.Open(disk, segmentBytes, identity: LogScript.Identity);
            List<string> written = [];
            for (int i = 0; i < 3; i++)
            {
                for (int j = 0; j < 4; j++) written.Add(LogScript.Append(log, 200));
                LogScript.Flush(log);
            }

            // The last flush never happens: fail it.
            for (int j = 0; j < 8; j++) written.Add(LogScript.Append(log, 200));
            WalRound round = log.BeginRound();
            int callsOfSegment = segmentBytes == 1 || segmentBytes == 3000 ? 3 : 0;
            disk.FailAfter(callsOfSegment + 1);
            Assert.Throws<IOException>(round.Write);
            disk.Crash(new(seed));
            int recovered = AssertGoesOn(disk, segmentBytes, written, 12);
            if (recovered < written.Count) lost++;
        }

        Assert.InRange(lost, 250, 300);
    }

    [Theory]
    [InlineData(1 << 16)]
    [InlineData(2000)]
    [InlineData(1)]
    public void A_crash_after_any_call_to_the_disk_keeps_what_was_acknowledged(int segmentBytes)
    {
        bool finished = false;
        for (int calls = 0; !finished; calls++)
        {
            for (ulong seed = 0; seed < 20; seed++)
            {
                var disk = new MemoryDisk();
                disk.FailAfter(calls);
                List<string> written = [];
                int acknowledged = 0;
                try
                {
                    (WriteAheadLog log, _) = LogScript.Open(disk, segmentBytes, identity: LogScript.Identity);
                    for (int i = 0; i < 6; i++)
                    {
                        for (int j = 0; j <= i % 3; j++) written.Add(LogScript.Append(log, 350));
                        LogScript.Flush(log);
                        acknowledged = written.Count;
                    }

                    finished = true;
                }
                catch (IOException)
                {
                    // The server dies here; what matters is what it finds when it comes back.
                }

                disk.Crash(new(seed));
                AssertGoesOn(disk, segmentBytes, written, acknowledged);
            }
        }
    }

    [Fact]
    public void A_server_that_crashes_again_and_again_never_loses_what_it_acknowledged()
    {
        for (ulong seed = 0; seed < 100; seed++)
        {
            var random = new Primitives.SeededRandom(seed);
            var disk = new MemoryDisk();
            List<string> written = [];
            int acknowledged = 0;
            ulong dropped = 0;
            for (int life = 0; life < 15; life++)
            {
                (WriteAheadLog log, List<string> recovered) = LogScript.Open(disk, 1500, from: dropped, identity: (uint)random.Next(1 << 30));
                LogScript.AssertIsBeginning(recovered, written[(int)dropped..], acknowledged - (int)dropped);
                written.RemoveRange((int)dropped + recovered.Count, written.Count - (int)dropped - recovered.Count);
                acknowledged = written.Count;
                disk.FailAfter(random.Next(40));
                try
                {
                    for (int i = 0; i < 20; i++)
                    {
                        for (int j = random.Next(4); j >= 0; j--) written.Add(LogScript.Append(log, random.Next(700)));
                        LogScript.Flush(log);
                        acknowledged = written.Count;
                        if (!random.Chance(0.2)) continue;
                        // As if a checkpoint had been finished here.
                        dropped = (ulong)random.NextInRange((long)dropped, acknowledged);
                        log.DropBefore(dropped);
                    }
                }
                catch (IOException)
                {
                    // The next life finds out what is left.
                }

                disk.Crash(random);
            }
        }
    }

    [Fact]
    public void A_value_that_looks_like_a_round_of_another_log_does_not_make_a_torn_tail_look_like_damage()
    {
        // The client writes a whole, valid round, of a log with another identity and of a far later position.
        (MemoryDisk foreign, _) = LogScript.Write(4096, 8, 90, 3);
        var foreignImage = new DiskImage(foreign);
        (string foreignFile, int offset) = LogScript.LastRound(foreignImage);
        byte[] value = foreignImage.Files[foreignFile][offset..];

        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 1 << 16, identity: 77);
        List<string> written = [LogScript.Append(log, 10)];
        LogScript.Flush(log);
        log.Append(new(1), 100, [.. value, .. Enumerable.Repeat((byte)1, 1000)]);
        LogScript.Flush(log);
        // The crash costs the last round its last sector.
        string file = disk.List()[0];
        int end = DiskImage.Read(disk, file).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        int lost = end / MemoryDisk.SectorBytes * MemoryDisk.SectorBytes;
        disk.Open(file).Write(lost, new byte[end - lost]);
        AssertGoesOn(disk, 1 << 16, written, 1);
    }

    /// <summary>Recovers, writes on, recovers again; returns how many records the first recovery found.</summary>
    private static int AssertGoesOn(MemoryDisk disk, int segmentBytes, List<string> written, int acknowledged)
    {
        (WriteAheadLog log, List<string> recovered) = LogScript.Open(disk, segmentBytes);
        LogScript.AssertIsBeginning(recovered, written, acknowledged);
        List<string> expected = [.. recovered];
        for (int i = 0; i < 3; i++)
        {
            expected.Add(LogScript.Append(log, 7 + i));
            LogScript.Flush(log);
        }

        Assert.Equal(expected, LogScript.Open(disk, segmentBytes).Records);
        return recovered.Count;
    }
}
