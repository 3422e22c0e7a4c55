using System.CommandLine;
using System.Runtime;
using System.Text.Json;
using Banyan.Simulator;
using Banyan.Simulator.Tracing;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Server.Cli;

/// <summary><c>banyan sim</c>: whole clusters under virtual time.</summary>
internal static class SimCommand
{
    private static readonly Option<ulong?> _seed = new("--seed") { Description = "One run" };
    private static readonly Option<string?> _seeds = new("--seeds") { Description = "Many runs, as A..B, on all processors" };
    private static readonly Option<int> _operations = new("--ops") { Description = "Transactions in a run", DefaultValueFactory = _ => 200 };
    private static readonly Option<string> _workload = new("--workload") { Description = string.Join(", ", WorkloadCatalogue.Names), DefaultValueFactory = _ => "append" };
    private static readonly Option<int?> _servers = new("--servers") { Description = $"Servers of the cluster, {RunOptions.ServersMin} to {RunOptions.ServersMax}; three or five, as the seed decides, if it is not said" };
    private static readonly Option<bool> _calm = new("--calm") { Description = "Without faults" };
    private static readonly Option<string?> _without = new("--without") { Description = "Spare the run some kinds of faults: " + string.Join(",", FaultKinds.All) };
    private static readonly Option<string?> _trace = new("--trace") { Description = "With one seed: write every protocol step to this file, for specs/check-trace" };
    private static readonly Option<bool> _shrink = new("--shrink") { Description = "Make a failing run as small as it goes, and print how to run that" };

    public static Command Make()
    {
        var command = new Command("sim", "Run whole clusters and their clients in one thread under virtual time, with faults, and check what they did")
        {
            _seed, _seeds, _operations, _workload, _servers, _calm, _without, _shrink, _trace,
        };
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
        command.Add(MutantsCommand.Make());
        command.Add(ExploreCommand.Make());
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        (ulong first, ulong last) = ReadSeeds(parsed);
        string workload = parsed.GetValue(_workload)!;
        if (WorkloadCatalogue.TryMake(workload) is null)
            throw new CommandFailed(ExitCode.BadInput, $"--workload {workload}: expected one of {string.Join(", ", WorkloadCatalogue.Names)}");
        int operations = parsed.GetValue(_operations);
        if (operations < 1) throw new CommandFailed(ExitCode.BadInput, $"--ops {operations}: expected at least 1");
        bool json = parsed.GetValue(CommandLine.Json);
        var options = new RunOptions
        {
            Faults = parsed.GetValue(_calm) ? FaultOptions.None : null,
            Servers = ReadServers(parsed),
            Without = ReadWithout(parsed),
        };
        if (parsed.GetValue(_shrink)) return Shrink(first, last, operations, workload, options, json);
        if (first == last)
        {
            using NdjsonTrace? trace = TraceTo(parsed.GetValue(_trace), ref options);
            Verdict verdict = Simulation.Run(first, operations, WorkloadCatalogue.TryMake(workload)!, options);
            Write(verdict, json);
            return verdict.Violations.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
        }

        // Throughput counts here, pauses do not.
        GCSettings.LatencyMode = GCLatencyMode.Batch;
        var totals = new SimTotals();
        try
        {
            Parallel.For((long)first, (long)last + 1, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
            {
                Verdict verdict = Simulation.Run((ulong)seed, operations, WorkloadCatalogue.TryMake(workload)!, options);
                totals.Add(verdict);
                if (verdict.Violations.Count == 0) return;
                Console.Error.WriteLine($"seed {seed}: {verdict.Violations[0]}\n  again: {Again((ulong)seed, operations, workload, options)}");
            });
        }
        catch (OperationCanceledException)
        {
            // What is done is told all the same.
        }

        totals.Write(json);
        return totals.Violations == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static NdjsonTrace? TraceTo(string? path, ref RunOptions options)
    {
        if (path is null) return null;
        VirtualTime? time = null;
        var trace = new NdjsonTrace(OpenTrace(path), () => (ulong)time!.Now);
        options = options with
        {
            Trace = now =>
            {
                time = now;
                return trace;
            },
        };
        return trace;
    }

    internal static FileStream OpenTrace(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailed(ExitCode.BadInput, $"--trace {path}: {e.Message}");
        }
    }

    private static int Shrink(ulong seed, ulong last, int operations, string workload, RunOptions options, bool json)
    {
        if (seed != last) throw new CommandFailed(ExitCode.BadInput, $"--shrink: one run is shrunk, not --seeds {seed}..{last}");
        Shrinking.Result? small = Shrinking.Shrink(
            seed, operations, () => WorkloadCatalogue.TryMake(workload)!, options,
            (without, count, failed) => Console.Error.WriteLine(Shrinking.Tell(without, count, failed)));
        if (small is null)
        {
            Console.Error.WriteLine($"seed {seed} is clean: nothing to shrink");
            return ExitCode.Ok;
        }

        Write(small.Verdict, json);
        Console.Error.WriteLine($"again: {Again(seed, small.Operations, workload, options with { Without = small.Without })}");
        return ExitCode.Failed;
    }

    private static string Again(ulong seed, int operations, string workload, RunOptions options)
    {
        string servers = options.Servers is { } count ? $" --servers {count}" : "";
        string calm = options.Faults is null ? "" : " --calm";
        string without = options.Without.Count == 0 ? "" : " --without " + string.Join(',', options.Without);
        return $"banyan sim --seed {seed} --ops {operations} --workload {workload}{servers}{calm}{without}";
    }

    private static int? ReadServers(ParseResult parsed)
    {
        if (parsed.GetValue(_servers) is not { } servers) return null;
        if (servers is >= RunOptions.ServersMin and <= RunOptions.ServersMax) return servers;
        throw new CommandFailed(ExitCode.BadInput, $"--servers {servers}: expected {RunOptions.ServersMin} to {RunOptions.ServersMax}");
    }

    private static string[] ReadWithout(ParseResult parsed)
    {
        string[] kinds = parsed.GetValue(_without)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (Array.Find(kinds, kind => !FaultKinds.All.Contains(kind)) is { } unknown)
            throw new CommandFailed(ExitCode.BadInput, $"--without {unknown}: expected some of {string.Join(",", FaultKinds.All)}");
        return kinds;
    }

    private static (ulong First, ulong Last) ReadSeeds(ParseResult parsed)
    {
        if (parsed.GetValue(_seeds) is not { } range) return parsed.GetValue(_seed) is { } one ? (one, one) : (1, 1);
        int dots = range.IndexOf("..", StringComparison.Ordinal);
        if (dots > 0 && ulong.TryParse(range.AsSpan(0, dots), out ulong first) && ulong.TryParse(range.AsSpan(dots + 2), out ulong last)
            && first <= last && last < long.MaxValue)
            return (first, last);
        throw new CommandFailed(ExitCode.BadInput, $"--seeds {range}: expected A..B");
    }

    private static void Write(Verdict verdict, bool json)
    {
        if (!json)
        {
            Console.WriteLine($"seed {verdict.Seed}: {(verdict.Violations.Count == 0 ? "clean" : "VIOLATED")}; {verdict.Operations} operations, {verdict.Commits} commits, {verdict.SimulatedMicroseconds / 1e6:F1} simulated seconds, trace {verdict.TraceHash:x16}");
            foreach ((string outcome, int count) in verdict.Outcomes) Console.WriteLine($"  {count} x {outcome}");
            foreach ((string fault, long count) in verdict.Faults) Console.WriteLine($"  {count} {fault}");
            foreach ((string state, long count) in verdict.Sometimes) Console.WriteLine($"  {count} times {state}");
            foreach (string violation in verdict.Violations) Console.WriteLine($"  {violation}");
            return;
        }

        JsonOutput.WriteObject(w =>
        {
            w.WriteNumber("seed", verdict.Seed);
            w.WriteString("verdict", verdict.Violations.Count == 0 ? "clean" : "violated");
            w.WriteNumber("operations", verdict.Operations);
            w.WriteNumber("commits", verdict.Commits);
            w.WriteString("traceHash", verdict.TraceHash.ToString("x16"));
            w.WriteNumber("simulatedSeconds", verdict.SimulatedMicroseconds / 1e6);
            w.WriteNumber("events", verdict.Events);
            SimTotals.WriteCounts(w, "faults", verdict.Faults);
            SimTotals.WriteCounts(w, "sometimes", verdict.Sometimes);
            w.WriteStartArray("violations");
            foreach (string violation in verdict.Violations) w.WriteStringValue(violation);
            w.WriteEndArray();
        });
    }
}
