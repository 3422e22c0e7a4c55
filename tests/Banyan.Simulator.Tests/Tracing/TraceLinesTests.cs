using System.Text.Json.Nodes;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests.Tracing;

/// <summary>What a trace is made of, without a model checker.</summary>
public class TraceLinesTests
{
    [Fact]
    public void A_traced_run_does_the_same_as_one_that_is_not()
    {
        Verdict without = Simulation.Run(2, 40, new AppendWorkload(), new RunOptions());
        Assert.Equal(without.TraceHash, RecordedRun.Of(2, 40).Verdict.TraceHash);
    }

    [Fact]
    public void Two_runs_of_a_seed_write_the_same_bytes() => Assert.Equal(RecordedRun.Of(3, 30).Bytes, RecordedRun.Of(3, 30).Bytes);

    [Fact]
    public void Lines_are_numbered_and_their_time_never_goes_back()
    {
        RecordedRun run = RecordedRun.Of(2, 40);
        Assert.Equal(Enumerable.Range(1, run.Lines.Count).Select(n => (ulong)n), run.Lines.Select(l => (ulong)l["sequence"]!));
        Assert.All(run.Lines.Zip(run.Lines.Skip(1)), pair => Assert.True((ulong)pair.First["time"]! <= (ulong)pair.Second["time"]!));
    }

    [Fact]
    public void Every_step_has_its_fields()
    {
        var fields = new SortedDictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["Accept"] = ["range", "server", "term", "prev", "last", "commit"],
            ["Answer"] = ["id", "status", "record"],
            ["Begin"] = ["id", "ts", "reads", "ranges"],
            ["BecomeLeader"] = ["range", "server", "term"],
            ["Campaign"] = ["range", "server", "term"],
            ["Checkpoint"] = ["range", "server", "term", "last", "lastTerm", "commit"],
            ["Commit"] = ["range", "server", "term", "index"],
            ["End"] = ["id", "range", "entry", "command", "late", "commit", "expect", "status", "record"],
            ["Flush"] = ["range", "server", "write"],
            ["GiveUp"] = ["id"],
            ["Heartbeat"] = ["id", "range", "entry", "command", "late", "status", "record"],
            ["Install"] = ["range", "server", "term", "last", "lastTerm"],
            ["LearnTerm"] = ["range", "server", "term"],
            ["OnePhase"] = ["id", "range", "entry", "command", "late", "ts", "staged", "writes", "outcome", "intent", "status", "record"],
            ["Prevent"] = ["id", "range", "entry", "command", "late", "ts", "found"],
            ["Propose"] = ["range", "server", "term", "index"],
            ["Push"] = ["id", "range", "entry", "command", "late", "status", "record"],
            ["Recover"] = ["id", "ts"],
            ["RecoverOwn"] = ["id", "ts"],
            ["Recovered"] = ["id", "status", "record"],
            ["Reply"] = ["id", "range", "outcome", "ts"],
            ["Resolve"] = ["id", "range", "entry", "command", "commit", "ts"],
            ["Resolved"] = ["id", "range", "entry", "command", "late"],
            ["Restart"] = ["range", "server", "term", "vote", "last", "lastTerm", "commit"],
            ["StageAgain"] = ["id", "ts", "writes"],
            ["StepDown"] = ["range", "server", "term"],
            ["Vote"] = ["range", "server", "term", "candidate"],
            ["Write of a log"] = ["range", "server", "write", "term", "vote", "last", "lastTerm", "commit"],
            ["Write of a transaction"] = ["id", "range", "entry", "command", "late", "ts", "staged", "writes", "outcome", "intent", "status", "record"],
        };
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        foreach (JsonObject line in RecordedRun.Of(1, 120).Lines.Concat(RecordedRun.Of(2, 60).Lines).Concat(RecordedRun.Of(9, 60).Lines))
        {
            string name = (string)line["event"]!;
            string topic = (string)line["topic"]!;
            if (name == "Write") name += topic == "log-replication" ? " of a log" : " of a transaction";
            seen.Add(name);
            Assert.Equal(["topic", "time", "sequence", "event", .. fields[name]], line.Select(f => f.Key));
        }

        // Some are rare, and which seeds have them changes with the code.
        string[] rare = ["Checkpoint", "Install", "Heartbeat", "OnePhase", "Push", "Recover", "StepDown"];
        Assert.Superset(new SortedSet<string>(fields.Keys.Except(rare)), seen);
    }

    [Fact]
    public void What_several_replicas_apply_is_told_once()
    {
        RecordedRun run = RecordedRun.Of(1, 60, FaultOptions.None);
        string committed = run.Transactions.First(id => run.Transaction(id).Exists(l => RecordedRun.Is(l, "Answer")));
        List<JsonObject> lines = run.Transaction(committed);
        Assert.Equal(lines[0]["ranges"]!.AsArray().Count, lines.Count(l => RecordedRun.Is(l, "Write")));
        Assert.Single(lines, l => RecordedRun.Is(l, "End"));
    }
}
