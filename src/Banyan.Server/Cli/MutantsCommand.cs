using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace Banyan.Server.Cli;

/// <summary><c>banyan sim mutants</c>: whether the checkers see deliberate bugs. They are compiled into a program of their own.</summary>
internal static class MutantsCommand
{
    private static readonly Option<int> _seeds = new("--seeds-max") { Description = "Seeds that a mutant may live", DefaultValueFactory = _ => 1500 };
    private static readonly Option<int> _operations = new("--ops") { Description = "Transactions in a run", DefaultValueFactory = _ => 150 };
    private static readonly Option<bool> _shrink = new("--shrink") { Description = "Make the run that has caught it as small as it goes" };
    private static readonly Argument<string[]> _names = new("MUTANT") { Description = "Some mutants; all if none is named", Arity = ArgumentArity.ZeroOrMore };

    private sealed record Caught(string Mutant, string? Workload, string? By, long Seeds, JsonElement? Shrunk);

    public static Command Make()
    {
        var command = new Command("mutants", "Switch deliberate bugs on, one at a time, and count the seeds until a checker or an assertion sees each")
        {
            _seeds, _operations, _shrink, _names,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "mutants", "banyan-mutants.dll");
        if (!File.Exists(program)) throw new CommandFailed(ExitCode.BadInput, $"{program} is missing: it is built together with banyan");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(program);
        if (parsed.GetValue(_shrink)) start.ArgumentList.Add("--shrink");
        start.ArgumentList.Add(parsed.GetValue(_seeds).ToString());
        start.ArgumentList.Add(parsed.GetValue(_operations).ToString());
        foreach (string name in parsed.GetValue(_names)!) start.ArgumentList.Add(name);
        using Process process = Process.Start(start) ?? throw new CommandFailed(ExitCode.BadInput, "dotnet could not be started");
        using CancellationTokenRegistration kill = stop.Register(process.Kill);
        var all = new List<Caught>();
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement root = json.RootElement;
            var one = new Caught(
                root.GetProperty("mutant").GetString()!, root.GetProperty("workload").GetString(), root.GetProperty("caughtBy").GetString(),
                root.GetProperty("seeds").GetInt64(), root.TryGetProperty("shrunk", out JsonElement shrunk) ? shrunk.Clone() : null);
            all.Add(one);
            TextWriter progress = parsed.GetValue(CommandLine.Json) ? Console.Error : Console.Out;
            progress.WriteLine(one.By is null ? $"{one.Mutant,-40} LIVES after {one.Seeds} runs" : $"{one.Mutant,-40} {one.Seeds,4} ({one.Workload}): {one.By}");
            if (one.Shrunk is { } small) progress.WriteLine("    " + Describe(small));
        }

        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        if (process.ExitCode == ExitCode.BadInput) return ExitCode.BadInput;
        all.Sort((a, b) => string.CompareOrdinal(a.Mutant, b.Mutant));
        if (parsed.GetValue(CommandLine.Json)) WriteJson(all);
        else Console.WriteLine($"{all.Count(m => m.By is not null)} of {all.Count} mutants caught");
        return all.Count > 0 && all.TrueForAll(m => m.By is not null) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string Describe(JsonElement small)
    {
        string without = string.Join(", ", small.GetProperty("without").EnumerateArray().Select(kind => kind.GetString()));
        string said = without == "" ? "" : $", without {without}";
        return $"seed {small.GetProperty("seed")} with {small.GetProperty("operations")} operations{said}: {small.GetProperty("violation")}";
    }

    private static void WriteJson(List<Caught> all) => JsonOutput.Write(w =>
    {
        w.WriteStartArray();
        foreach (Caught one in all)
        {
            w.WriteStartObject();
            w.WriteString("mutant", one.Mutant);
            w.WriteString("workload", one.Workload);
            w.WriteString("caughtBy", one.By);
            w.WriteNumber("seeds", one.Seeds);
            if (one.Shrunk is { } small)
            {
                w.WritePropertyName("shrunk");
                small.WriteTo(w);
            }

            w.WriteEndObject();
        }

        w.WriteEndArray();
    });
}
