using Banyan.Raft.Tests.Cluster;

namespace Banyan.Raft.Tests.Paper;

/// <summary>What the tests of single members share: a member in a given state, and messages by hand.</summary>
internal static class PaperCluster
{
    /// <summary>One member of three, with a log of the given terms, in a term, all of it durable.</summary>
    public static RaftGroup Member(ulong term, ulong[] log, ulong commit = 0, uint vote = 0, uint voters = 3, RaftOptions? options = null) => new(
        options ?? new() { ElectionTicks = 10, HeartbeatTicks = 3, ResendTicks = 6, SnapshotTicks = 30 }, new(1),
        new([.. Enumerable.Range(1, (int)voters).Select(i => new Primitives.ServerId((uint)i))], [], []),
        new(new(new(term), new(vote), new(commit), default, 0), default, default, Entries(0, log), default),
        NoStoreLiveness.Instance, new(1));

    public static LogEntry[] Entries(ulong previous, params ulong[] terms) =>
        [.. terms.Select((t, i) => new LogEntry(new(t), new(previous + 1 + (ulong)i), EntryKind.Command, new byte[] { (byte)t }))];

    public static AppendEntries Append(uint from, ulong term, ulong previous, ulong previousTerm, ulong commit, params ulong[] terms) =>
        new(new(from), new(1), new(term), new(previous), new(previousTerm), Entries(previous, terms), new(commit));

    public static RequestVote Ask(uint from, ulong term, ulong lastIndex, ulong lastTerm, bool preVote = false) =>
        new(new(from), new(1), new(term), new(lastIndex), new(lastTerm), preVote, LeaderTransfer: false);

    /// <summary>Takes everything and does nothing with it; returns all messages, those that wait for the flush last.</summary>
    public static List<RaftMessage> Drain(this RaftGroup group)
    {
        List<RaftMessage> messages = [];
        while (group.HasReady)
        {
            Ready ready = group.TakeReady();
            messages.AddRange(ready.MessagesNow);
            messages.AddRange(ready.MessagesAfterFlush);
            group.OnFlushed(ready);
        }

        return messages;
    }

    public static string Terms(this RaftGroup group) => string.Join(' ', group.CaptureLog().Entries.Select(e => e.Term.Value));

    /// <summary>Makes a member that has voters 2 and 3 lead the next term.</summary>
    public static void Elect(this RaftGroup group)
    {
        group.Campaign();
        group.Drain();
        group.Step(new RequestVoteReply(new(2), new(1), group.Term.Next, Granted: true, PreVote: true));
        group.Drain();
        group.Step(new RequestVoteReply(new(2), new(1), group.Term, Granted: true, PreVote: false));
        Assert.Equal(RaftRole.Leader, group.Role);
    }
}
