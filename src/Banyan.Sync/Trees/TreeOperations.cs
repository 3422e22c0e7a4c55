using System.Collections.Immutable;
using Banyan.Godot.Variants;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Trees;

/// <summary>Makes of a client's operations those of the tree. Whatever they name stays at or below the followed root.</summary>
internal sealed class TreeOperations(string root, GameRules rules, GameFiles files, TreeLimits limits)
{
    // They would make what clients see elsewhere.
    private static readonly ImmutableArray<string> _refusedTypes = ["MultiplayerSpawner", "MultiplayerSynchronizer"];

    private readonly List<SceneOperation> _made = [];
    private int _nodes;

    /// <summary>Why it cannot be done; empty if it can.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Reads the operations; false with an <see cref="Error"/>.</summary>
    public bool TryMake(ImmutableArray<Variant> operations, out IReadOnlyList<SceneOperation> made)
    {
        made = _made;
        if (operations.IsEmpty) return Fail("no operations");
        if (operations.Length > limits.OperationsMax) return Fail($"more than {limits.OperationsMax} operations");
        foreach (Variant operation in operations)
        {
            if (operation.Type != VariantType.Array || operation.AsArray().Items is not [var first, .. var rest] || !first.TryGetText(out string what))
                return Fail("an operation is no array that begins with a name");
            bool isMade = (what, rest.Length) switch
            {
                ("spawn", 4) => TrySpawn(rest),
                ("remove", 1) => TryRemove(rest[0]),
                ("set", 2) => TrySet(rest),
                ("move", 3) => TryMove(rest),
                _ => Fail($"\"{what[..Math.Min(what.Length, 20)]}\" with {rest.Length} arguments is no operation"),
            };
            if (!isMade) return false;
        }

        return true;
    }

    private bool TrySpawn(ImmutableArray<Variant> arguments)
    {
        if (!TryPath(arguments[0], out string parent) || !TryChild(parent, arguments[1], out string name)) return false;
        if (!arguments[2].TryGetText(out string type)) return Fail("a type is no text");
        if (!TryProperties(arguments[3], out List<PropertyWrite> properties)) return false;
        SpawnOperation? spawn = type.StartsWith("res://", StringComparison.Ordinal) ? OfScene(parent, name, type, properties) : OfClass(parent, name, type, properties);
        if (spawn is null) return false;
        _nodes += spawn.Template.Nodes.Count;
        if (_nodes > limits.NodesMax) return Fail($"more than {limits.NodesMax} nodes in one change");
        _made.Add(spawn);
        return true;
    }

    private SpawnOperation? OfClass(string parent, string name, string type, List<PropertyWrite> properties)
    {
        if (type.Length == 0 || !type.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')) Fail("a type is neither a class nor a scene");
        else if (_refusedTypes.Contains(type)) Fail($"a {type} can only be part of a scene");
        else return new(NodeRef.At(parent), new([new(-1, name, type, "", [], 0, null, [.. properties.Where(p => p.Value is not null)], [])]));
        return null;
    }

    private SpawnOperation? OfScene(string parent, string name, string scene, List<PropertyWrite> properties)
    {
        if (!files.TryGetScene(scene, out GameScene? found))
        {
            Fail("the project has no such scene, or none that can be read");
            return null;
        }

        ImportPlan plan = ImportPlan.Of(found.Expanded, parent, name);
        if (plan.Nodes > limits.NodesMax || plan.Batches is not [[SpawnOperation spawn]])
        {
            Fail("the scene is too large for one change");
            return null;
        }

        // What is told of its root takes the place of what the scene has.
        TemplateNode top = spawn.Template.Nodes[0];
        PropertyWrite[] all = [.. top.Properties.Where(p => !properties.Exists(own => own.Name == p.Name)), .. properties.Where(p => p.Value is not null)];
        return spawn with { Template = new([top with { Properties = all }, .. spawn.Template.Nodes.Skip(1)]) };
    }

    private bool TryRemove(Variant argument)
    {
        if (!TryPathBelowRoot(argument, out string path)) return false;
        _made.Add(new DespawnOperation(NodeRef.At(path)));
        return true;
    }

    private bool TrySet(ImmutableArray<Variant> arguments)
    {
        if (!TryPath(arguments[0], out string path) || !TryProperties(arguments[1], out List<PropertyWrite> properties)) return false;
        if (rules.AccessTo(path) != TreeAccess.Write) return FailAccess(path);
        _made.Add(new SetPropertiesOperation(NodeRef.At(path), properties));
        return true;
    }

    private bool TryMove(ImmutableArray<Variant> arguments)
    {
        if (!TryPathBelowRoot(arguments[0], out string path) || !TryPath(arguments[1], out string parent) || !TryChild(parent, arguments[2], out string name)) return false;
        // A rename keeps its place among the siblings.
        if (path[..path.LastIndexOf('/')] == parent) _made.Add(new RenameOperation(NodeRef.At(path), name));
        else _made.Add(new ReparentOperation(NodeRef.At(path), NodeRef.At(parent), name));
        return true;
    }

    private bool TryPath(Variant argument, out string path)
    {
        path = root;
        if (!argument.TryGetText(out string relative)) return Fail("a path is no text");
        if (relative == ".") return true;
        foreach (string name in relative.Split('/'))
        {
            if (!ScenePath.IsValidName(name, out _)) return Fail("a path is neither \".\" nor names that \"/\" joins");
        }

        path = ScenePath.Join(root, relative);
        return true;
    }

    private bool TryPathBelowRoot(Variant argument, out string path)
    {
        if (!TryPath(argument, out path)) return false;
        if (path == root) return Fail("the followed root stays where it is");
        return TryAccess(path[..path.LastIndexOf('/')], path);
    }

    private bool TryChild(string parent, Variant argument, out string name)
    {
        if (!argument.TryGetText(out name)) return Fail("a name is no text");
        if (!ScenePath.IsValidName(name, out string? why)) return Fail(why);
        return TryAccess(parent, ScenePath.Join(parent, name));
    }

    // Which children a node has is its own.
    private bool TryAccess(string parent, string child)
    {
        if (rules.AccessTo(parent) != TreeAccess.Write) return FailAccess(parent);
        return rules.AccessToAll(child) == TreeAccess.Write || FailAccess(child);
    }

    private bool TryProperties(Variant argument, out List<PropertyWrite> properties)
    {
        properties = [];
        if (argument.Type != VariantType.Dictionary) return Fail("properties are no dictionary");
        foreach ((Variant key, Variant value) in argument.AsDictionary().Pairs)
        {
            if (!key.TryGetText(out string name)) return Fail("a property's name is no text");
            if (!PlainProperty.IsName(name)) return Fail($"\"{name}\" cannot be set here");
            if (!PlainProperty.IsValue(value)) return Fail("a value holds an object, or what only one game knows");
            properties.Add(new(name, value.IsNil ? null : PropertyValue.Encode(value)));
        }

        return true;
    }

    private bool FailAccess(string path) => Fail($"{path} is not for clients to change");

    private bool Fail(string why)
    {
        Error = why;
        return false;
    }
}
