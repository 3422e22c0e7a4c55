using System.CommandLine;
using Banyan.Bench.Cluster;
using Banyan.Bench.Commit;
using Banyan.Bench.Load;

namespace Banyan.Server.Cli;

/// <summary><c>banyan bench</c>.</summary>
internal static class BenchCommand
{
    public static Command Make() => new("bench", "Measure: commits against their limit, and a cluster against etcd") { MakeCommit(), MakeCluster() };

    private static Command MakeCommit()
    {
        var isVirtual = new Option<bool>("--virtual") { Description = "Under virtual time, where the ratio is exact", DefaultValueFactory = _ => true };
        var samples = new Option<int>("--samples") { Description = "Commits for each row", DefaultValueFactory = _ => new CommitLatencyOptions().Samples };
        var command = new Command("commit", "Commit latency over its limit, across 1 to 8 ranges: parallel commits, and two-phase commit") { isVirtual, samples };
        command.SetAction((parsed, _) =>
        {
            IReadOnlyList<CommitRatio> rows = CommitLatency.Run(new() { Samples = parsed.GetValue(samples) });
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.Write(w => CommitLatency.WriteJson(w, rows));
            else Console.Write(CommitLatency.Table(rows));
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static Command MakeCluster()
    {
        var clients = new Option<int[]>("--clients") { Description = "Numbers of clients", DefaultValueFactory = _ => [1, 16, 256], AllowMultipleArgumentsPerToken = true };
        var seconds = new Option<double>("--seconds") { Description = "Of a round", DefaultValueFactory = _ => 4 };
        var rounds = new Option<int>("--rounds") { Description = "Of each system", DefaultValueFactory = _ => 3 };
        var ranges = new Option<int>("--ranges") { Description = "That Banyan's writes go to", DefaultValueFactory = _ => 3 };
        var folder = new Option<string>("--folder") { Description = "On the disk to measure", DefaultValueFactory = _ => Path.GetTempPath() };
        var only = new Option<bool>("--only-banyan") { Description = "Without etcd" };
        var command = new Command("cluster", "Three processes against a three-node etcd on the same disk: durable writes of 100 bytes in a closed loop")
        {
            clients, seconds, rounds, ranges, folder, only,
        };
        command.SetAction(async (parsed, _) =>
        {
            var options = new ClusterBenchOptions(Environment.ProcessPath!, parsed.GetValue(folder)!)
            {
                Clients = parsed.GetValue(clients)!, Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)), Rounds = parsed.GetValue(rounds),
                Ranges = parsed.GetValue(ranges), OnlyBanyan = parsed.GetValue(only),
            };
            (IReadOnlyList<ClusterBenchRow> rows, FlushTime flush) = await ClusterBench.RunAsync(options, Console.Error.WriteLine).ConfigureAwait(false);
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.Write(w => ClusterBench.WriteJson(w, rows, flush));
            else Console.Write(ClusterBench.Table(rows, flush));
            return ExitCode.Ok;
        });
        return command;
    }
}
