using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Storage.Tests.Log;

public sealed class RecoveredRangeTests
{
    private static readonly RangeId Range = new(9);

    [Fact]
    public void Entries_of_several_records_make_one_log()
    {
        RaftLogState state = Recover(w => w.Entries(0, 1, 1).Entries(2, 2).Entries(3, 2, 3)).ToLogState(LogIndex.Zero);
        Assert.Equal("#1t1 #2t1 #3t2 #4t2 #5t3", Text(state));
        Assert.Equal(LogIndex.Zero, state.CompactedIndex);
        Assert.Equal(LogIndex.Zero, state.AppliedIndex);
    }

    [Fact]
    public void A_later_record_replaces_what_has_its_first_index_or_a_later_one()
    {
        RaftLogState state = Recover(w => w.Entries(0, 1, 1, 1, 1).Entries(1, 2)).ToLogState(LogIndex.Zero);
        Assert.Equal("#1t1 #2t2", Text(state));
        state = Recover(w => w.Entries(0, 1, 1, 1).Entries(0, 3, 3)).ToLogState(LogIndex.Zero);
        Assert.Equal("#1t3 #2t3", Text(state));
    }

    [Fact]
    public void A_gap_between_entries_is_refused()
    {
        var range = new RecoveredRange();
        Assert.True(range.TryReplay(RaftRecords.EntriesKind, EntriesPayload(0, 1, 1)));
        Assert.False(range.TryReplay(RaftRecords.EntriesKind, EntriesPayload(3, 1)));
    }

    [Fact]
    public void The_last_hard_state_counts()
    {
        var first = new HardState(new(3), new(2), new(1), new(2), 8);
        var last = new HardState(new(4), new(1), new(2), new(3), 9);
        RaftLogState state = Recover(w => w.Entries(0, 1, 1).Hard(first).Hard(last)).ToLogState(LogIndex.Zero);
        Assert.Equal(last, state.HardState);
    }

    [Fact]
    public void A_hard_state_of_largest_values_comes_back()
    {
        var hardState = new HardState(new(ulong.MaxValue), new(uint.MaxValue), new(ulong.MaxValue), new(uint.MaxValue), ulong.MaxValue);
        var writer = new ByteWriter();
        RaftRecords.Encode(hardState, writer);
        var reader = new ByteReader(writer.Written);
        Assert.Equal(hardState, RaftRecords.DecodeHardState(ref reader));
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void A_commit_index_beyond_the_log_is_cut_to_its_end()
    {
        // Hard state and entries may be in different rounds; the later one may be lost.
        RaftLogState state = Recover(w => w.Entries(0, 1, 1).Hard(new(new(1), default, new(7), default, 0))).ToLogState(new(1));
        Assert.Equal(new LogIndex(2), state.HardState.Commit);
    }

    [Fact]
    public void What_was_applied_is_committed_whatever_the_hard_state_says()
    {
        RaftLogState state = Recover(w => w.Entries(0, 1, 1, 1).Hard(new(new(1), default, default, default, 0))).ToLogState(new(2), new(1));
        Assert.Equal(new LogIndex(2), state.HardState.Commit);
        Assert.Equal(new LogIndex(2), state.AppliedIndex);
        Assert.Equal(3, state.Entries.Count);
    }

    [Fact]
    public void A_snapshot_takes_the_place_of_log_and_state()
    {
        RecoveredRange range = Recover(w => w.Entries(0, 1, 1, 1).Snapshot(10, 2, [7, 8]).Entries(10, 3, 3));
        Assert.Equal([7, 8], range.Snapshot!.Data.ToArray());
        Assert.Equal(new Configuration([new(1), new(2)], [new(3)], [new(4)]).Members(), range.Snapshot.Configuration.Members());
        RaftLogState state = range.ToLogState(new(10), new(2));
        Assert.Equal((new LogIndex(10), new Term(2)), (state.CompactedIndex, state.CompactedTerm));
        Assert.Equal("#11t3 #12t3", Text(state));
    }

    [Fact]
    public void The_newest_snapshot_counts()
    {
        RecoveredRange range = Recover(w => w.Snapshot(5, 1, [1]).Entries(5, 1, 1).Snapshot(9, 2, [2]));
        Assert.Equal(new LogIndex(9), range.Snapshot!.Index);
        RaftLogState state = range.ToLogState(new(9), new(2));
        Assert.Equal((new LogIndex(9), new Term(2), 0), (state.CompactedIndex, state.CompactedTerm, state.Entries.Count));
    }

    [Fact]
    public void Entries_that_a_snapshot_covers_are_skipped()
    {
        RaftLogState state = Recover(w => w.Snapshot(5, 1, [1]).Entries(3, 1, 1).Entries(3, 1, 1, 2)).ToLogState(new(5), new(1));
        Assert.Equal("#6t2", Text(state));
    }

    [Fact]
    public void A_log_that_begins_at_a_split_takes_its_first_index_from_its_first_entry()
    {
        RaftLogState state = Recover(w => w.Hard(new(new(1), new(2), default, default, 0)).Entries(10, 6, 6)).ToLogState(new(10), new(5));
        Assert.Equal((new LogIndex(10), new Term(5)), (state.CompactedIndex, state.CompactedTerm));
        Assert.Equal("#11t6 #12t6", Text(state));
    }

    [Fact]
    public void An_early_vote_below_the_term_of_the_state_is_forgotten()
    {
        var early = new HardState(new(1), new(2), default, new(2), 4);
        RaftLogState state = Recover(w => w.Hard(early)).ToLogState(new(10), new(5));
        Assert.Equal(new HardState(new(5), default, new(10), default, 0), state.HardState);
    }

    [Fact]
    public void A_vote_in_the_term_of_the_state_is_kept()
    {
        var hardState = new HardState(new(5), new(2), new(10), new(2), 4);
        Assert.Equal(hardState, Recover(w => w.Hard(hardState)).ToLogState(new(10), new(5)).HardState);
    }

    [Fact]
    public void A_state_ahead_of_the_log_makes_the_log_go_on_from_it()
    {
        RaftLogState state = Recover(w => w.Entries(0, 1, 1)).ToLogState(new(6), new(2));
        Assert.Equal((new LogIndex(6), new Term(2), 0), (state.CompactedIndex, state.CompactedTerm, state.Entries.Count));
        Assert.Equal(new LogIndex(6), state.HardState.Commit);
    }

    [Fact]
    public void A_checkpoints_log_comes_back_and_later_records_go_on_from_it()
    {
        var hardState = new HardState(new(4), new(1), new(12), new(2), 3);
        var log = new RaftLogState(hardState, new(10), new(2), Entries(10, 3, 4, 4), new(11));
        var writer = new ByteWriter();
        RaftRecords.Encode(log, writer);
        var reader = new ByteReader(writer.Written);
        RecoveredRange range = RaftRecords.DecodeLog(ref reader);
        Assert.True(reader.IsAtEnd);
        Assert.True(range.TryReplay(RaftRecords.EntriesKind, EntriesPayload(12, 5, 5)));
        RaftLogState state = range.ToLogState(new(11), new(3));
        Assert.Equal("#11t3 #12t4 #13t5 #14t5", Text(state));
        Assert.Equal(hardState, state.HardState);
        Assert.Equal((new LogIndex(10), new Term(2)), (state.CompactedIndex, state.CompactedTerm));
    }

    [Fact]
    public void A_member_starts_from_what_is_recovered()
    {
        RaftLogState state = Recover(w => w.Entries(0, 1, 1, 2).Hard(new(new(2), new(1), new(2), default, 0))).ToLogState(LogIndex.Zero);
        var group = new RaftGroup(
            new(), new(1), new([new(1), new(2), new(3)], [], []), state, NoStoreLiveness.Instance, new(1));
        Assert.Equal((new Term(2), new LogIndex(3), new LogIndex(2)), (group.Term, group.LastIndex, group.CommitIndex));
    }

    [Fact]
    public void Records_of_other_kinds_are_none_of_ours()
    {
        var range = new RecoveredRange();
        Assert.False(range.TryReplay(0, []));
        Assert.False(range.TryReplay(4, []));
        Assert.False(range.TryReplay(255, []));
    }

    [Fact]
    public void No_bytes_make_a_replay_throw()
    {
        byte[][] good =
        [
            EntriesPayload(3, 1, 2, 3), SnapshotPayload(7, 2, [1, 2, 3]),
            Payload(w => RaftRecords.Encode(new HardState(new(3), new(2), new(300), new(1), 8), w)),
        ];
        byte[] kinds = [RaftRecords.EntriesKind, RaftRecords.SnapshotKind, RaftRecords.HardStateKind];
        int refused = 0;
        for (ulong seed = 0; seed < 20_000; seed++)
        {
            var random = new SeededRandom(seed);
            var range = new RecoveredRange();
            for (int i = 0; i < 4; i++)
            {
                byte[] payload = [.. good[random.Next(good.Length)]];
                for (int changes = random.Next(4); changes > 0; changes--) payload[random.Next(payload.Length)] = (byte)random.Next(256);
                if (random.Chance(0.2)) payload = payload[..random.Next(payload.Length)];
                if (!range.TryReplay(kinds[random.Next(kinds.Length)], payload)) refused++;
            }
        }

        Assert.InRange(refused, 10_000, 79_999);
    }

    private static RecoveredRange Recover(Action<Writer> write)
    {
        // Through a real log, so that what is written is what is replayed.
        var disk = new MemoryDisk();
        var writer = new Writer(WriteAheadLog.Open(disk, new() { Identity = 1 }, 0, (_, _, _) => Assert.Fail("it is empty")));
        write(writer);
        LogScript.Flush(writer.Log);
        var range = new RecoveredRange();
        WriteAheadLog.Open(disk, new(), 0, (id, kind, payload) =>
        {
            Assert.Equal(Range, id);
            Assert.True(range.TryReplay(kind, payload));
        });
        return range;
    }

    private sealed class Writer(WriteAheadLog log)
    {
        private readonly ByteWriter _scratch = new();

        public WriteAheadLog Log => log;

        public Writer Entries(ulong previous, params ulong[] terms)
        {
            RaftRecords.AppendEntries(log, Range, RecoveredRangeTests.Entries(previous, terms), _scratch);
            return this;
        }

        public Writer Hard(HardState state)
        {
            RaftRecords.AppendHardState(log, Range, state, _scratch);
            return this;
        }

        public Writer Snapshot(ulong index, ulong term, byte[] data)
        {
            RaftRecords.AppendSnapshotInstalled(log, Range, Of(index, term, data), _scratch);
            return this;
        }
    }

    private static RaftSnapshot Of(ulong index, ulong term, byte[] data) =>
        new(new(index), new(term), new([new(1), new(2)], [new(3)], [new(4)]), data);

    private static LogEntry[] Entries(ulong previous, params ulong[] terms) =>
        [.. terms.Select((term, i) => new LogEntry(new(term), new(previous + 1 + (ulong)i), EntryKind.Command, new byte[] { (byte)term }))];

    private static byte[] EntriesPayload(ulong previous, params ulong[] terms) => Payload(w =>
    {
        w.Number(previous);
        RaftMessageCodec.EncodeEntries(Entries(previous, terms), w);
    });

    private static byte[] SnapshotPayload(ulong index, ulong term, byte[] data) =>
        Payload(w => RaftMessageCodec.EncodeSnapshot(Of(index, term, data), w));

    private static byte[] Payload(Action<ByteWriter> write)
    {
        var writer = new ByteWriter();
        write(writer);
        return writer.ToArray();
    }

    private static string Text(RaftLogState state)
    {
        Assert.All(state.Entries, e => Assert.Equal((byte)e.Term.Value, e.Payload.Span[0]));
        return string.Join(' ', state.Entries.Select(e => $"{e.Index}{e.Term}"));
    }
}
