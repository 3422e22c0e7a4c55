using System.Collections.Immutable;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Variants;

/// <summary>Draws values of every type, odd ones included.</summary>
internal sealed class RandomVariants(SeededRandom random)
{
    private static readonly string[] Texts =
        ["", "a", "two words", "hé", "日本", "\U0001F333", "quote \" and \\ backslash", "line\nbreak\ttab\r", "it's?", ";[x]=", "\a\v\u007f"];

    public Variant Next(int depth = 3)
    {
        var type = (VariantType)random.Next(VariantTypeNames.Count);
        return type switch
        {
            VariantType.Bool => random.Chance(0.5),
            VariantType.Int => Long(),
            VariantType.Float => Double(),
            VariantType.String => Text(),
            VariantType.Vector2 => V2(),
            VariantType.Vector2I => new Vector2I(Int(), Int()),
            VariantType.Rect2 => new Rect2(V2(), V2()),
            VariantType.Rect2I => new Rect2I(new(Int(), Int()), new(Int(), Int())),
            VariantType.Vector3 => V3(),
            VariantType.Vector3I => new Vector3I(Int(), Int(), Int()),
            VariantType.Transform2D => new Transform2D(V2(), V2(), V2()),
            VariantType.Vector4 => V4(),
            VariantType.Vector4I => new Vector4I(Int(), Int(), Int(), Int()),
            VariantType.Plane => new Plane(V3(), Float()),
            VariantType.Quaternion => new Quaternion(Float(), Float(), Float(), Float()),
            VariantType.Aabb => new Aabb(V3(), V3()),
            VariantType.Basis => new Basis(V3(), V3(), V3()),
            VariantType.Transform3D => new Transform3D(new Basis(V3(), V3(), V3()), V3()),
            VariantType.Projection => new Projection(V4(), V4(), V4(), V4()),
            VariantType.Color => Rgba(),
            VariantType.StringName => new StringName(Text()),
            VariantType.NodePath => NodePath.Parse(Pick("", ".", "..", "/root/A", "A/B:position:x", "%U/B", "it's/\"q\"")),
            VariantType.Rid => new Rid((ulong)random.Next(1000)),
            VariantType.Object => Object(depth),
            VariantType.Callable => Variant.EmptyCallable,
            VariantType.Signal => new SignalRef("", 0),
            VariantType.Dictionary => Dictionary(depth),
            VariantType.Array => Array(depth),
            VariantType.PackedByteArray => Many(() => (byte)random.Next(256)),
            VariantType.PackedInt32Array => Many(Int),
            VariantType.PackedInt64Array => Many(Long),
            VariantType.PackedFloat32Array => Many(Float),
            VariantType.PackedFloat64Array => Many(Double),
            VariantType.PackedStringArray => Many(Text),
            VariantType.PackedVector2Array => Many(V2),
            VariantType.PackedVector3Array => Many(V3),
            VariantType.PackedColorArray => Many(Rgba),
            VariantType.PackedVector4Array => Many(V4),
            _ => default,
        };
    }

    private Variant Object(int depth) => Variant.FromObject(random.Next(5) switch
    {
        0 => new ResourceRef("res://a \"b\".png"),
        1 => new ResourceRef("res://a.png", "uid://abc"),
        2 => new EncodedObject(1 + (ulong)random.Next(1000)),
        3 => new SectionRef(random.Chance(0.5), "id_" + random.Next(5)),
        _ => new InlineObject("BoxShape3D", [.. Enumerable.Range(0, random.Next(3)).Select(i => new KeyValuePair<string, Variant>("p/" + i, Inner(depth)))]),
    });

    private Variant Array(int depth)
    {
        ElementType type = random.Next(4) switch
        {
            0 => new ElementType(VariantType.Int),
            1 => ElementType.OfClass("Node3D"),
            2 => ElementType.OfScript(new ResourceRef("res://a.gd")),
            _ => default,
        };
        Variant[] items = [.. Enumerable.Range(0, random.Next(4)).Select(_ => type.Type switch
        {
            VariantType.Int => Long(),
            VariantType.Object => Variant.FromObject(new ResourceRef("res://x.tres")),
            _ => Inner(depth),
        })];
        Assert.True(VariantArray.TryCreate(items, type, out VariantArray array));
        return array;
    }

    private Variant Dictionary(int depth)
    {
        bool typed = random.Chance(0.3);
        ElementType keyType = typed ? new(VariantType.String) : default;
        ElementType valueType = typed && random.Chance(0.5) ? new(VariantType.Float) : default;
        KeyValuePair<Variant, Variant>[] pairs = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new KeyValuePair<Variant, Variant>(
            typed ? Text() : Inner(depth), valueType.IsTyped ? Double() : Inner(depth)))];
        Assert.True(VariantDictionary.TryCreate(pairs, keyType, valueType, out VariantDictionary dictionary));
        return dictionary;
    }

    private Variant Inner(int depth) => depth == 0 ? Long() : Next(depth - 1);

    private ImmutableArray<T> Many<T>(Func<T> draw) => [.. Enumerable.Range(0, random.Next(6)).Select(_ => draw())];

    private string Text() => Pick(Texts);

    private T Pick<T>(params T[] of) => of[random.Next(of.Length)];

    private int Int() => Pick(0, 1, -1, int.MaxValue, int.MinValue, (int)random.NextUInt64());

    private long Long() => Pick(0L, 1, -1, int.MaxValue + 1L, long.MinValue, long.MaxValue, (long)random.NextUInt64(), random.Next(100));

    private double Double() => Pick(
        0.0, 1, -1.5, 0.1, 1e300, -1e-300, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, 123456789.0,
        random.NextDouble(), (random.NextDouble() - 0.5) * 1e20);

    private float Float() => Pick(
        0f, 1, -1.5f, 0.1f, 1e30f, -1e-30f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, 12345678f,
        (float)random.NextDouble(), (float)((random.NextDouble() - 0.5) * 1e12));

    private Vector2 V2() => new(Float(), Float());

    private Vector3 V3() => new(Float(), Float(), Float());

    private Vector4 V4() => new(Float(), Float(), Float(), Float());

    private Color Rgba() => new(Float(), Float(), Float(), Float());
}
