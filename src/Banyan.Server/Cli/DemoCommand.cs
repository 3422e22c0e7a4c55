using System.CommandLine;
using System.Diagnostics;
using Banyan.Client.Local;
using Banyan.Godot.Scenes;
using Banyan.Server.Demo;

namespace Banyan.Server.Cli;

/// <summary><c>banyan demo</c>: the main job, on this machine, in a temporary folder.</summary>
internal static class DemoCommand
{
    private static readonly Option<double> _seconds = new("--seconds") { Description = "How long the clients edit; a third before the kill, a third without the server, a third after its return", DefaultValueFactory = _ => 15 };
    private static readonly Option<string?> _scene = new("--scene") { Description = "The world, a .tscn file. Default: examples/town" };
    private static readonly Option<int> _ranges = new("--ranges") { Description = "About so many ranges", DefaultValueFactory = _ => 6 };
    private static readonly Option<bool> _keep = new("--keep") { Description = "Leave the cluster running afterwards, until Ctrl-C" };

    public static Command Make()
    {
        var command = new Command("demo", "Three servers, two clients, one town; then the busiest server is killed, and nothing is lost")
        {
            _seconds, _scene, SceneCommand.Project, _ranges, _keep,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        bool json = parsed.GetValue(CommandLine.Json);
        var clock = Stopwatch.StartNew();
        // With --json only the last line goes to standard output.
        void Say(string line) => (json ? Console.Error : Console.Out).WriteLine($"{clock.Elapsed.TotalSeconds,6:F1} s  {line}");
        ExpandedScene scene = SceneCommand.Expand(parsed.GetValue(_scene) ?? FindTown(), parsed.GetValue(SceneCommand.Project));
        Say("starting three servers on loopback");
        await using LocalCluster cluster = await LocalCluster.StartAsync(OwnProgram.File).ConfigureAwait(false);
        for (int i = 0; i < cluster.Gateways.Count; i++) Say($"server {i + 1}: {cluster.Gateways[i]}, data in {cluster.Folder}");
        var run = new DemoRun(scene, parsed.GetValue(_ranges), TimeSpan.FromSeconds(parsed.GetValue(_seconds)), Say);
        DemoResult result = await run.RunAsync(cluster).ConfigureAwait(false);
        if (json) WriteJson(result);
        else WriteTable(result);
        if (parsed.GetValue(_keep))
        {
            Say($"the cluster stays up until Ctrl-C; try: banyan tree -g {cluster.Gateways[0]}");
            await Task.Delay(Timeout.Infinite, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        }

        return result.IsGood ? ExitCode.Ok : ExitCode.Failed;
    }

    // From a checkout, or from where the executable was built.
    private static string FindTown()
    {
        foreach (string start in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory])
        {
            for (string? folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                string town = Path.Combine(folder, "examples", "town", "town.tscn");
                if (File.Exists(town)) return town;
            }
        }

        throw new CommandFailed(ExitCode.BadInput, "examples/town/town.tscn is not near; say --scene FILE.tscn");
    }

    private static void WriteJson(DemoResult r) => JsonOutput.WriteObject(w =>
    {
        w.WriteNumber("servers", r.Servers);
        w.WriteNumber("ranges", r.Ranges);
        w.WriteNumber("nodes", r.Nodes);
        w.WriteNumber("commits", r.Commits);
        w.WriteNumber("crossRangeCommits", r.CrossRangeCommits);
        w.WriteNumber("resumedMs", r.ResumedMs);
        w.WriteNumber("ackedLost", r.AckedLost);
        w.WriteBoolean("treesEqual", r.TreesEqual);
        w.WriteString("treeHash", r.TreeHash);
    });

    private static void WriteTable(DemoResult r)
    {
        Console.WriteLine();
        Console.WriteLine($"  servers                {r.Servers}");
        Console.WriteLine($"  ranges                 {r.Ranges}");
        Console.WriteLine($"  nodes                  {r.Nodes}");
        Console.WriteLine($"  commits                {r.Commits}, {r.CrossRangeCommits} of them across ranges");
        Console.WriteLine($"  commit latency         {r.CommitMedianMs} ms median, {r.CommitP99Ms} ms p99");
        Console.WriteLine($"  writes resumed after   {r.ResumedMs} ms");
        Console.WriteLine($"  acknowledged and lost  {r.AckedLost}");
        Console.WriteLine($"  unavailable, ambiguous {r.Unavailable}, {r.Ambiguous}");
        Console.WriteLine($"  trees equal            {(r.TreesEqual ? "yes" : "NO")}, {r.TreeHash}");
    }
}
