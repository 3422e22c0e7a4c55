using System.CommandLine;
using System.Text.Json;
using Banyan.Client;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Server.Cli;

/// <summary><c>banyan tree</c>.</summary>
internal static class TreeCommand
{
    private static readonly Argument<string> _path = new("path") { Description = "The top: a path from /root, or an id", DefaultValueFactory = _ => ScenePath.Root };
    private static readonly Option<string?> _at = new("--at-time") { Description = "At this timestamp instead of now" };
    private static readonly Option<bool> _hash = new("--hash") { Description = "Only a hash over the whole scene, equal on every server at the same timestamp" };
    private static readonly Option<int> _depth = new("--depth") { Description = "How far down", DefaultValueFactory = _ => SceneTransaction.DepthMax };
    private static readonly Option<bool> _properties = new("--properties") { Description = "With all properties" };

    public static Command Make()
    {
        var command = new Command("tree", "Show the scene tree, all of it at one timestamp") { _path, _at, _hash, _depth, _properties };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        Timestamp? at = CommandLine.ReadTimestamp(parsed.GetValue(_at));
        bool json = parsed.GetValue(CommandLine.Json);
        await using BanyanClient client = await CommandLine.ConnectAsync(parsed).ConfigureAwait(false);
        if (parsed.GetValue(_hash))
        {
            SceneHash hash = await client.HashAsync(at).ConfigureAwait(false);
            if (json) JsonOutput.WriteObject(w =>
            {
                w.WriteString("timestamp", hash.Timestamp.ToString());
                w.WriteString("hash", hash.Hash.ToString("x16"));
                w.WriteNumber("records", hash.Records);
            });
            else Console.WriteLine($"{hash.Hash:x16} over {hash.Records} records at {hash.Timestamp}");
            return ExitCode.Ok;
        }

        string path = parsed.GetValue(_path)!;
        // Depth 0 would be read from the leaseholder, without a timestamp of its own.
        int depth = Math.Max(1, parsed.GetValue(_depth));
        SceneView view = await client.ReadTreeAsync(Transacting.ReadNode(path), at, depth).ConfigureAwait(false);
        if (json) WriteJson(view, path, parsed.GetValue(_properties), parsed.GetValue(_depth));
        else WriteText(view, path, parsed.GetValue(_properties), parsed.GetValue(_depth));
        return ExitCode.Ok;
    }

    private static void WriteText(SceneView view, string path, bool properties, int depthMax)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
        int count = 0;
        foreach ((MirrorNode node, int depth) in view.Mirror.Walk(view.Node))
        {
            if (depth > depthMax) continue;
            count++;
            string indent = new(' ', depth * 2);
            string name = depth == 0 ? path : node.Header!.Name;
            string type = node.Header!.Type.Length > 0 ? node.Header.Type : "?";
            string from = node.Header.Instance.Length > 0 ? $"  <- {node.Header.Instance}" : "";
            output.WriteLine($"{indent}{name}  ({type})  {node.Id}{from}");
            if (!properties) continue;
            foreach ((string property, byte[] value) in node.Properties) output.WriteLine($"{indent}  .{property} = {PropertyValue.ToText(value)}");
        }

        output.WriteLine($"{count} nodes at {view.Timestamp}");
    }

    private static void WriteJson(SceneView view, string path, bool properties, int depthMax) => JsonOutput.Write(w =>
    {
        var paths = new List<string>();
        w.WriteStartArray();
        foreach ((MirrorNode node, int depth) in view.Mirror.Walk(view.Node))
        {
            if (depth > depthMax) continue;
            paths.RemoveRange(depth, paths.Count - depth);
            paths.Add(depth == 0 ? path : ScenePath.Join(paths[depth - 1], node.Header!.Name));
            NodeOutput.Write(w, node, paths[depth], properties);
        }

        w.WriteEndArray();
    });
}

/// <summary><c>banyan get</c>.</summary>
internal static class GetCommand
{
    private static readonly Argument<string> _path = new("node") { Description = "Its path from /root, or its id" };
    private static readonly Argument<string?> _property = new("property") { Description = "Only this property's value", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> _at = new("--at-time") { Description = "At this timestamp instead of now" };

    public static Command Make()
    {
        var command = new Command("get", "Show a node, or one of its properties") { _path, _property, _at };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        string path = parsed.GetValue(_path)!;
        Timestamp? at = CommandLine.ReadTimestamp(parsed.GetValue(_at));
        await using BanyanClient client = await CommandLine.ConnectAsync(parsed).ConfigureAwait(false);
        SceneView view = await client.ReadTreeAsync(Transacting.ReadNode(path), at, depth: 0).ConfigureAwait(false);
        bool json = parsed.GetValue(CommandLine.Json);
        if (parsed.GetValue(_property) is { } property)
        {
            if (!view.Node.Properties.TryGetValue(property, out byte[]? value)) throw new CommandFailed(ExitCode.Failed, $"{path} has no property {property}");
            if (json) JsonOutput.Write(w => w.WriteStringValue(PropertyValue.ToText(value)));
            else Console.WriteLine(PropertyValue.ToText(value));
            return ExitCode.Ok;
        }

        if (json)
        {
            JsonOutput.Write(w => NodeOutput.Write(w, view.Node, path, properties: true));
            return ExitCode.Ok;
        }

        NodeHeader header = view.Node.Header!;
        Console.WriteLine($"{path}  ({header.Type})  {view.Node.Id} in zone {view.Node.Place.Zone.Value}, authority {header.Authority}");
        if (header.Instance.Length > 0) Console.WriteLine($"  instance of {header.Instance}");
        if (header.Groups.Count > 0) Console.WriteLine($"  in groups {string.Join(", ", header.Groups)}");
        foreach ((string name, byte[] value) in view.Node.Properties) Console.WriteLine($"  .{name} = {PropertyValue.ToText(value)}");
        return ExitCode.Ok;
    }
}

/// <summary>A node as JSON.</summary>
internal static class NodeOutput
{
    public static void Write(Utf8JsonWriter w, MirrorNode node, string path, bool properties)
    {
        NodeHeader header = node.Header!;
        w.WriteStartObject();
        w.WriteString("path", path);
        w.WriteString("id", node.Id.ToString());
        w.WriteNumber("zone", node.Place.Zone.Value);
        w.WriteString("type", header.Type);
        if (header.Instance.Length > 0) w.WriteString("instance", header.Instance);
        w.WriteNumber("authority", header.Authority);
        w.WriteStartArray("groups");
        foreach (string group in header.Groups) w.WriteStringValue(group);
        w.WriteEndArray();
        if (properties)
        {
            w.WriteStartObject("properties");
            foreach ((string name, byte[] value) in node.Properties) w.WriteString(name, PropertyValue.ToText(value));
            w.WriteEndObject();
        }

        w.WriteEndObject();
    }
}
