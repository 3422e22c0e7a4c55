using System.Text.Json.Nodes;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests.Tracing;

/// <summary>The models accept what really happened and nothing else. These run the model checker, where there is one.</summary>
public class ReplayTests
{
    [Fact]
    public void The_log_of_a_calm_run_is_accepted() => IsAccepted("log-replication", RecordedRun.Of(1, 40, FaultOptions.None));

    [Fact]
    public void The_log_of_a_server_that_is_alone_is_accepted() => IsAccepted("log-replication", RecordedRun.Of(1, 30, servers: 1));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_log_of_a_run_with_faults_is_accepted(ulong seed) => IsAccepted("log-replication", RecordedRun.Of(seed, 30));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_commits_of_a_run_with_faults_are_accepted(ulong seed) => IsAccepted("parallel-commits", RecordedRun.Of(seed, 80));

    [Fact]
    public void A_disk_that_forgets_what_it_flushed_is_found()
    {
        var faults = new FaultOptions { CrashEvery = 300_000, DownMax = 200_000, FlushMin = 20_000, FlushMax = 60_000, DisksLie = true };
        RecordedRun run = RecordedRun.Of(5, 60, faults);
        (int code, string[] said) = TraceCheck.Run("log-replication", run.Lines);
        Assert.Equal(1, code);
        Assert.Contains(said, l => l.Contains("\"Restart\""));
    }

    [Fact]
    public void A_tampered_log_is_refused()
    {
        RecordedRun run = RecordedRun.Of(2, 60, new FaultOptions { CrashEvery = 300_000, DownMax = 200_000, FlushMax = 5_000, DelayMax = 8_000 });
        var all = new List<JsonObject>(run.Log(1));
        List<string> kinds = [];
        void Tampered(string kind, Action<List<JsonObject>> tamper)
        {
            List<JsonObject> lines = run.Log(1);
            tamper(lines);
            // Each under a name of its own, so that one run of the model checker sees them all.
            kinds.Add(kind);
            foreach (JsonObject line in lines) line["range"] = 100 + kinds.Count;
            all.AddRange(lines);
        }

        int Leader(List<JsonObject> lines) => lines.FindIndex(l => RecordedRun.Is(l, "BecomeLeader"));
        int FirstCommit(List<JsonObject> lines) => lines.FindIndex(l => RecordedRun.Is(l, "Commit"));
        Tampered("a vote that was never granted", lines => lines.RemoveAll(l => RecordedRun.Is(l, "Vote")));
        Tampered("a vote for somebody else", lines =>
        {
            JsonObject vote = lines.Find(l => RecordedRun.Is(l, "Vote"))!;
            vote["candidate"] = (int)vote["server"]!;
        });
        Tampered("a commit index one too high", lines => Raise(lines[FirstCommit(lines)], "index"));
        Tampered("the followers' flushes left out", lines =>
        {
            int leader = Leader(lines), commit = FirstCommit(lines);
            int self = (int)lines[leader]["server"]!;
            for (int i = commit; i > leader; i--)
            {
                if (RecordedRun.Is(lines[i], "Flush") && (int)lines[i]["server"]! != self) lines.RemoveAt(i);
            }
        });
        Tampered("more was taken than was ever sent", lines => lines.Find(l => RecordedRun.Is(l, "Accept") && (int)l["last"]! > 0)!["last"] = 99);
        Tampered("the commit index of an append is ahead of its leader's", lines => Raise(lines.Find(l => RecordedRun.Is(l, "Accept"))!, "commit"));
        Tampered("two leaders in a term", lines =>
        {
            JsonObject second = lines[Leader(lines)].DeepClone().AsObject();
            second["server"] = (int)second["server"]! % 3 + 1;
            lines.Insert(Leader(lines) + 1, second);
        });
        Tampered("a restart that has lost what was flushed", lines =>
        {
            JsonObject restart = lines.FindLast(l => RecordedRun.Is(l, "Restart") && (int)l["last"]! > 0)!;
            restart["last"] = (int)restart["last"]! - 1;
        });
        Tampered("a restart that has forgotten its vote", lines => lines.FindLast(l => RecordedRun.Is(l, "Restart") && (int)l["vote"]! > 0)!["vote"] = 0);

        (int code, string[] said) = TraceCheck.Run("log-replication", all);
        Assert.Equal(1, code);
        Assert.Contains(said, l => l.StartsWith("range 1: accepted", StringComparison.Ordinal));
        for (int i = 0; i < kinds.Count; i++)
            Assert.True(said.Any(l => l.StartsWith($"range {101 + i}: refused", StringComparison.Ordinal)), $"{kinds[i]}: {string.Join("\n", said)}");
    }

    [Fact]
    public void A_tampered_commit_is_refused()
    {
        RecordedRun run = null!;
        string? committed = null, aborted = null;
        bool Has(string id, string name) => run.Transaction(id).Exists(l => RecordedRun.Is(l, name));
        for (ulong seed = 1; committed is null || aborted is null; seed++)
        {
            Assert.True(seed < 20, "no run has both a plain commit and one that was recovered and aborted");
            run = RecordedRun.Of(seed, 80);
            committed = run.Transactions.FirstOrDefault(id => Has(id, "Answer") && Has(id, "Resolved") && !Has(id, "GiveUp") && !Has(id, "Prevent")
                && run.Transaction(id)[0]["ranges"]!.AsArray().Count > 1);
            aborted = run.Transactions.FirstOrDefault(id => run.Transaction(id).Exists(l => RecordedRun.Is(l, "Prevent") && !(bool)l["found"]!)
                && run.Transaction(id).Find(l => RecordedRun.Is(l, "End")) is { } end && !(bool)end["commit"]! && (ulong)end["expect"]! > 0);
        }

        List<JsonObject> all = [.. run.Transaction(committed), .. run.Transaction(aborted)];
        List<string> kinds = [];
        void Tampered(string kind, string id, Action<List<JsonObject>> tamper)
        {
            List<JsonObject> lines = run.Transaction(id);
            tamper(lines);
            kinds.Add(kind);
            foreach (JsonObject line in lines) line["id"] = kind;
            all.AddRange(lines);
        }

        JsonObject First(List<JsonObject> lines, string name) => lines.Find(l => RecordedRun.Is(l, name))!;
        Tampered("answered with another timestamp", committed, lines => Raise(First(lines, "Answer"), "record"));
        Tampered("resolved before the commit is explicit", committed, lines =>
        {
            JsonObject resolve = lines.Find(l => RecordedRun.Is(l, "Resolve") && (int)l["range"]! != (int)First(lines, "End")["range"]!)!;
            lines.Remove(resolve);
            lines.Insert(lines.IndexOf(First(lines, "End")), resolve);
        });
        Tampered("resolved at another timestamp", committed, lines => Raise(First(lines, "Resolve"), "ts"));
        Tampered("resolved as an abort", committed, lines =>
        {
            JsonObject resolve = First(lines, "Resolve");
            resolve["commit"] = false;
            resolve["ts"] = 0;
        });
        Tampered("a write left out", committed, lines => lines.Remove(First(lines, "Write")));
        Tampered("answered before all writes stood", committed, lines =>
        {
            JsonObject answer = First(lines, "Answer");
            lines.Remove(answer);
            lines.Insert(lines.FindIndex(l => RecordedRun.Is(l, "Reply")), answer);
        });
        Tampered("forgotten before everything was resolved", committed, lines => lines.RemoveAll(l => RecordedRun.Is(l, "Resolve")));
        Tampered("the missing write was found", aborted, lines => lines.Find(l => RecordedRun.Is(l, "Prevent") && !(bool)l["found"]!)!["found"] = true);
        Tampered("committed though a write was missing", aborted, lines =>
        {
            JsonObject end = First(lines, "End");
            end["commit"] = true;
            end["status"] = "committed";
            end["record"] = (ulong)end["expect"]!;
        });

        (int code, string[] said) = TraceCheck.Run("parallel-commits", all);
        Assert.Equal(1, code);
        foreach (string id in (string[])[committed, aborted]) Assert.Contains(said, l => l.StartsWith($"\"{id}\": accepted", StringComparison.Ordinal));
        foreach (string kind in kinds) Assert.True(said.Any(l => l.StartsWith($"\"{kind}\": refused", StringComparison.Ordinal)), $"{kind}: {string.Join("\n", said)}");
    }

    private static void Raise(JsonObject line, string name) => line[name] = (ulong)line[name]! + 1;

    private static void IsAccepted(string topic, RecordedRun run)
    {
        (int code, string[] said) = TraceCheck.Run(topic, run.Lines);
        Assert.True(code == 0, string.Join("\n", said));
    }
}
