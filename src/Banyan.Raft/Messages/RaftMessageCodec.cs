using System.Collections.Immutable;
using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>The binary form of messages and records.</summary>
public static class RaftMessageCodec
{
    private enum Kind : byte { Append = 1, AppendReply, Vote, VoteReply, Snapshot, TimeoutNow }

    /// <summary>Writes a message.</summary>
    public static void Encode(this RaftMessage message, ByteWriter writer)
    {
        writer.Byte((byte)KindOf(message));
        writer.Number(message.From.Value);
        writer.Number(message.To.Value);
        writer.Number(message.Term.Value);
        switch (message)
        {
            case AppendEntries m:
                writer.Number(m.PrevIndex.Value);
                writer.Number(m.PrevTerm.Value);
                writer.Number(m.Commit.Value);
                EncodeEntries(m.Entries, writer);
                break;
            case AppendEntriesReply m:
                writer.Bool(m.Success);
                writer.Number(m.Index.Value);
                writer.Number(m.HintIndex.Value);
                writer.Number(m.HintTerm.Value);
                writer.Number(m.Commit.Value);
                writer.Number(m.SupportEpoch);
                break;
            case RequestVote m:
                writer.Number(m.LastIndex.Value);
                writer.Number(m.LastTerm.Value);
                writer.Bool(m.PreVote);
                writer.Bool(m.LeaderTransfer);
                break;
            case RequestVoteReply m:
                writer.Bool(m.Granted);
                writer.Bool(m.PreVote);
                break;
            case InstallSnapshot m:
                EncodeSnapshot(m.Snapshot, writer);
                break;
        }
    }

    /// <summary>Reads a message; false for bytes that are none.</summary>
    public static bool TryDecode(ref ByteReader reader, out RaftMessage message)
    {
        message = null!;
        var kind = (Kind)reader.Byte();
        var from = new ServerId(Id(ref reader));
        var to = new ServerId(Id(ref reader));
        var term = new Term(reader.Number());
        switch (kind)
        {
            case Kind.Append:
                var prevIndex = new LogIndex(reader.Number());
                var prevTerm = new Term(reader.Number());
                var commit = new LogIndex(reader.Number());
                IReadOnlyList<LogEntry> entries = DecodeEntries(ref reader, prevIndex);
                message = new AppendEntries(from, to, term, prevIndex, prevTerm, entries, commit);
                break;
            case Kind.AppendReply:
                message = new AppendEntriesReply(
                    from, to, term, reader.Bool(), new(reader.Number()), new(reader.Number()), new(reader.Number()),
                    new(reader.Number()), reader.Number());
                break;
            case Kind.Vote:
                message = new RequestVote(from, to, term, new(reader.Number()), new(reader.Number()), reader.Bool(), reader.Bool());
                break;
            case Kind.VoteReply:
                message = new RequestVoteReply(from, to, term, reader.Bool(), reader.Bool());
                break;
            case Kind.Snapshot:
                message = new InstallSnapshot(from, to, term, DecodeSnapshot(ref reader));
                break;
            case Kind.TimeoutNow:
                message = new TimeoutNow(from, to, term);
                break;
            default:
                reader.Fail();
                break;
        }

        return !reader.Failed;
    }

    /// <summary>Writes entries that follow one another.</summary>
    public static void EncodeEntries(IReadOnlyList<LogEntry> entries, ByteWriter writer)
    {
        writer.Number((ulong)entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            LogEntry entry = entries[i];
            writer.Number(entry.Term.Value);
            writer.Byte((byte)entry.Kind);
            writer.Bytes(entry.Payload.Span);
        }
    }

    /// <summary>Reads the entries after an index.</summary>
    public static IReadOnlyList<LogEntry> DecodeEntries(ref ByteReader reader, LogIndex previous)
    {
        int count = reader.Count(bytesEach: 3);
        if (count == 0) return [];
        var entries = new LogEntry[count];
        for (int i = 0; i < count; i++)
        {
            var term = new Term(reader.Number());
            byte kind = reader.Byte();
            if (kind > (byte)EntryKind.Configuration || previous.Value > ulong.MaxValue - 1 - (ulong)i) reader.Fail();
            if (reader.Failed) return [];
            entries[i] = new(term, new(previous.Value + 1 + (ulong)i), (EntryKind)kind, reader.Bytes().ToArray());
        }

        return entries;
    }

    /// <summary>Writes a snapshot with its data.</summary>
    public static void EncodeSnapshot(RaftSnapshot snapshot, ByteWriter writer)
    {
        writer.Number(snapshot.Index.Value);
        writer.Number(snapshot.Term.Value);
        Servers(snapshot.Configuration.Voters, writer);
        Servers(snapshot.Configuration.OutgoingVoters, writer);
        Servers(snapshot.Configuration.Learners, writer);
        writer.Bytes(snapshot.Data.Span);
    }

    /// <summary>Reads what <see cref="EncodeSnapshot"/> wrote; the reader knows if it failed.</summary>
    public static RaftSnapshot DecodeSnapshot(ref ByteReader reader)
    {
        var index = new LogIndex(reader.Number());
        var term = new Term(reader.Number());
        var configuration = new Configuration(Servers(ref reader), Servers(ref reader), Servers(ref reader));
        return new(index, term, configuration, reader.Bytes().ToArray());
    }

    private static Kind KindOf(RaftMessage message) => message switch
    {
        AppendEntries => Kind.Append,
        AppendEntriesReply => Kind.AppendReply,
        RequestVote => Kind.Vote,
        RequestVoteReply => Kind.VoteReply,
        InstallSnapshot => Kind.Snapshot,
        _ => Kind.TimeoutNow,
    };

    private static void Servers(ImmutableArray<ServerId> servers, ByteWriter writer)
    {
        if (servers.IsDefault) servers = [];
        writer.Number((ulong)servers.Length);
        foreach (ServerId server in servers) writer.Number(server.Value);
    }

    private static ImmutableArray<ServerId> Servers(ref ByteReader reader)
    {
        int count = reader.Count();
        var servers = ImmutableArray.CreateBuilder<ServerId>(count);
        for (int i = 0; i < count; i++) servers.Add(new(Id(ref reader)));
        return servers.MoveToImmutable();
    }

    private static uint Id(ref ByteReader reader)
    {
        ulong id = reader.Number();
        if (id > uint.MaxValue) reader.Fail();
        return (uint)id;
    }
}
