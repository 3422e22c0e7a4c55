using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Scenes;

/// <summary>Puts what a file's references stand for in their place, and weighs the result.</summary>
/// <remarks>
/// Sub-resources that refer to each other share objects, but every text of them repeats these; so the weight of a value
/// counts them as often as they appear, and saturates.
/// </remarks>
internal sealed class ResourceValues(IReadOnlyDictionary<string, string> externalPaths)
{
    private readonly Dictionary<string, Weighed> _objects = [];

    /// <summary>A value, how many single values it holds, and how deep.</summary>
    public readonly record struct Weighed(Variant Value, long Weight, int Depth);

    /// <summary>Makes a sub-resource known under its id; those it refers to are known already.</summary>
    public Weighed Define(SubResource resource)
    {
        Weighed made = Inline(resource.Type, [.. resource.Properties.Select(p => new KeyValuePair<string, Variant>(p.Name, p.Value))]);
        _objects.Add(resource.Id, made);
        return made;
    }

    /// <summary>A value of the file, resolved.</summary>
    public Weighed Resolve(Variant value)
    {
        switch (value.Type)
        {
            case VariantType.Object: return Object(value);
            case VariantType.Array: return Array(value.AsArray());
            case VariantType.Dictionary: return Dictionary(value.AsDictionary());
            case VariantType.PackedByteArray: return new(value, 1 + value.AsBytes().Length, 0);
            case VariantType.PackedInt32Array: return new(value, 1 + value.AsInt32s().Length, 0);
            case VariantType.PackedInt64Array: return new(value, 1 + value.AsInt64s().Length, 0);
            case VariantType.PackedFloat32Array: return new(value, 1 + value.AsFloat32s().Length, 0);
            case VariantType.PackedFloat64Array: return new(value, 1 + value.AsFloat64s().Length, 0);
            case VariantType.PackedStringArray: return new(value, 1 + value.AsStrings().Sum(TextWeight), 0);
            case VariantType.PackedVector2Array: return new(value, 1 + value.AsVector2s().Length, 0);
            case VariantType.PackedVector3Array: return new(value, 1 + value.AsVector3s().Length, 0);
            case VariantType.PackedColorArray: return new(value, 1 + value.AsColors().Length, 0);
            case VariantType.PackedVector4Array: return new(value, 1 + value.AsVector4s().Length, 0);
            case VariantType.String or VariantType.StringName: return new(value, TextWeight(value.AsText()), 0);
            default: return new(value, 1, 0);
        }
    }

    // A long text weighs what the numbers that fill as much room would.
    private static long TextWeight(string text) => 1 + (text.Length / 16);

    private Weighed Object(Variant value) => value.AsObject() switch
    {
        SectionRef { IsExternal: true } section => new(Variant.FromObject(new ResourceRef(externalPaths[section.Id])), 1, 0),
        SectionRef section => _objects[section.Id],
        InlineObject inline => Inline(inline.ClassName, inline.Properties),
        _ => new(value, 1, 0),
    };

    private Weighed Inline(string className, IReadOnlyList<KeyValuePair<string, Variant>> properties)
    {
        var resolved = new KeyValuePair<string, Variant>[properties.Count];
        long weight = 1;
        int depth = 0;
        for (int i = 0; i < resolved.Length; i++) resolved[i] = new(properties[i].Key, Take(properties[i].Value, ref weight, ref depth));
        return new(Variant.FromObject(new InlineObject(className, resolved)), weight, depth + 1);
    }

    private Weighed Array(VariantArray array)
    {
        long weight = 1;
        int depth = 0;
        var items = new Variant[array.Items.Length];
        for (int i = 0; i < items.Length; i++) items[i] = Take(array.Items[i], ref weight, ref depth);
        return new(new VariantArray([.. items], Element(array.ElementType, ref weight, ref depth)), weight, depth + 1);
    }

    private Weighed Dictionary(VariantDictionary dictionary)
    {
        long weight = 1;
        int depth = 0;
        var pairs = new KeyValuePair<Variant, Variant>[dictionary.Pairs.Length];
        for (int i = 0; i < pairs.Length; i++)
            pairs[i] = new(Take(dictionary.Pairs[i].Key, ref weight, ref depth), Take(dictionary.Pairs[i].Value, ref weight, ref depth));
        ElementType keyType = Element(dictionary.KeyType, ref weight, ref depth);
        ElementType valueType = Element(dictionary.ValueType, ref weight, ref depth);
        Invariant.Holds(VariantDictionary.TryCreate(pairs, keyType, valueType, out VariantDictionary resolved));
        return new(resolved, weight, depth + 1);
    }

    private ElementType Element(ElementType type, ref long weight, ref int depth) =>
        type.Script is null ? type : type with { Script = Take(Variant.FromObject(type.Script), ref weight, ref depth).AsObject() };

    private Variant Take(Variant value, ref long weight, ref int depth)
    {
        Weighed inner = Resolve(value);
        weight = Math.Min(weight + inner.Weight, long.MaxValue / 2);
        depth = Math.Max(depth, inner.Depth);
        return inner.Value;
    }
}
