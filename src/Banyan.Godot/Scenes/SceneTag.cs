using System.Collections.Immutable;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>A heading while it is read: each attribute is taken once, in the type it must have; what is left is extra.</summary>
internal sealed class SceneTag(VariantLexer lexer, string name, int at)
{
    private const int AttributesMax = 64;

    private readonly List<(string Name, Variant Value, int At)> _attributes = [];

    public string Name { get; } = name;

    public int At { get; } = at;

    public int Line { get; } = lexer.LineOf(at);

    /// <summary>What nobody took.</summary>
    public ImmutableArray<SceneAttribute> Extra => [.. _attributes.Select(a => new SceneAttribute(a.Name, a.Value))];

    /// <summary>Adds an attribute; of two with one name the last counts, as in Godot.</summary>
    public void Add(string attribute, Variant value, int valueAt)
    {
        _attributes.RemoveAll(a => a.Name == attribute);
        _attributes.Add((attribute, value, valueAt));
        if (_attributes.Count > AttributesMax) lexer.Fail(valueAt, $"more than {AttributesMax} attributes");
    }

    /// <summary>A text that must be there and not be empty.</summary>
    public string Required(string attribute)
    {
        if (OptionalText(attribute) is { Length: > 0 } text) return text;
        lexer.Fail(At, $"[{Name}] needs '{attribute}'");
        return "";
    }

    /// <summary>A text, a path, or the number that an old id is.</summary>
    public string? OptionalText(string attribute) => Take(attribute, out Variant value, out int valueAt) ? value.Type switch
    {
        VariantType.String or VariantType.StringName => value.AsText(),
        VariantType.NodePath => value.AsNodePath().ToString(),
        VariantType.Int => value.AsInt().ToString(),
        _ => Mistyped<string>(attribute, valueAt, "a text"),
    } : null;

    public long? OptionalInt(string attribute) => Take(attribute, out Variant value, out int valueAt) ? value.Type switch
    {
        VariantType.Int => value.AsInt(),
        VariantType.String when long.TryParse(value.AsText(), out long number) => number,
        _ => MistypedValue<long>(attribute, valueAt, "a whole number"),
    } : null;

    public Variant? OptionalValue(string attribute) => Take(attribute, out Variant value, out _) ? value : default(Variant?);

    public ImmutableArray<string> Texts(string attribute)
    {
        if (!Take(attribute, out Variant value, out int valueAt)) return [];
        if (value.Type == VariantType.PackedStringArray) return value.AsStrings();
        if (value.Type == VariantType.Array && value.AsArray().Items.All(i => i.IsText))
            return [.. value.AsArray().Items.Select(i => i.AsText())];
        Mistyped<string>(attribute, valueAt, "an array of texts");
        return [];
    }

    public ImmutableArray<Variant> Values(string attribute)
    {
        if (!Take(attribute, out Variant value, out int valueAt)) return [];
        if (value.Type == VariantType.Array) return value.AsArray().Items;
        Mistyped<string>(attribute, valueAt, "an array");
        return [];
    }

    public ObjectRef? OptionalReference(string attribute)
    {
        if (!Take(attribute, out Variant value, out int valueAt)) return null;
        if (value.Type == VariantType.Object && value.AsObject() is SectionRef { IsExternal: true } or ResourceRef) return value.AsObject();
        return Mistyped<ObjectRef>(attribute, valueAt, "an ExtResource");
    }

    private T? Mistyped<T>(string attribute, int valueAt, string wanted) where T : class
    {
        lexer.Fail(valueAt, $"'{attribute}' of [{Name}] must be {wanted}");
        return null;
    }

    private T? MistypedValue<T>(string attribute, int valueAt, string wanted) where T : struct
    {
        Mistyped<string>(attribute, valueAt, wanted);
        return null;
    }

    private bool Take(string attribute, out Variant value, out int valueAt)
    {
        int i = _attributes.FindIndex(a => a.Name == attribute);
        (value, valueAt) = i < 0 ? default : (_attributes[i].Value, _attributes[i].At);
        if (i >= 0) _attributes.RemoveAt(i);
        return i >= 0;
    }
}
