using System.Text;
using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;

namespace Banyan.Raft.Tests.Transcripts;

/// <summary>Runs a script of commands against a cluster and writes down everything that the members do.</summary>
/// <remarks>
/// A transcript is blocks of commands, <c>----</c>, and what came of them; comments start with <c>#</c>. Set
/// BANYAN_REWRITE_TRANSCRIPTS=1 to write the files anew, and read the difference before you keep it. The commands:
/// <code>
/// cluster VOTERS [learners N] [liveness]
/// elect M (without a word) | campaign M | propose M TEXT... | transfer M M | compact M INDEX | tick M [N] | pass N (all tick, then settle)
/// work M (one member does what it is to do) | deliver (all that is under way, once) | settle (until nothing is)
/// hold M | flush M | lose (what is under way) | isolate M | heal | crash M | restart M | log (of every member)
/// </code>
/// </remarks>
internal sealed class Transcript : ITrace
{
    private readonly StringBuilder _output = new();
    private RaftCluster _cluster = new(1);

    public static string Run(string text)
    {
        var transcript = new Transcript();
        var result = new StringBuilder();
        foreach (string block in text.ReplaceLineEndings("\n").Trim().Split("\n\n"))
        {
            string[] lines = block.Split('\n');
            if (result.Length > 0) result.Append('\n');
            foreach (string line in lines.TakeWhile(l => l != "----"))
            {
                result.Append(line).Append('\n');
                if (!line.StartsWith('#')) transcript.Do(line.Split(' '));
            }

            if (transcript._output.Length > 0) result.Append("----\n").Append(transcript._output);
            transcript._output.Clear();
        }

        return result.ToString();
    }

    public void OnReady(Member member, Ready ready)
    {
        RaftGroup group = member.Group;
        Line($"{member.Id} {group.Role.ToString().ToLowerInvariant()} {group.Term}{(group.Leader.IsNone ? "" : $" of {group.Leader}")}");
        if (ready.SnapshotToInstall is { } snapshot) Line($"  install {snapshot.Index}{snapshot.Term}");
        if (ready.HardState is { } state)
            Line($"  write {state.Term} vote {state.Vote} commit {state.Commit}{(state.Leader.IsNone ? "" : $" promise {state.Leader} epoch {state.SupportEpoch}")}");
        if (ready.EntriesToAppend.Count > 0) Line($"  append {Entries(ready.EntriesToAppend)}");
        if (ready.Committed.Count > 0) Line($"  apply {Entries(ready.Committed)}");
        foreach (ServerId follower in ready.SnapshotRequests) Line($"  snapshot for {follower}");
    }

    public void OnSent(RaftMessage message, bool afterFlush) =>
        Line($"  {(afterFlush ? "flushed, " : "")}{message.From} > {message.To} {Text(message)}");

    private void Do(string[] words)
    {
        uint Member(int at) => uint.Parse(words[at]);
        switch (words[0])
        {
            case "cluster":
                int learners = Array.IndexOf(words, "learners");
                _cluster = new(int.Parse(words[1]), learners < 0 ? 0 : int.Parse(words[learners + 1]), words.Contains("liveness")) { Trace = this };
                break;
            case "campaign":
                _cluster[Member(1)].Group.Campaign();
                break;
            case "elect":
                _cluster.Trace = null;
                _cluster.Elect(Member(1));
                _cluster.Trace = this;
                break;
            case "propose":
                foreach (string payload in words[2..])
                {
                    if (!_cluster[Member(1)].TryPropose(payload)) Line($"s{words[1]} refuses {payload}");
                }

                break;
            case "transfer":
                _cluster[Member(1)].Group.TransferLeadership(new(Member(2)));
                break;
            case "compact":
                _cluster[Member(1)].Compact(new(ulong.Parse(words[2])));
                break;
            case "tick":
                for (int i = words.Length > 2 ? int.Parse(words[2]) : 1; i > 0; i--) _cluster[Member(1)].Tick();
                break;
            case "pass":
                _cluster.Tick(int.Parse(words[1]));
                break;
            case "work":
                _cluster[Member(1)].Work();
                break;
            case "deliver":
                List<RaftMessage> underWay = [.. _cluster.Network];
                _cluster.Network.Clear();
                foreach (RaftMessage message in underWay.Where(m => _cluster[m.To].IsUp)) _cluster[message.To].Step(message);
                foreach (Member member in _cluster.Up) member.Work();
                break;
            case "settle":
                _cluster.Settle();
                break;
            case "hold":
                _cluster[Member(1)].HoldsFlushes = true;
                break;
            case "flush":
                _cluster[Member(1)].HoldsFlushes = false;
                _cluster[Member(1)].Flush();
                break;
            case "lose":
                _cluster.Network.Clear();
                break;
            case "isolate":
                _cluster.Isolate(Member(1));
                break;
            case "heal":
                _cluster.Heal();
                break;
            case "crash":
                _cluster[Member(1)].Crash();
                break;
            case "restart":
                _cluster[Member(1)].Start();
                break;
            case "log":
                foreach (Member member in _cluster.Members)
                    Line($"{member.Id} {(member.IsUp ? $"{member.Group.Role.ToString().ToLowerInvariant()} {member.Group.Term} commit {member.Group.CommitIndex}" : "down")} log {member.Log}");
                break;
            default:
                throw new ArgumentException(words[0]);
        }
    }

    private void Line(string text) => _output.Append(text).Append('\n');

    private static string Text(RaftMessage message) => message switch
    {
        AppendEntries m => $"append {m.Term} after {m.PrevIndex}{m.PrevTerm} [{Entries(m.Entries)}] commit {m.Commit}",
        AppendEntriesReply { Success: true } m => $"have {m.Term} {m.Index} commit {m.Commit}{(m.SupportEpoch == 0 ? "" : $" promise epoch {m.SupportEpoch}")}",
        AppendEntriesReply m => $"refuse {m.Term} {m.Index} try {m.HintIndex}{m.HintTerm}",
        RequestVote m => $"ask{(m.PreVote ? " pre" : "")}{(m.LeaderTransfer ? " transfer" : "")} {m.Term} last {m.LastIndex}{m.LastTerm}",
        RequestVoteReply m => $"{(m.Granted ? "grant" : "deny")}{(m.PreVote ? " pre" : "")} {m.Term}",
        InstallSnapshot m => $"snapshot {m.Term} of {m.Snapshot.Index}{m.Snapshot.Term}",
        TimeoutNow m => $"campaign now {m.Term}",
        _ => message.ToString(),
    };

    private static string Entries(IReadOnlyList<LogEntry> entries) => string.Join(' ', entries.Select(e =>
        $"{e.Index}{e.Term}{(e.Kind == EntryKind.Empty ? "" : ":" + Encoding.UTF8.GetString(e.Payload.Span))}"));
}
