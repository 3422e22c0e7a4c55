using System.CommandLine;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Server.Cli;

/// <summary><c>banyan set</c>.</summary>
internal static class SetCommand
{
    private static readonly Argument<string> _node = new("node") { Description = "Its path from /root, or its id" };
    private static readonly Argument<string> _name = new("property") { Description = "The property's name" };
    private static readonly Argument<string> _value = new("value") { Description = "Godot's text form, as in 'Vector3(1, 2, 3)' or '\"text\"'; null removes the property" };

    public static Command Make()
    {
        var command = new Command("set", "Set a property of a node") { _node, _name, _value };
        command.SetAction((parsed, _) =>
        {
            string name = parsed.GetValue(_name)!;
            string text = parsed.GetValue(_value)!;
            byte[]? value = text == "null" ? null : Transacting.ReadValue(name, text);
            return Transacting.RunAsync(parsed, [new SetPropertiesOperation(Transacting.ReadNode(parsed.GetValue(_node)!), [new(name, value)])]);
        });
        return command;
    }
}

/// <summary><c>banyan spawn</c>.</summary>
internal static class SpawnCommand
{
    private static readonly Argument<string> _path = new("path") { Description = "Where: the parent's path, a slash, and the new name" };
    private static readonly Argument<string> _type = new("type") { Description = "Godot's class", DefaultValueFactory = _ => "Node" };
    private static readonly Option<string[]> _properties = new("--property", "-p") { Description = "NAME=VALUE, in Godot's text form", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string[]> _groups = new("--group") { Description = "A group to put it in", AllowMultipleArgumentsPerToken = true };

    public static Command Make()
    {
        var command = new Command("spawn", "Add a node") { _path, _type, _properties, _groups };
        command.SetAction((parsed, _) =>
        {
            string path = parsed.GetValue(_path)!;
            int slash = path.LastIndexOf('/');
            if (slash <= 0) throw new CommandFailed(ExitCode.BadInput, $"\"{path}\": expected PARENT/NAME");
            var properties = new List<PropertyWrite>();
            foreach (string property in parsed.GetValue(_properties) ?? [])
            {
                int equals = property.IndexOf('=');
                if (equals <= 0) throw new CommandFailed(ExitCode.BadInput, $"--property \"{property}\": expected NAME=VALUE");
                properties.Add(new(property[..equals], Transacting.ReadValue(property[..equals], property[(equals + 1)..])));
            }

            var node = new TemplateNode(-1, path[(slash + 1)..], parsed.GetValue(_type)!, "", parsed.GetValue(_groups) ?? [], 0, null, properties, []);
            return Transacting.RunAsync(parsed, [new SpawnOperation(NodeRef.At(path[..slash]), new([node]))]);
        });
        return command;
    }
}

/// <summary><c>banyan mv</c>.</summary>
internal static class MoveCommand
{
    private static readonly Argument<string> _node = new("node") { Description = "Its path from /root, or its id" };
    private static readonly Argument<string> _to = new("to") { Description = "Its new path; ends in a slash to keep the name" };

    public static Command Make()
    {
        var command = new Command("mv", "Rename a node, or hang it below another parent") { _node, _to };
        command.SetAction((parsed, _) =>
        {
            string from = parsed.GetValue(_node)!;
            string to = parsed.GetValue(_to)!;
            int slash = to.LastIndexOf('/');
            if (slash <= 0) throw new CommandFailed(ExitCode.BadInput, $"\"{to}\": expected PARENT/NAME or PARENT/");
            string parent = to[..slash];
            string? name = slash + 1 < to.Length ? to[(slash + 1)..] : null;
            // Below the same parent it keeps its place among its siblings.
            SceneOperation operation = name is not null && from.LastIndexOf('/') is var at and > 0 && from[..at] == parent
                ? new RenameOperation(Transacting.ReadNode(from), name)
                : new ReparentOperation(Transacting.ReadNode(from), NodeRef.At(parent), name);
            return Transacting.RunAsync(parsed, [operation]);
        });
        return command;
    }
}

/// <summary><c>banyan rm</c>.</summary>
internal static class RemoveCommand
{
    private static readonly Argument<string[]> _nodes = new("node") { Description = "Paths from /root, or ids; several are one transaction", Arity = ArgumentArity.OneOrMore };

    public static Command Make()
    {
        var command = new Command("rm", "Remove nodes and all below them") { _nodes };
        command.SetAction((parsed, _) => Transacting.RunAsync(
            parsed, [.. parsed.GetValue(_nodes)!.Select(node => new DespawnOperation(Transacting.ReadNode(node)))]));
        return command;
    }
}
