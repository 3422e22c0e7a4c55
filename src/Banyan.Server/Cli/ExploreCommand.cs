using System.CommandLine;
using System.Diagnostics;
using Banyan.Simulator.Exploration;

namespace Banyan.Server.Cli;

/// <summary><c>banyan sim explore</c>: every order of events in small systems of the real code.</summary>
internal static class ExploreCommand
{
    private static readonly Argument<string[]> _names = new("NAME")
    {
        Description = "Some of: " + string.Join(", ", ExplorationCatalogue.All.Select(e => e.Name)) + "; all if none is named",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Make()
    {
        var command = new Command("explore", "Go through every order of events, with crashes at any step, in small systems of the real code, and count the states")
        {
            _names,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] names = parsed.GetValue(_names)!;
        if (Array.Find(names, name => ExplorationCatalogue.All.All(e => e.Name != name)) is { } unknown)
            throw new CommandFailed(ExitCode.BadInput, $"{unknown}: expected some of {string.Join(", ", ExplorationCatalogue.All.Select(e => e.Name))}");
        bool json = parsed.GetValue(CommandLine.Json);
        var results = new List<(string Name, ExplorationResult Result, double Seconds)>();
        foreach ((string name, string what, Func<ExplorationResult> run) in ExplorationCatalogue.All)
        {
            if (names.Length > 0 && !names.Contains(name)) continue;
            (json ? Console.Error : Console.Out).WriteLine($"{name}: {what}");
            var watch = Stopwatch.StartNew();
            ExplorationResult result = run();
            results.Add((name, result, watch.Elapsed.TotalSeconds));
            (json ? Console.Error : Console.Out).WriteLine(
                $"  {result.States} states, {result.Transitions} steps, {(result.Complete ? "all of them" : "not all of them")}, {watch.Elapsed.TotalSeconds:F1} s");
            foreach (string violation in result.Violations) (json ? Console.Error : Console.Out).WriteLine("  VIOLATED: " + violation);
        }

        if (json) WriteJson(results);
        return results.TrueForAll(r => r.Result.Complete && r.Result.Violations.Count == 0) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void WriteJson(List<(string Name, ExplorationResult Result, double Seconds)> results) => JsonOutput.Write(w =>
    {
        w.WriteStartArray();
        foreach ((string name, ExplorationResult result, double seconds) in results)
        {
            w.WriteStartObject();
            w.WriteString("exploration", name);
            w.WriteNumber("states", result.States);
            w.WriteNumber("transitions", result.Transitions);
            w.WriteNumber("executions", result.Executions);
            w.WriteNumber("depth", result.Depth);
            w.WriteBoolean("complete", result.Complete);
            w.WriteNumber("seconds", Math.Round(seconds, 2));
            w.WriteStartArray("violations");
            foreach (string violation in result.Violations) w.WriteStringValue(violation);
            w.WriteEndArray();
            w.WriteEndObject();
        }

        w.WriteEndArray();
    });
}
