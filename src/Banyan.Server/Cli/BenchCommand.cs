using System.CommandLine;
using Banyan.Bench.Cluster;
using Banyan.Bench.Commit;
using Banyan.Bench.Failover;
using Banyan.Bench.Games;
using Banyan.Bench.Idle;
using Banyan.Bench.Load;
using Banyan.Bench.World;

namespace Banyan.Server.Cli;

/// <summary><c>banyan bench</c>.</summary>
internal static class BenchCommand
{
    public static Command Make() => new("bench", "Measure: commits against their limit, a cluster against etcd, idle ranges, a large world, failover, and Godot clients")
    {
        MakeCommit(), MakeCluster(), MakeIdle(), MakeWorld(), MakeFailover(), MakeGames(), MakeGateway(),
    };

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
        Option<string> folder = Folder();
        var only = new Option<bool>("--only-banyan") { Description = "Without etcd" };
        var command = new Command("cluster", "Three processes against a three-node etcd on the same disk: durable writes of 100 bytes in a closed loop")
        {
            clients, seconds, rounds, ranges, folder, only,
        };
        command.SetAction(async (parsed, _) =>
        {
            var options = new ClusterBenchOptions(OwnProgram.File, parsed.GetValue(folder)!)
            {
                Clients = parsed.GetValue(clients)!,
                Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Rounds = parsed.GetValue(rounds),
                Ranges = parsed.GetValue(ranges),
                OnlyBanyan = parsed.GetValue(only),
            };
            (IReadOnlyList<ClusterBenchRow> rows, FlushTime flush) = await ClusterBench.RunAsync(options, Console.Error.WriteLine).ConfigureAwait(false);
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.Write(w => ClusterBench.WriteJson(w, rows, flush));
            else Console.Write(ClusterBench.Table(rows, flush));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<string> Folder() => new("--folder") { Description = "On the disk to measure", DefaultValueFactory = _ => Path.GetTempPath() };

    private static Command MakeIdle()
    {
        var ranges = new Option<int>("--ranges") { Description = "Of the world", DefaultValueFactory = _ => 1000 };
        var seconds = new Option<double>("--seconds") { Description = "Measured", DefaultValueFactory = _ => 20 };
        Option<string> folder = Folder();
        var command = new Command("idle", "Processor time of three processes with many ranges that nobody reads or writes") { ranges, seconds, folder };
        command.SetAction(async (parsed, _) =>
        {
            var options = new IdleBenchOptions(OwnProgram.File, parsed.GetValue(folder)!)
            {
                Ranges = parsed.GetValue(ranges),
                Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            };
            IdleBenchResult result = await IdleBench.RunAsync(options, Console.Error.WriteLine).ConfigureAwait(false);
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.Write(w => IdleBench.WriteJson(w, result));
            else Console.Write(IdleBench.Table(result));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command MakeWorld()
    {
        var nodes = new Option<int>("--nodes") { Description = "Of the world, about", DefaultValueFactory = _ => 100_000 };
        var zones = new Option<int>("--zones") { Description = "That they lie in", DefaultValueFactory = _ => 64 };
        var ranges = new Option<int>("--ranges") { Description = "That the zones lie in", DefaultValueFactory = _ => 8 };
        Option<string> folder = Folder();
        var command = new Command("world", "A large world: memory, load, restart of a killed server, late join") { nodes, zones, ranges, folder };
        command.SetAction(async (parsed, _) =>
        {
            var options = new WorldBenchOptions(OwnProgram.File, parsed.GetValue(folder)!)
            {
                Nodes = parsed.GetValue(nodes),
                Zones = parsed.GetValue(zones),
                Ranges = parsed.GetValue(ranges),
            };
            WorldBenchResult result = await WorldBench.RunAsync(options, Console.Error.WriteLine).ConfigureAwait(false);
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.Write(w => WorldBench.WriteJson(w, result));
            else Console.Write(WorldBench.Table(result));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command MakeFailover()
    {
        var rounds = new Option<int>("--rounds") { Description = "Servers killed, one after the other", DefaultValueFactory = _ => 5 };
        var ranges = new Option<int>("--ranges") { Description = "Of the world", DefaultValueFactory = _ => 6 };
        Option<string> folder = Folder();
        var command = new Command("failover", "How long writes stand still when the server with most leases is killed under load") { rounds, ranges, folder };
        command.SetAction(async (parsed, _) =>
        {
            var options = new FailoverBenchOptions(OwnProgram.File, parsed.GetValue(folder)!)
            {
                Rounds = parsed.GetValue(rounds),
                Ranges = parsed.GetValue(ranges),
            };
            FailoverResult result = await FailoverBench.RunAsync(options, Console.Error.WriteLine).ConfigureAwait(false);
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.Write(result.WriteJson);
            else Console.Write(result.Table());
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command MakeGames()
    {
        var synchronizers = new Option<int>("--synchronizers") { Description = "All of which change in every tick", DefaultValueFactory = _ => new GamesBenchOptions().Synchronizers };
        var clients = new Option<int>("--clients") { Description = "That see all of them", DefaultValueFactory = _ => new GamesBenchOptions().Clients };
        var ticks = new Option<int>("--ticks") { Description = "Measured", DefaultValueFactory = _ => new GamesBenchOptions().Ticks };
        var godot = new Option<string?>("--godot") { Description = "A Godot 4 binary to measure the same in", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("GODOT") };
        var command = new Command("games", "A gateway's tick for stock Godot clients: states taken and packets made, without sockets") { synchronizers, clients, ticks, godot };
        command.SetAction((parsed, _) =>
        {
            var options = new GamesBenchOptions(parsed.GetValue(synchronizers), parsed.GetValue(clients), parsed.GetValue(ticks));
            if (options.Synchronizers < 1 || options.Clients < 1 || options.Ticks < 1) throw new CommandFailed(ExitCode.BadInput, "expected at least 1 of each");
            GamesBenchResult result = GamesBench.Run(options);
            GodotPoll? poll = parsed.GetValue(godot) is { } binary ? GodotPoll.Run(binary, options) : null;
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.Write(w => GamesBench.WriteJson(w, options, result, poll));
            else Console.Write(GamesBench.Table(options, result, poll));
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static Command MakeGateway()
    {
        var defaults = new GatewayBenchOptions("", "");
        var active = new Option<int>("--active") { Description = "Clients that send their state", DefaultValueFactory = _ => defaults.Active };
        var rate = new Option<double>("--rate") { Description = "States of each in a second", DefaultValueFactory = _ => defaults.Rate };
        var together = new Option<int>("--together") { Description = "How many of them are near each other; all see all without", DefaultValueFactory = _ => defaults.Together };
        var idle = new Option<int>("--idle") { Description = "Clients that do nothing", DefaultValueFactory = _ => defaults.Idle };
        var calls = new Option<int>("--calls") { Description = "Between two clients on two servers", DefaultValueFactory = _ => defaults.Calls };
        var failovers = new Option<int>("--failovers") { Description = "Gateways killed under a client that can resume", DefaultValueFactory = _ => defaults.Failovers };
        var seconds = new Option<double>("--seconds") { Description = "Of active and of idle clients", DefaultValueFactory = _ => defaults.Duration.TotalSeconds };
        Option<string> folder = Folder();
        var command = new Command("gateway", "Gateways under Godot clients: many idle, many active, calls from server to server, and a gateway that is killed")
        {
            active, rate, together, idle, calls, failovers, seconds, folder,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var options = new GatewayBenchOptions(OwnProgram.File, parsed.GetValue(folder)!)
            {
                Active = parsed.GetValue(active),
                Rate = parsed.GetValue(rate),
                Together = parsed.GetValue(together),
                Idle = parsed.GetValue(idle),
                Calls = parsed.GetValue(calls),
                Failovers = parsed.GetValue(failovers),
                Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            };
            if (new[] { options.Active, options.Together, options.Idle, options.Calls, options.Failovers }.Min() < 0 || options.Rate <= 0 || options.Duration <= TimeSpan.Zero)
                throw new CommandFailed(ExitCode.BadInput, "expected numbers from 0, and a rate and seconds above it");
            bool json = parsed.GetValue(CommandLine.Json);
            GatewayBenchResult result;
            try
            {
                result = await GatewayBench.RunAsync(options, json ? Console.Error.WriteLine : Console.WriteLine, stop).ConfigureAwait(false);
            }
            catch (TimeoutException e)
            {
                throw new CommandFailed(ExitCode.Failed, "the servers do not keep up: " + e.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                throw CommandFailed.Interrupted();
            }

            if (json) JsonOutput.Write(w => GatewayBench.WriteJson(w, options, result));
            return ExitCode.Ok;
        });
        return command;
    }
}
