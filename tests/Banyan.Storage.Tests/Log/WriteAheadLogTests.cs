using Banyan.Primitives;
using Banyan.Storage.Tests.Disk;

namespace Banyan.Storage.Tests.Log;

public sealed class WriteAheadLogTests
{
    [Fact]
    public void An_empty_disk_gives_an_empty_log_and_no_file()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, List<string> records) = LogScript.Open(disk, 4096);
        Assert.Empty(records);
        Assert.False(log.HasPending);
        Assert.Equal(0ul, log.EndPosition);
        Assert.Empty(disk.List());
    }

    [Fact]
    public void Records_come_back_in_order_over_many_segments()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(200, 20, 1, 3, 2, 4, 1, 1);
        Assert.True(disk.List().Count > 2);
        (WriteAheadLog log, List<string> recovered) = LogScript.Open(disk, 200);
        Assert.Equal(written, recovered);
        Assert.Equal((ulong)written.Count, log.EndPosition);
        Assert.Equal((ulong)written.Count, log.FlushedPosition);
    }

    [Fact]
    public void Segments_that_were_made_ahead_hold_what_others_hold()
    {
        var disk = new MemoryDisk();
        List<string> written = [];
        for (int restart = 0; restart < 3; restart++)
        {
            (WriteAheadLog log, List<string> recovered) = LogScript.Open(disk, 200);
            Assert.Equal(written, recovered);
            for (int i = 0; i < 10; i++)
            {
                if (i % 3 == 0) log.MakeSpare();
                written.Add(LogScript.Append(log, i == 5 ? 1000 : 60));
                LogScript.Flush(log);
            }
        }

        Assert.Equal(written, LogScript.Open(disk, 200).Records);
    }

    [Fact]
    public void A_spare_for_which_there_is_no_room_costs_nothing_but_time()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 200);
        disk.FailAfter(0);
        Assert.Throws<IOException>(log.MakeSpare);
        Assert.False(log.WantsSpare);
        var again = new MemoryDisk();
        (log, _) = LogScript.Open(again, 200);
        log.MakeSpare();
        Assert.False(log.WantsSpare);
        string written = LogScript.Append(log, 10);
        LogScript.Flush(log);
        Assert.True(log.WantsSpare);
        Assert.Equal([written], LogScript.Open(again, 200).Records);
    }

    [Fact]
    public void Records_of_no_bytes_and_of_many_come_back()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 256);
        List<string> written = [LogScript.Append(log, 0), LogScript.Append(log, 100_000), LogScript.Append(log, 0)];
        LogScript.Flush(log);
        written.Add(LogScript.Append(log, 1));
        LogScript.Flush(log);
        Assert.Equal(written, LogScript.Open(disk, 256).Records);
    }

    [Fact]
    public void A_log_is_continued_where_it_ended_at_every_restart()
    {
        var disk = new MemoryDisk();
        List<string> written = [];
        for (int restart = 0; restart < 12; restart++)
        {
            (WriteAheadLog log, List<string> recovered) = LogScript.Open(disk, 300, identity: (uint)(1000 + restart));
            Assert.Equal(written, recovered);
            written.Add(LogScript.Append(log, 30));
            written.Add(LogScript.Append(log, 5));
            LogScript.Flush(log);
        }
    }

    [Fact]
    public void What_was_not_taken_into_a_round_is_not_on_disk()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 4096);
        string first = LogScript.Append(log, 10);
        WalRound round = log.BeginRound();
        LogScript.Append(log, 10);
        Assert.Equal(0ul, log.FlushedPosition);
        round.Write();
        Assert.Equal(0ul, log.FlushedPosition);
        log.CompleteRound(round);
        Assert.Equal(1ul, log.FlushedPosition);
        Assert.Equal(2ul, log.EndPosition);
        Assert.True(log.HasPending);
        Assert.Equal([first], LogScript.Open(disk, 4096).Records);
    }

    [Fact]
    public void Appending_while_a_round_is_under_way_does_not_change_that_round()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 1 << 16);
        List<string> written = [];
        for (int i = 0; i < 20; i++)
        {
            written.Add(LogScript.Append(log, 50 * (i + 1)));
            WalRound round = log.BeginRound();
            // As much again, so that the other buffer has to grow.
            written.Add(LogScript.Append(log, 5000));
            round.Write();
            log.CompleteRound(round);
        }

        LogScript.Flush(log);
        Assert.Equal(written, LogScript.Open(disk, 1 << 16).Records);
    }

    [Fact]
    public void One_round_at_a_time()
    {
        (WriteAheadLog log, _) = LogScript.Open(new MemoryDisk(), 4096);
        Assert.Throws<InvariantViolation>(log.BeginRound);
        LogScript.Append(log, 1);
        WalRound round = log.BeginRound();
        LogScript.Append(log, 1);
        Assert.Throws<InvariantViolation>(log.BeginRound);
        round.Write();
        log.CompleteRound(round);
        Assert.Throws<InvariantViolation>(() => log.CompleteRound(round));
        LogScript.Flush(log);
    }

    [Fact]
    public void One_flush_makes_a_round_durable_however_many_records_it_has()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 1 << 20);
        for (int i = 0; i < 500; i++) LogScript.Append(log, 20);
        LogScript.Flush(log);
        Assert.Equal(1, disk.Flushes);
    }

    [Fact]
    public void A_segment_goes_when_a_checkpoint_holds_all_of_it_and_not_before()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 128);
        List<string> written = [];
        for (int i = 0; i < 6; i++)
        {
            written.Add(LogScript.Append(log, 60));
            LogScript.Flush(log);
        }

        Assert.Equal(6, disk.List().Count);
        log.DropBefore(3);
        Assert.Equal(6, disk.List().Count);
        written.Add(LogScript.Append(log, 60));
        LogScript.Flush(log);
        // Segments of one record each: those of records 0, 1 and 2 are gone, the one of record 3 is not.
        Assert.Equal(4, disk.List().Count);
        (WriteAheadLog again, List<string> recovered) = LogScript.Open(disk, 128, from: 3);
        Assert.Equal(written[3..], recovered);
        Assert.Equal(7ul, again.EndPosition);
    }

    [Fact]
    public void A_position_to_drop_before_never_moves_back()
    {
        (MemoryDisk disk, WriteAheadLog log) = WithFourSegments();
        log.DropBefore(3);
        log.DropBefore(1);
        LogScript.Append(log, 60);
        LogScript.Flush(log);
        Assert.Equal(2, disk.List().Count);
    }

    [Fact]
    public void The_last_segment_is_kept_though_a_checkpoint_holds_all_of_it()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(4096, 10, 2, 2);
        (WriteAheadLog log, List<string> recovered) = LogScript.Open(disk, 4096, from: 4);
        Assert.Empty(recovered);
        log.DropBefore(4);
        written.Add(LogScript.Append(log, 10));
        LogScript.Flush(log);
        Assert.Equal(written[4..], LogScript.Open(disk, 4096, from: 4).Records);
    }

    [Fact]
    public void Records_before_the_checkpoint_are_not_replayed()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(200, 20, 3, 3, 3);
        for (int from = 0; from <= written.Count; from++)
            Assert.Equal(written[from..], LogScript.Open(disk, 200, from: (ulong)from).Records);
    }

    [Fact]
    public void A_log_that_begins_after_the_checkpoint_is_refused()
    {
        (MemoryDisk disk, WriteAheadLog log) = WithFourSegments();
        log.DropBefore(3);
        LogScript.Append(log, 60);
        LogScript.Flush(log);
        var refused = Assert.Throws<CorruptFileException>(() => LogScript.Open(disk, 128, from: 2));
        Assert.Equal(disk.List()[0], refused.File);
    }

    [Fact]
    public void A_log_that_ends_before_the_checkpoint_begins_anew_at_it()
    {
        (MemoryDisk disk, _) = LogScript.Write(128, 40, 1, 1, 1);
        (WriteAheadLog log, List<string> recovered) = LogScript.Open(disk, 128, from: 10);
        Assert.Empty(recovered);
        Assert.Equal(10ul, log.EndPosition);
        Assert.Empty(disk.List());
        string next = LogScript.Append(log, 40);
        LogScript.Flush(log);
        (WriteAheadLog again, recovered) = LogScript.Open(disk, 128, from: 10);
        Assert.Equal([next], recovered);
        Assert.Equal(11ul, again.EndPosition);
    }

    [Fact]
    public void Files_of_other_names_are_left_alone()
    {
        (MemoryDisk disk, List<string> written) = LogScript.Write(4096, 10, 2);
        foreach (string name in (string[])["wal-", "wal-xyz", "wal-00000000000000FF", "wal-0000000000000000.tmp", "other"]) disk.Create(name, 3);
        Assert.Equal(written, LogScript.Open(disk, 4096).Records);
        Assert.Equal(6, disk.List().Count);
    }

    [Fact]
    public void A_failed_write_reaches_the_caller()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 4096);
        LogScript.Append(log, 1);
        WalRound round = log.BeginRound();
        disk.FailAfter(0);
        Assert.Throws<IOException>(round.Write);
        Assert.Equal(0ul, log.FlushedPosition);
    }

    [Fact]
    public void A_long_life_of_appends_allocates_no_more_than_its_disk()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 8 << 20);
        byte[] payload = new byte[100];
        void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < 50; j++) log.Append(new(1), 1, payload);
                LogScript.Flush(log);
            }
        }

        Rounds(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Rounds(100);
        long perRecord = (GC.GetAllocatedBytesForCurrentThread() - before) / 5000;
        // A round object and the disk's copies of the sectors that it keeps for a crash: per record next to nothing.
        Assert.InRange(perRecord, 0, 250);
    }

    // Of one record each.
    private static (MemoryDisk Disk, WriteAheadLog Log) WithFourSegments()
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = LogScript.Open(disk, 128);
        for (int i = 0; i < 4; i++)
        {
            LogScript.Append(log, 60);
            LogScript.Flush(log);
        }

        return (disk, log);
    }
}
