using System.CommandLine;
using Banyan.Client;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Server.Cli;

/// <summary><c>banyan watch</c>: every change below a node, as it is committed.</summary>
internal static class WatchCommand
{
    private static readonly Argument<string> _path = new("path") { Description = "The top: a path from /root", DefaultValueFactory = _ => ScenePath.Root };
    private static readonly Option<string?> _after = new("--after") { Description = "Begin after this timestamp instead of now: what was missed comes first" };
    private static readonly Option<int?> _count = new("--count") { Description = "End after so many changes" };

    public static Command Make()
    {
        var command = new Command("watch", "Follow all changes below a node, over the death of any one server; ends with Ctrl-C") { _path, _after, _count };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        string top = parsed.GetValue(_path)!;
        if (!ScenePath.TrySplit(top, out _, out string? why)) throw new CommandFailed(ExitCode.BadInput, why);
        Timestamp? after = CommandLine.ReadTimestamp(parsed.GetValue(_after));
        bool json = parsed.GetValue(CommandLine.Json);
        int left = parsed.GetValue(_count) ?? int.MaxValue;
        await using BanyanClient client = await CommandLine.ConnectAsync(parsed).ConfigureAwait(false);
        // Paths of changed nodes follow from the tree as it was, and as it is.
        SceneMirror mirror = after is null ? new() : (await client.ReadTreeAsync(NodeRef.At(ScenePath.Root), after).ConfigureAwait(false)).Mirror;
        try
        {
            await FollowAsync(client, mirror, top, after, left, json, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Without --count this is how it ends.
        }

        return ExitCode.Ok;
    }

    private static async Task FollowAsync(BanyanClient client, SceneMirror mirror, string top, Timestamp? after, int left, bool json, CancellationToken stop)
    {
        await foreach (SceneUpdate update in client.SubscribeAsync(after, stop: stop).ConfigureAwait(false))
        {
            if (update is SceneUpdate.Snapshot snapshot)
            {
                mirror = snapshot.Mirror;
                if (!json) Console.WriteLine($"watching {top} from {snapshot.Timestamp} on");
            }

            if (update is not SceneUpdate.Changes changes) continue;
            foreach ((string path, string what, string? property, string? value) in Describe(mirror, changes))
            {
                if (path != top && !path.StartsWith(top + "/", StringComparison.Ordinal)) continue;
                if (json) JsonOutput.WriteObject(w =>
                {
                    w.WriteString("timestamp", changes.Timestamp.ToString());
                    w.WriteString("path", path);
                    w.WriteString("change", what);
                    if (property is not null) w.WriteString("property", property);
                    if (value is not null) w.WriteString("value", value);
                });
                else Console.WriteLine($"{changes.Timestamp}  {path}  {what}{(property is null ? "" : " " + property)}{(value is null ? "" : " = " + value)}");
                if (--left <= 0) return;
            }
        }
    }

    private static List<(string Path, string What, string? Property, string? Value)> Describe(SceneMirror mirror, SceneUpdate.Changes changes)
    {
        var lines = new List<(string, string, string?, string?)>();
        var before = new Dictionary<NodeId, string>();
        foreach (RecordChange record in changes.Records)
        {
            if (SceneKeys.TryParse(record.Key, out SceneKey key) && key.Kind == RecordKind.Header && mirror[key.Node] is { } node)
                before[key.Node.Id] = mirror.PathOf(node);
        }

        foreach (RecordChange record in changes.Records) mirror.Apply(record.Key, record.Value);
        foreach (RecordChange record in changes.Records)
        {
            if (!SceneKeys.TryParse(record.Key, out SceneKey key)) continue;
            MirrorNode? node = mirror[key.Node];
            switch (key.Kind)
            {
                case RecordKind.Header when node is null:
                    // Moved to another zone, or reaped long after it left the tree.
                    break;
                case RecordKind.Header:
                    string path = mirror.PathOf(node);
                    bool isDetached = node.Header!.IsRoot && node.Id != NodeId.Root;
                    if (!before.TryGetValue(node.Id, out string? was)) lines.Add((path, "spawned", null, node.Header.Type));
                    else if (isDetached && was.StartsWith('/')) lines.Add((was, "despawned", null, null));
                    else if (!isDetached && was != path) lines.Add((path, "moved from", null, was));
                    else if (!isDetached) lines.Add((path, "header", null, $"authority {node.Header.Authority}"));
                    break;
                case RecordKind.Property when node is not null && mirror.PathOf(node) is var at && at.StartsWith('/'):
                    lines.Add((at, record.Value is null ? "removed" : "set", key.Name, record.Value is null ? null : PropertyValue.ToText(record.Value)));
                    break;
            }
        }

        return lines;
    }
}
