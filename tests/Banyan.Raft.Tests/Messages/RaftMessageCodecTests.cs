using System.Text;
using Banyan.Primitives;

namespace Banyan.Raft.Tests.Messages;

public sealed class RaftMessageCodecTests
{
    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        for (ulong seed = 0; seed < 5000; seed++)
        {
            RaftMessage message = Draw(new(seed));
            byte[] bytes = Encode(message);
            var reader = new ByteReader(bytes);
            Assert.True(RaftMessageCodec.TryDecode(ref reader, out RaftMessage decoded));
            Assert.True(reader.IsAtEnd);
            Assert.Equal(Text(message), Text(decoded));
            Assert.Equal(bytes, Encode(decoded));
        }
    }

    [Fact]
    public void A_message_that_is_cut_short_is_refused()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            byte[] bytes = Encode(Draw(new(seed)));
            for (int length = 0; length < bytes.Length; length++)
            {
                var reader = new ByteReader(bytes.AsSpan(0, length));
                Assert.False(RaftMessageCodec.TryDecode(ref reader, out _));
            }
        }
    }

    [Fact]
    public void No_bytes_make_decoding_throw_and_what_decodes_is_a_message()
    {
        (int refused, int taken) = (0, 0);
        for (ulong seed = 0; seed < 50_000; seed++)
        {
            var random = new SeededRandom(seed);
            byte[] bytes = Encode(Draw(random));
            for (int changes = 1 + random.Next(4); changes > 0; changes--)
            {
                int at = random.Next(bytes.Length);
                bytes[at] = random.Next(3) switch { 0 => 0xFF, 1 => (byte)(bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
            }

            var reader = new ByteReader(bytes);
            if (!RaftMessageCodec.TryDecode(ref reader, out RaftMessage message))
            {
                refused++;
                continue;
            }

            taken++;
            // What came in can be written again: nothing in it is out of bounds.
            var again = new ByteReader(Encode(message));
            Assert.True(RaftMessageCodec.TryDecode(ref again, out RaftMessage same));
            Assert.Equal(Text(message), Text(same));
        }

        Assert.True(refused > 5000 && taken > 5000, $"{refused} refused, {taken} taken");
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_allocate_by_an_unchecked_length()
    {
        Span<byte> bytes = stackalloc byte[40];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong seed = 0; seed < 20_000; seed++)
        {
            var random = new SeededRandom(seed);
            foreach (ref byte b in bytes) b = (byte)random.Next(256);
            bytes[0] = (byte)(1 + random.Next(6));
            var reader = new ByteReader(bytes);
            RaftMessageCodec.TryDecode(ref reader, out _);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 20_000, 0, 4096);
    }

    [Fact]
    public void Entries_whose_index_would_overflow_are_refused()
    {
        var message = new AppendEntries(
            new(1), new(2), new(1), new(ulong.MaxValue - 1), new(1),
            [new(new(1), default, EntryKind.Command, default), new(new(1), default, EntryKind.Command, default)], default);
        var reader = new ByteReader(Encode(message));
        Assert.False(RaftMessageCodec.TryDecode(ref reader, out _));
    }

    private static RaftMessage Draw(SeededRandom random)
    {
        ulong Number() => random.NextUInt64() >> random.Next(64);
        ServerId Server() => new((uint)(random.NextUInt64() >> 32 >> random.Next(32)));
        byte[] Bytes(int max)
        {
            var bytes = new byte[random.Next(max)];
            for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.Next(256);
            return bytes;
        }

        (ServerId from, ServerId to, Term term) = (Server(), Server(), new(Number()));
        switch (random.Next(6))
        {
            case 0:
                ulong previous = Number() >> 1;
                LogEntry[] entries = [.. Enumerable.Range(0, random.Next(5)).Select(i =>
                    new LogEntry(new(Number()), new(previous + 1 + (ulong)i), (EntryKind)random.Next(3), Bytes(20)))];
                return new AppendEntries(from, to, term, new(previous), new(Number()), entries, new(Number()));
            case 1:
                return new AppendEntriesReply(
                    from, to, term, random.Chance(0.5), new(Number()), new(Number()), new(Number()), new(Number()), Number());
            case 2:
                return new RequestVote(from, to, term, new(Number()), new(Number()), random.Chance(0.5), random.Chance(0.5));
            case 3:
                return new RequestVoteReply(from, to, term, random.Chance(0.5), random.Chance(0.5));
            case 4:
                var configuration = new Configuration(
                    [.. Enumerable.Range(0, random.Next(5)).Select(_ => Server())],
                    [.. Enumerable.Range(0, random.Next(3)).Select(_ => Server())],
                    [.. Enumerable.Range(0, random.Next(3)).Select(_ => Server())]);
                return new InstallSnapshot(from, to, term, new(new(Number()), new(Number()), configuration, Bytes(60)));
            default:
                return new TimeoutNow(from, to, term);
        }
    }

    private static byte[] Encode(RaftMessage message)
    {
        var writer = new ByteWriter();
        message.Encode(writer);
        return writer.ToArray();
    }

    private static string Text(RaftMessage message)
    {
        // Records compare lists by reference.
        var text = new StringBuilder();
        switch (message)
        {
            case AppendEntries m:
                text.Append(m with { Entries = [] });
                foreach (LogEntry e in m.Entries) text.Append($" {e.Index}{e.Term}{e.Kind}{Convert.ToHexString(e.Payload.Span)}");
                break;
            case InstallSnapshot m:
                Configuration c = m.Snapshot.Configuration;
                text.Append($"{m.From} {m.To} {m.Term} {m.Snapshot.Index} {m.Snapshot.Term} {Convert.ToHexString(m.Snapshot.Data.Span)}");
                text.Append($" {string.Join(',', c.Voters)} {string.Join(',', c.OutgoingVoters)} {string.Join(',', c.Learners)}");
                break;
            default:
                text.Append(message);
                break;
        }

        return text.ToString();
    }
}
