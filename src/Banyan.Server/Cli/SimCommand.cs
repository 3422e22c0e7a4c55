using System.CommandLine;
using System.Text.Json;
using Banyan.Simulator;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Server.Cli;

/// <summary><c>banyan sim</c>: whole clusters under virtual time.</summary>
internal static class SimCommand
{
    private static readonly Option<ulong?> _seed = new("--seed") { Description = "One run" };
    private static readonly Option<string?> _seeds = new("--seeds") { Description = "Many runs, as A..B" };
    private static readonly Option<int> _operations = new("--ops") { Description = "Transactions in a run", DefaultValueFactory = _ => 200 };
    private static readonly Option<string> _workload = new("--workload") { Description = "append, or scene", DefaultValueFactory = _ => "append" };
    private static readonly Option<bool> _calm = new("--calm") { Description = "Without faults" };

    public static Command Make()
    {
        var command = new Command("sim", "Run whole clusters and their clients in one thread under virtual time, with faults, and check what they did")
        {
            _seed, _seeds, _operations, _workload, _calm,
        };
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        (ulong first, ulong last) = ReadSeeds(parsed);
        string workload = parsed.GetValue(_workload)!;
        bool json = parsed.GetValue(CommandLine.Json);
        bool isOne = first == last;
        long violations = 0;
        long operations = 0;
        long simulated = 0;
        var started = System.Diagnostics.Stopwatch.StartNew();
        var failed = new List<ulong>();
        for (ulong seed = first; seed <= last && !stop.IsCancellationRequested; seed++)
        {
            Verdict verdict = Simulation.Run(seed, parsed.GetValue(_operations), Make(workload), parsed.GetValue(_calm) ? FaultOptions.None : null);
            operations += verdict.Operations;
            simulated += verdict.SimulatedMicroseconds;
            if (isOne) Write(verdict, json);
            if (verdict.Violations.Count == 0) continue;
            violations += verdict.Violations.Count;
            failed.Add(seed);
            if (isOne) continue;
            Console.Error.WriteLine($"seed {seed}: {verdict.Violations[0]}");
            Console.Error.WriteLine($"  again: banyan sim --seed {seed} --ops {parsed.GetValue(_operations)} --workload {workload}{(parsed.GetValue(_calm) ? " --calm" : "")}");
        }

        if (isOne) return violations == 0 ? ExitCode.Ok : ExitCode.Failed;
        double speed = simulated / 1e6 / started.Elapsed.TotalSeconds;
        if (json) JsonOutput.WriteObject(w =>
        {
            w.WriteNumber("seeds", last - first + 1);
            w.WriteNumber("operations", operations);
            w.WriteNumber("violations", violations);
            w.WriteStartArray("failedSeeds");
            foreach (ulong seed in failed) w.WriteNumberValue(seed);
            w.WriteEndArray();
            w.WriteNumber("simulatedSecondsPerSecond", Math.Round(speed, 1));
        });
        else Console.WriteLine($"{last - first + 1} seeds, {operations} operations, {violations} violations, {speed:F0} simulated seconds a second");
        return violations == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static (ulong First, ulong Last) ReadSeeds(ParseResult parsed)
    {
        if (parsed.GetValue(_seeds) is not { } range) return parsed.GetValue(_seed) is { } one ? (one, one) : (1, 1);
        int dots = range.IndexOf("..", StringComparison.Ordinal);
        if (dots > 0 && ulong.TryParse(range.AsSpan(0, dots), out ulong first) && ulong.TryParse(range.AsSpan(dots + 2), out ulong last) && first <= last)
            return (first, last);
        throw new CommandFailed(ExitCode.BadInput, $"--seeds {range}: expected A..B");
    }

    private static IWorkload Make(string name) => name switch
    {
        "append" => new AppendWorkload(),
        "scene" => new SceneWorkload(),
        _ => throw new CommandFailed(ExitCode.BadInput, $"--workload {name}: append or scene"),
    };

    private static void Write(Verdict verdict, bool json)
    {
        if (!json)
        {
            Console.WriteLine($"seed {verdict.Seed}: {(verdict.Violations.Count == 0 ? "clean" : "VIOLATED")}; {verdict.Operations} operations, {verdict.Commits} commits, {verdict.SimulatedMicroseconds / 1e6:F1} simulated seconds, trace {verdict.TraceHash:x16}");
            foreach ((string outcome, int count) in verdict.Outcomes) Console.WriteLine($"  {count} x {outcome}");
            foreach ((string fault, long count) in verdict.Faults) Console.WriteLine($"  {count} {fault}");
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
            w.WriteStartObject("faults");
            foreach ((string fault, long count) in verdict.Faults) w.WriteNumber(fault, count);
            w.WriteEndObject();
            w.WriteStartArray("violations");
            foreach (string violation in verdict.Violations) w.WriteStringValue(violation);
            w.WriteEndArray();
        });
    }
}
