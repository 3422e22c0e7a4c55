using System.CommandLine;
using Banyan.Client;
using Banyan.Godot.Scenes;
using Banyan.Primitives;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Server.Hosting;

namespace Banyan.Server.Cli;

/// <summary><c>banyan import</c>: a scene file into the running world.</summary>
internal static class ImportCommand
{
    private static readonly Option<string> _at = new("--at") { Description = "The node to put it under", DefaultValueFactory = _ => ScenePath.Root };
    private static readonly Option<string?> _name = new("--name") { Description = "The root's name in the world. Default: the scene's own" };
    private static readonly Option<int> _ranges = new("--ranges") { Description = "Cut the world into about so many ranges first, spread over the servers", DefaultValueFactory = _ => 1 };

    public static Command Make()
    {
        var command = new Command("import", "Load a Godot scene into the world") { SceneCommand.File, SceneCommand.Project, _at, _name, _ranges };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        ExpandedScene scene = SceneCommand.Expand(parsed);
        ImportPlan plan = ImportPlan.Of(scene, parsed.GetValue(_at)!, parsed.GetValue(_name));
        bool json = parsed.GetValue(CommandLine.Json);
        await using BanyanClient client = await CommandLine.ConnectAsync(parsed).ConfigureAwait(false);
        ServerStatus status = await StatusCommand.ReadAsync(CommandLine.GatewayOf(parsed), stop).ConfigureAwait(false);
        List<ZoneId> cuts = plan.Cuts(parsed.GetValue(_ranges));
        await CutAsync(client, cuts, [status.Server, .. status.Peers.Select(p => p.Server)]).ConfigureAwait(false);
        int done = 0;
        foreach (IReadOnlyList<SceneOperation> batch in plan.Batches)
        {
            TransactOutcome outcome = await client.TransactAsync(batch).ConfigureAwait(false);
            string where = plan.Batches.Count == 1 ? "nothing was imported" : $"after {done} of {plan.Nodes} nodes";
            switch (outcome)
            {
                case TransactOutcome.Refused refused:
                    throw new CommandFailed(ExitCode.Failed, $"{refused.Error.Message} ({where})");
                case TransactOutcome.Unavailable unavailable:
                    throw new CommandFailed(ExitCode.Unavailable, $"{unavailable.Why} ({where})");
                case TransactOutcome.Ambiguous ambiguous:
                    throw new CommandFailed(ExitCode.Ambiguous, ambiguous.Why);
            }

            done += batch.OfType<SpawnOperation>().Sum(o => o.Template.Nodes.Count);
            if (plan.Batches.Count > 1 && !Console.IsErrorRedirected) Console.Error.Write($"\r{done} of {plan.Nodes} nodes");
        }

        if (plan.Batches.Count > 1 && !Console.IsErrorRedirected) Console.Error.WriteLine();
        if (json) JsonOutput.WriteObject(w =>
        {
            w.WriteString("path", plan.RootPath);
            w.WriteNumber("nodes", plan.Nodes);
            w.WriteNumber("zones", plan.Zones.Count);
            w.WriteNumber("cuts", cuts.Count);
            w.WriteNumber("warnings", scene.Warnings.Length);
        });
        else Console.WriteLine($"{plan.RootPath}: {plan.Nodes} nodes in {plan.Zones.Count} zones, {cuts.Count} cuts, {scene.Warnings.Length} warnings");
        return ExitCode.Ok;
    }

    /// <summary>Cuts at the starts of zones; the ranges' leaders go round the servers.</summary>
    public static async Task CutAsync(BanyanClient client, IReadOnlyList<ZoneId> cuts, IReadOnlyList<uint> servers)
    {
        uint[] sorted = [.. servers.Order()];
        for (int i = 0; i < cuts.Count; i++)
            await client.CutRangeAsync(SceneKeys.Start(cuts[i]), new ServerId(sorted[(i + 1) % sorted.Length])).ConfigureAwait(false);
    }
}
