using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using Banyan.Server.Torture;
using Banyan.Server.Torture.Checking;
using Banyan.Server.Torture.Faults;

namespace Banyan.Server.Cli;

/// <summary><c>banyan torture</c>: real processes, real faults, on this machine.</summary>
internal static class TortureCommand
{
    private const int ServersMax = 9;
    private const int ClientsMax = 1_000;

    private static readonly Option<double> _minutes = new("--minutes") { Description = "How long load and faults go on", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> _servers = new("--servers") { Description = "How many", DefaultValueFactory = _ => 3 };
    private static readonly Option<ulong?> _seed = new("--seed") { Description = "Of faults and load. Default: drawn, and told" };
    private static readonly Option<int> _clients = new("--clients") { Description = "How many, each with one operation at a time", DefaultValueFactory = _ => 48 };
    private static readonly Option<double> _rate = new("--rate") { Description = "Operations a second that are asked for", DefaultValueFactory = _ => 5000 };
    private static readonly Option<string?> _faults = new("--faults") { Description = "Kinds of faults, with commas between them: " + string.Join(",", FaultCatalogue.All) + ". \"none\" for calm. Default: all" };
    private static readonly Option<string?> _folder = new("--folder") { Description = "Where data and histories go. Default: a temporary folder" };
    private static readonly Option<bool> _keep = new("--keep-histories") { Description = "Keep histories also where nothing was violated" };

    public static Command Make()
    {
        var command = new Command("torture", "Kill, pause, cut off and confuse real servers under load, and check that every promise was kept")
        {
            _minutes, _servers, _seed, _clients, _rate, _faults, _folder, _keep,
        };
        command.SetAction(RunAsync);
        command.Add(MakeCheck());
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        // The command line hears of Ctrl-C only once this has begun to wait; until then it would end without cleaning up.
        await Task.Yield();
        bool json = parsed.GetValue(CommandLine.Json);
        var clock = Stopwatch.StartNew();
        void Say(string line) => Console.Error.WriteLine($"{clock.Elapsed.TotalSeconds,6:F1} s  {line}");
        TortureOptions options = Read(parsed);
        Say($"seed {options.Seed}");
        TortureResult result;
        try
        {
            result = await new TortureRun(options, Say).RunAsync(stop).ConfigureAwait(false);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Whatever breaks while everything is taken down.
            throw CommandFailed.Interrupted();
        }

        if (json) JsonOutput.WriteObject(result.WriteJson);
        else result.WriteText(Console.Out);
        return result.Violations.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static Command MakeCheck()
    {
        var folder = new Argument<string>("folder") { Description = "Histories that a run has kept" };
        var command = new Command("check", "Check kept histories again") { folder };
        command.SetAction((parsed, _) =>
        {
            string from = parsed.GetValue(folder)!;
            if (!Directory.Exists(from)) throw new CommandFailed(ExitCode.BadInput, $"{from}: no such folder");
            (int sets, IReadOnlyList<string> violations) = KeptHistories.Check(from, why => throw new CommandFailed(ExitCode.BadInput, why));
            if (sets == 0) throw new CommandFailed(ExitCode.BadInput, $"{from}: no histories");
            if (parsed.GetValue(CommandLine.Json)) JsonOutput.WriteObject(w =>
            {
                w.WriteNumber("generations", sets);
                w.WriteStartArray("violations");
                foreach (string violation in violations) w.WriteStringValue(violation);
                w.WriteEndArray();
            });
            else Console.WriteLine(string.Join('\n', [$"{sets} sets of keys checked, {violations.Count} violations", .. violations]));
            return Task.FromResult(violations.Count == 0 ? ExitCode.Ok : ExitCode.Failed);
        });
        return command;
    }

    private static TortureOptions Read(ParseResult parsed)
    {
        double minutes = parsed.GetValue(_minutes);
        if (!(minutes > 0 && minutes <= 60 * 24)) throw new CommandFailed(ExitCode.BadInput, $"--minutes {minutes}: expected more than 0 and at most a day");
        int servers = parsed.GetValue(_servers);
        if (servers is < 1 or > ServersMax) throw new CommandFailed(ExitCode.BadInput, $"--servers {servers}: expected 1 to {ServersMax}");
        int clients = parsed.GetValue(_clients);
        if (clients is < 1 or > ClientsMax) throw new CommandFailed(ExitCode.BadInput, $"--clients {clients}: expected 1 to {ClientsMax}");
        double rate = parsed.GetValue(_rate);
        if (!(rate >= 1 && rate <= 1_000_000)) throw new CommandFailed(ExitCode.BadInput, $"--rate {rate}: expected 1 to 1000000");
        string[] faults = FaultCatalogue.All;
        if (parsed.GetValue(_faults) is { } text)
        {
            faults = text == "none" ? [] : text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            foreach (string kind in faults)
            {
                if (!FaultCatalogue.All.Contains(kind)) throw new CommandFailed(ExitCode.BadInput, $"--faults: no kind \"{kind}\"; expected some of {string.Join(",", FaultCatalogue.All)}");
            }
        }

        ulong seed = parsed.GetValue(_seed) ?? (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
        return new(OwnProgram.File, TimeSpan.FromMinutes(minutes), servers, seed, clients, rate, faults, parsed.GetValue(_folder), parsed.GetValue(_keep));
    }
}
