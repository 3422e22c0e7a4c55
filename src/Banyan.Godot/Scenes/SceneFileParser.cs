using System.Collections.Immutable;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>Reads a scene file: headings, each with its properties.</summary>
internal sealed class SceneFileParser
{
    private const int FormatMax = 4;

    private readonly string _path;
    private readonly SceneFileLimits _limits;
    private readonly VariantLexer _lexer;
    private readonly VariantTextParser _values;
    private readonly Dictionary<string, int> _externalLines = [];
    private readonly Dictionary<string, int> _internalLines = [];
    private readonly ImmutableArray<ExtResource>.Builder _external = ImmutableArray.CreateBuilder<ExtResource>();
    private readonly ImmutableArray<SubResource>.Builder _internal = ImmutableArray.CreateBuilder<SubResource>();
    private readonly ImmutableArray<SceneFileNode>.Builder _nodes = ImmutableArray.CreateBuilder<SceneFileNode>();
    private readonly ImmutableArray<SceneFileConnection>.Builder _connections = ImmutableArray.CreateBuilder<SceneFileConnection>();
    private readonly ImmutableArray<string>.Builder _editable = ImmutableArray.CreateBuilder<string>();
    private int _tags;

    public SceneFileParser(string text, string path, SceneFileLimits limits)
    {
        _path = path;
        _limits = limits;
        bool tooLong = text.Length > limits.CharactersMax;
        _lexer = new VariantLexer(tooLong ? "" : text);
        if (tooLong) _lexer.Fail(0, $"the file is longer than {limits.CharactersMax} characters");
        _values = new VariantTextParser(_lexer, Resolve, limits.Values);
    }

    public bool TryParse(out SceneFile file, out SceneFileError error)
    {
        file = Parse();
        error = _lexer.Failed ? new SceneFileError(_path, _lexer.Error.Line, _lexer.Error.Column, _lexer.Error.Message) : default;
        return !_lexer.Failed;
    }

    private SceneFile Parse()
    {
        SceneFile file = new() { Path = _path };
        if (!TryTag(out SceneTag? tag)) _lexer.Fail(_lexer.At, "expected [gd_scene]");
        if (_lexer.Failed) return file;
        if (tag!.Name != "gd_scene")
        {
            _lexer.Fail(tag.At, $"expected [gd_scene], not [{tag.Name}]");
            return file;
        }

        long format = tag.OptionalInt("format") ?? 1;
        if (format is < 1 or > FormatMax) _lexer.Fail(tag.At, $"format {format} is not known; {FormatMax} is the newest");
        file = file with
        {
            Format = (int)format,
            LoadSteps = tag.OptionalInt("load_steps"),
            Uid = tag.OptionalText("uid"),
            Extra = tag.Extra,
        };
        if (!TryTag(out tag)) return file;
        while (tag is not null && !_lexer.Failed) tag = Section(tag);
        return file with
        {
            ExtResources = _external.DrainToImmutable(),
            SubResources = _internal.DrainToImmutable(),
            Nodes = _nodes.DrainToImmutable(),
            Connections = _connections.DrainToImmutable(),
            EditableInstances = _editable.DrainToImmutable(),
        };
    }

    /// <summary>Reads what follows a heading, and gives the next heading; null at the end.</summary>
    private SceneTag? Section(SceneTag tag)
    {
        if (++_tags > _limits.TagsMax) _lexer.Fail(tag.At, $"more than {_limits.TagsMax} headings");
        bool nodesBegan = _nodes.Count > 0 || _connections.Count > 0 || _editable.Count > 0;
        switch (tag.Name)
        {
            case "ext_resource" when _internal.Count > 0 || nodesBegan:
            case "sub_resource" when nodesBegan:
                _lexer.Fail(tag.At, $"[{tag.Name}] after [{(nodesBegan ? "node" : "sub_resource")}]");
                return null;
            case "ext_resource":
                External(tag);
                return NextWithoutProperties(tag);
            case "sub_resource":
                return Internal(tag);
            case "node":
                return Node(tag);
            case "connection":
                Connection(tag);
                return NextWithoutProperties(tag);
            case "editable":
                _editable.Add(tag.Required("path"));
                return NextWithoutProperties(tag);
            default:
                _lexer.Fail(tag.At, $"unknown heading [{tag.Name}]");
                return null;
        }
    }

    private void External(SceneTag tag)
    {
        ExtResource resource = new()
        {
            Type = tag.Required("type"),
            Uid = tag.OptionalText("uid"),
            Path = tag.Required("path"),
            Id = tag.Required("id"),
            Line = tag.Line,
            Extra = tag.Extra,
        };
        if (!_externalLines.TryAdd(resource.Id, tag.Line))
            _lexer.Fail(tag.At, $"the ext_resource on line {_externalLines[resource.Id]} has the id \"{resource.Id}\" already");
        _external.Add(resource);
    }

    private SceneTag? Internal(SceneTag tag)
    {
        SubResource resource = new() { Type = tag.Required("type"), Id = tag.Required("id"), Line = tag.Line, Extra = tag.Extra };
        if (!_lexer.Failed && !VariantLexer.IsIdentifier(resource.Type)) _lexer.Fail(tag.At, $"'{resource.Type}' is not the name of a class");
        resource = resource with { Properties = Properties(out SceneTag? next) };
        if (!_internalLines.TryAdd(resource.Id, tag.Line))
            _lexer.Fail(tag.At, $"the sub_resource on line {_internalLines[resource.Id]} has the id \"{resource.Id}\" already");
        _internal.Add(resource);
        return next;
    }

    private SceneTag? Node(SceneTag tag)
    {
        string name = tag.Required("name");
        long? index = tag.OptionalInt("index");
        SceneFileNode node = new()
        {
            Name = name,
            Type = tag.OptionalText("type"),
            Parent = tag.OptionalText("parent"),
            ParentIdPath = tag.OptionalValue("parent_id_path"),
            Owner = tag.OptionalText("owner"),
            OwnerUidPath = tag.OptionalValue("owner_uid_path"),
            Index = index is null ? null : (int)Math.Clamp(index.Value, -1, int.MaxValue),
            UniqueId = tag.OptionalInt("unique_id"),
            NodePaths = tag.Texts("node_paths"),
            Groups = tag.Texts("groups"),
            InstancePlaceholder = tag.OptionalText("instance_placeholder"),
            Instance = tag.OptionalReference("instance"),
            Line = tag.Line,
            Extra = tag.Extra,
        };
        if (name is "." or ".." || name.Contains('/')) _lexer.Fail(tag.At, $"\"{name}\" cannot be the name of a node");
        if (_nodes.Count > 0 && node.Parent is null) _lexer.Fail(tag.At, $"node \"{name}\" has no parent, and is not the first");
        if (_nodes.Count == 0 && node.Parent is not null) _lexer.Fail(tag.At, $"the first node, \"{name}\", has a parent");
        if (_nodes.Count == 0 && node.InstancePlaceholder is not null) _lexer.Fail(tag.At, $"the first node, \"{name}\", cannot be a placeholder");
        if (_nodes.Count == 0 && node.IsOverride) _lexer.Fail(tag.At, $"the first node, \"{name}\", has neither a type nor a scene that it inherits");
        _nodes.Add(node with { Properties = Properties(out SceneTag? next) });
        return next;
    }

    private void Connection(SceneTag tag) => _connections.Add(new SceneFileConnection
    {
        Signal = tag.Required("signal"),
        From = tag.Required("from"),
        To = tag.Required("to"),
        Method = tag.Required("method"),
        Flags = tag.OptionalInt("flags"),
        FromUidPath = tag.OptionalValue("from_uid_path"),
        ToUidPath = tag.OptionalValue("to_uid_path"),
        Unbinds = tag.OptionalInt("unbinds"),
        Binds = tag.Values("binds"),
        Line = tag.Line,
        Extra = tag.Extra,
    });

    private SceneTag? NextWithoutProperties(SceneTag tag)
    {
        if (!_lexer.TryNameOrTag(out string? name, out int at)) return null;
        if (name is null) return Tag(at);
        _lexer.Fail(at, $"[{tag.Name}] has no properties");
        return null;
    }

    /// <summary>The properties up to the next heading.</summary>
    private ImmutableArray<SceneProperty> Properties(out SceneTag? next)
    {
        next = null;
        ImmutableArray<SceneProperty>.Builder properties = ImmutableArray.CreateBuilder<SceneProperty>();
        while (_lexer.TryNameOrTag(out string? name, out int at))
        {
            if (name is null)
            {
                next = Tag(at);
                break;
            }

            if (!_values.TryValue(out Variant value)) break;
            properties.Add(new SceneProperty(name, value, _lexer.LineOf(at)));
        }

        return properties.DrainToImmutable();
    }

    private bool TryTag(out SceneTag? tag)
    {
        tag = null;
        if (!_lexer.TryNameOrTag(out string? name, out int at)) return false;
        if (name is null) tag = Tag(at);
        else _lexer.Fail(at, "expected a heading in brackets");
        return tag is not null;
    }

    /// <summary>A heading whose opening bracket was read.</summary>
    private SceneTag? Tag(int at)
    {
        Token name = _lexer.Next();
        if (name.Kind != TokenKind.Identifier) _lexer.Fail(name.At, "expected the name of a heading");
        SceneTag tag = new(_lexer, name.Text, at);
        while (!_lexer.Failed)
        {
            Token attribute = _lexer.Next();
            if (attribute.Kind == TokenKind.BracketClose) return tag;
            if (attribute.Kind == TokenKind.End) _lexer.Fail(at, $"the heading [{tag.Name}] has no end");
            else if (attribute.Kind != TokenKind.Identifier) _lexer.Fail(attribute.At, "expected an attribute's name, or ']'");
            Token equal = _lexer.Next();
            if (equal.Kind != TokenKind.Equal) _lexer.Fail(equal.At, $"expected '=' after '{attribute.Text}'");
            int valueAt = _lexer.At;
            if (_values.TryValue(out Variant value)) tag.Add(attribute.Text, value, valueAt);
        }

        return null;
    }

    private bool Resolve(ObjectRef reference, out ObjectRef? resolved)
    {
        resolved = reference;
        return reference is not SectionRef section || (section.IsExternal ? _externalLines : _internalLines).ContainsKey(section.Id);
    }
}
