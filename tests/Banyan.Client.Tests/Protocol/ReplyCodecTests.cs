using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Operations;

namespace Banyan.Client.Tests.Protocol;

public class ReplyCodecTests
{
    private const ulong Number = 300;

    private static readonly TransactOutcome[] _outcomes =
    [
        new TransactOutcome.Committed(new(12345), [new(1), new(ulong.MaxValue)]),
        new TransactOutcome.Committed(Timestamp.MaxValue, []),
        new TransactOutcome.Refused(new(SceneErrorCode.DuplicateName, "there is a \"Tür\" already"), 7),
        new TransactOutcome.Unavailable("no majority"),
        new TransactOutcome.Ambiguous(""),
    ];

    [Fact]
    public void Every_outcome_is_read_back_as_it_was_written()
    {
        foreach (TransactOutcome outcome in _outcomes)
        {
            TransactOutcome? read = Decode(Encode(outcome));
            if (outcome is TransactOutcome.Committed committed)
            {
                Assert.Equal(committed.Timestamp, Assert.IsType<TransactOutcome.Committed>(read).Timestamp);
                Assert.Equal(committed.Nodes, ((TransactOutcome.Committed)read).Nodes);
            }
            else
            {
                Assert.Equal(outcome, read);
            }
        }
    }

    [Fact]
    public void An_outcome_that_is_cut_short_or_goes_on_is_refused()
    {
        foreach (TransactOutcome outcome in _outcomes)
        {
            byte[] bytes = Encode(outcome);
            for (int length = 0; length < bytes.Length; length++) Assert.Null(Decode(bytes[..length]));
            Assert.Null(Decode([.. bytes, 0]));
        }
    }

    [Fact]
    public void Changed_outcomes_are_refused_or_read_without_an_exception()
    {
        var random = new SeededRandom(4);
        int readable = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (Decode(Mutation.Of(Encode(_outcomes[i % _outcomes.Length]), random)) is not null) readable++;
        }

        Assert.InRange(readable, 100, 19_900);
    }

    [Fact]
    public void A_count_of_nodes_without_the_bytes_for_it_allocates_nothing_by_it()
    {
        var writer = new ByteWriter();
        writer.Byte(1);
        writer.Timestamp(new(5));
        writer.Number(1UL << 30);
        byte[] bytes = writer.ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(Decode(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
    }

    [Fact]
    public void Changes_are_read_back_as_they_were_written()
    {
        RecordChange[] changes = [new(Key.Of("a"), [1, 2]), new(Key.Of("b"), null), new(Key.Min, []), new(new(new byte[Key.LengthMax]), new byte[5000])];
        Assert.True(TryDecode(Encode(changes), out List<RecordChange> read));
        Assert.Equal(changes.Length, read.Count);
        for (int i = 0; i < changes.Length; i++)
        {
            Assert.Equal(changes[i].Key, read[i].Key);
            Assert.Equal(changes[i].Value, read[i].Value);
        }
    }

    [Fact]
    public void Changes_that_are_cut_within_one_are_refused_and_between_two_are_read()
    {
        byte[] first = Encode([new(Key.Of("abc"), [1, 2, 3])]);
        byte[] both = [.. first, .. Encode([new(Key.Of("d"), null)])];
        for (int length = 0; length <= both.Length; length++)
            Assert.Equal(length == 0 || length == first.Length || length == both.Length, TryDecode(both[..length], out _));
    }

    [Fact]
    public void Changed_changes_are_refused_or_read_without_an_exception()
    {
        var random = new SeededRandom(5);
        byte[] good = Encode([new(Key.Of("abc"), [1, 2, 3]), new(Key.Of("d"), null), new(Key.Of("ef"), [])]);
        int readable = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (TryDecode(Mutation.Of(good, random), out _)) readable++;
        }

        Assert.InRange(readable, 100, 19_900);
    }

    private static byte[] Encode(TransactOutcome outcome)
    {
        var writer = new ByteWriter();
        ReplyCodec.Encode(writer, Number, outcome);
        var reader = new ByteReader(writer.Written);
        Assert.Equal(ReplyKind.Outcome, (ReplyKind)reader.Byte());
        Assert.Equal(Number, reader.Number());
        return writer.Written[^reader.Remaining..].ToArray();
    }

    private static TransactOutcome? Decode(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        return ReplyCodec.DecodeOutcome(ref reader);
    }

    private static byte[] Encode(IEnumerable<RecordChange> changes)
    {
        var writer = new ByteWriter();
        foreach (RecordChange change in changes) ReplyCodec.EncodeChange(writer, change.Key, change.Value);
        return writer.ToArray();
    }

    private static bool TryDecode(byte[] bytes, out List<RecordChange> changes)
    {
        var reader = new ByteReader(bytes);
        return ReplyCodec.TryDecodeChanges(ref reader, out changes);
    }
}
