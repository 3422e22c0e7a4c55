using System.Collections.Immutable;
using Banyan.Godot.Paths;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Replication;

/// <summary>Reads properties of a node as its class takes them; one of a wrong type or out of bounds is a warning.</summary>
internal sealed class NodeProperties(ExpandedNode node)
{
    public List<string> Warnings { get; } = [];

    public void Warn(string message) => Warnings.Add(message);

    public bool Bool(string name, bool otherwise)
    {
        if (!TryFind(name, out Variant value)) return otherwise;
        return value.Type == VariantType.Bool ? value.AsBool() : Refuse(name, value, otherwise);
    }

    public long Int(string name, long otherwise, long least, long most)
    {
        if (!TryFind(name, out Variant value)) return otherwise;
        return value.Type == VariantType.Int && value.AsInt() >= least && value.AsInt() <= most ? value.AsInt() : Refuse(name, value, otherwise);
    }

    public double Float(string name, double otherwise, double least, double most)
    {
        if (!TryFind(name, out Variant value)) return otherwise;
        double number = value.Type switch
        {
            VariantType.Float => value.AsFloat(),
            VariantType.Int => value.AsInt(),
            _ => double.NaN,
        };
        return number >= least && number <= most ? number : Refuse(name, value, otherwise);
    }

    public NodePath Path(string name, NodePath otherwise)
    {
        if (!TryFind(name, out Variant value)) return otherwise;
        if (value.Type == VariantType.NodePath) return value.AsNodePath();
        return value.TryGetText(out string text) ? NodePath.Parse(text) : Refuse(name, value, otherwise);
    }

    public ImmutableArray<string> Texts(string name)
    {
        if (!TryFind(name, out Variant value)) return [];
        if (value.Type == VariantType.PackedStringArray) return value.AsStrings();
        if (value.Type == VariantType.Array && value.AsArray().Items.All(i => i.IsText)) return [.. value.AsArray().Items.Select(i => i.AsText())];
        return Refuse(name, value, ImmutableArray<string>.Empty);
    }

    public ObjectRef? Object(string name)
    {
        if (!TryFind(name, out Variant value) || value.IsNil) return null;
        return value.Type == VariantType.Object ? value.AsObject() : Refuse<ObjectRef?>(name, value, null);
    }

    private bool TryFind(string name, out Variant value)
    {
        foreach ((string key, Variant set) in node.Properties)
        {
            if (key != name) continue;
            value = set;
            return true;
        }

        value = default;
        return false;
    }

    private T Refuse<T>(string name, Variant value, T otherwise)
    {
        Warn($"{node.Type} \"{node.Name}\" cannot take this {name}, a {value.Type}");
        return otherwise;
    }
}
