using System.CommandLine;
using System.Text.Json;
using Banyan.Scene.Operations;
using Banyan.Sync.World;

namespace Banyan.Server.Cli;

/// <summary><c>banyan txn</c>: a batch of operations from a file, all or none.</summary>
internal static class TransactCommand
{
    private const string Format = """
        Run a batch of operations as one transaction: all of it happens, or none.

        The file is a JSON array; values are in Godot's text form, nodes are paths from /root or ids:
          [{"op":"spawn","parent":"/root/Town","name":"Flag","type":"Node3D","properties":{"visible":"true"}},
           {"op":"set","node":"/root/Town/Door","properties":{"open":"true","old":null}},
           {"op":"mv","node":"/root/Town/Bus","parent":"/root/Town/Depot","name":"Bus7"},
           {"op":"rename","node":"n42","name":"Lamp2"},
           {"op":"reorder","node":"/root/Town/Lamp","place":0},
           {"op":"zone","node":"/root/Town/Bus","zone":7},
           {"op":"authority","node":"/root/Town/Bus","peer":2},
           {"op":"visibility","node":"/root/Town/Bus/Pose","peer":0,"visible":false},
           {"op":"rm","node":"/root/Town/Old"}]
        """;

    private static readonly Argument<string> _file = new("file") { Description = "A JSON file; - for standard input" };

    public static Command Make()
    {
        var command = new Command("txn", Format) { _file };
        command.SetAction((parsed, stop) => Transacting.RunAsync(parsed, Read(parsed.GetValue(_file)!)));
        return command;
    }

    private static List<SceneOperation> Read(string file)
    {
        if (file != "-" && !File.Exists(file)) throw new CommandFailed(ExitCode.BadInput, $"{file}: no such file");
        string text = file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Array) throw Bad(file, 0, "expected an array of operations");
            var operations = new List<SceneOperation>();
            foreach (JsonElement element in document.RootElement.EnumerateArray()) operations.Add(ReadOne(file, operations.Count, element));
            return operations.Count > 0 ? operations : throw Bad(file, 0, "there is no operation in it");
        }
        catch (JsonException e)
        {
            throw new CommandFailed(ExitCode.BadInput, $"{file}:{e.LineNumber + 1}:{e.BytePositionInLine + 1}: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            // The parser does not look into escapes; reading the string does.
            throw new CommandFailed(ExitCode.BadInput, $"{file}: half of a surrogate pair stands alone in a string");
        }
    }

    private static SceneOperation ReadOne(string file, int number, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Bad(file, number, "expected an object");
        NodeRef Node(string key) => Transacting.ReadNode(Text(key));
        string Text(string key) => element.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Bad(file, number, $"\"{key}\" is missing, or no string");
        int Number(string key) => element.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int whole)
            ? whole
            : throw Bad(file, number, $"\"{key}\" is missing, or no whole number");
        string? Optional(string key) => element.TryGetProperty(key, out _) ? Text(key) : null;
        string operation = Text("op");
        switch (operation)
        {
            case "spawn":
                var node = new TemplateNode(-1, Text("name"), Optional("type") ?? "Node", "", [], 0, null, Properties(file, number, element), []);
                return new SpawnOperation(Node("parent"), new([node]));
            case "set":
                return new SetPropertiesOperation(Node("node"), Properties(file, number, element));
            case "mv":
                return new ReparentOperation(Node("node"), Node("parent"), Optional("name"));
            case "rename":
                return new RenameOperation(Node("node"), Text("name"));
            case "reorder":
                return new ReorderOperation(Node("node"), Number("place"));
            case "zone":
                return Number("zone") is >= 0 and var zone ? new MoveZoneOperation(Node("node"), new((uint)zone)) : throw Bad(file, number, "\"zone\" is negative");
            case "authority":
                return new SetAuthorityOperation(Node("node"), Number("peer"));
            case "visibility":
                bool visible = element.TryGetProperty("visible", out JsonElement flag) && flag.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? flag.GetBoolean()
                    : throw Bad(file, number, "\"visible\" is missing, or neither true nor false");
                return Number("peer") is >= 0 and var peer
                    ? new SetAttachmentsOperation(Node("node"), [SyncVisibility.Write(peer, visible)])
                    : throw Bad(file, number, "\"peer\" is negative; 0 stands for all");
            case "rm":
                return new DespawnOperation(Node("node"));
            default:
                throw Bad(file, number, $"\"{operation}\" is no operation: spawn, set, mv, rename, reorder, zone, authority, visibility, rm");
        }
    }

    private static List<PropertyWrite> Properties(string file, int number, JsonElement element)
    {
        var properties = new List<PropertyWrite>();
        if (!element.TryGetProperty("properties", out JsonElement all)) return properties;
        if (all.ValueKind != JsonValueKind.Object) throw Bad(file, number, "\"properties\" is no object");
        foreach (JsonProperty property in all.EnumerateObject())
        {
            byte[]? value = property.Value.ValueKind == JsonValueKind.Null
                ? null
                : Transacting.ReadValue(property.Name, property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText());
            properties.Add(new(property.Name, value));
        }

        return properties;
    }

    private static CommandFailed Bad(string file, int number, string why) => new(ExitCode.BadInput, $"{file}: operation {number}: {why}");
}
