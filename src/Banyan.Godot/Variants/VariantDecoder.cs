using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Banyan.Godot.Paths;
using Banyan.Primitives;

namespace Banyan.Godot.Variants;

/// <summary>Reads values for <see cref="VariantBinary"/>. A bad read fails the reader; the value given then means nothing.</summary>
internal static class VariantDecoder
{
    private const int ValueBytesMin = 4;
    private const int PairBytesMin = 8;

    private delegate T ItemReader<T>(ref ByteReader reader, bool wide);

    /// <remarks>
    /// Of the bytes that are left, <paramref name="claimed"/> at the least belong to what the containers around this
    /// value still hold: so containers in containers cannot each claim the same bytes for their counts.
    /// </remarks>
    public static Variant Read(ref ByteReader reader, VariantLimits limits, int depth, int claimed = 0)
    {
        if (depth > limits.DepthMax) return Bad(ref reader);
        uint header = reader.UInt32();
        bool wide = (header & VariantBinary.Flag64) != 0;
        var type = (VariantType)(header & 0xFF);
        switch (type)
        {
            case VariantType.Nil: return default;
            case VariantType.Bool: return reader.UInt32() != 0;
            case VariantType.Int: return wide ? (long)reader.UInt64() : (int)reader.UInt32();
            case VariantType.Float: return wide ? Double(ref reader) : Single(ref reader);
            case VariantType.String: return Text(ref reader);
            case VariantType.StringName: return new StringName(Text(ref reader));
            case VariantType.Vector2: return V2(ref reader, wide);
            case VariantType.Vector2I: return V2I(ref reader);
            case VariantType.Rect2: return new Rect2(V2(ref reader, wide), V2(ref reader, wide));
            case VariantType.Rect2I: return new Rect2I(V2I(ref reader), V2I(ref reader));
            case VariantType.Vector3: return V3(ref reader, wide);
            case VariantType.Vector3I: return new Vector3I(Int(ref reader), Int(ref reader), Int(ref reader));
            case VariantType.Transform2D: return new Transform2D(V2(ref reader, wide), V2(ref reader, wide), V2(ref reader, wide));
            case VariantType.Vector4: return V4(ref reader, wide);
            case VariantType.Vector4I: return new Vector4I(Int(ref reader), Int(ref reader), Int(ref reader), Int(ref reader));
            case VariantType.Plane: return new Plane(V3(ref reader, wide), Real(ref reader, wide));
            case VariantType.Quaternion:
                Vector4 q = V4(ref reader, wide);
                return new Quaternion(q.X, q.Y, q.Z, q.W);
            case VariantType.Aabb: return new Aabb(V3(ref reader, wide), V3(ref reader, wide));
            case VariantType.Basis: return Rows(ref reader, wide);
            case VariantType.Transform3D: return new Transform3D(Rows(ref reader, wide), V3(ref reader, wide));
            case VariantType.Projection:
                return new Projection(V4(ref reader, wide), V4(ref reader, wide), V4(ref reader, wide), V4(ref reader, wide));
            case VariantType.Color: return Rgba(ref reader, false);
            case VariantType.NodePath: return Path(ref reader);
            case VariantType.Rid: return new Rid(reader.UInt64());
            case VariantType.Object: return Object(ref reader, wide, limits, depth, claimed);
            case VariantType.Callable: return Variant.EmptyCallable;
            case VariantType.Signal: return new SignalRef(Text(ref reader), reader.UInt64());
            case VariantType.Dictionary: return Dictionary(ref reader, header, limits, depth, claimed);
            case VariantType.Array: return Array(ref reader, header, limits, depth, claimed);
            case VariantType.PackedByteArray: return Bytes(ref reader);
            case VariantType.PackedInt32Array: return Packed(ref reader, wide, 4, (ref ByteReader r, bool _) => Int(ref r));
            case VariantType.PackedInt64Array: return Packed(ref reader, wide, 8, (ref ByteReader r, bool _) => (long)r.UInt64());
            case VariantType.PackedFloat32Array: return Packed(ref reader, wide, 4, (ref ByteReader r, bool _) => Single(ref r));
            case VariantType.PackedFloat64Array: return Packed(ref reader, wide, 8, (ref ByteReader r, bool _) => Double(ref r));
            case VariantType.PackedStringArray: return Packed(ref reader, wide, 4, (ref ByteReader r, bool _) => Text(ref r));
            case VariantType.PackedVector2Array: return Packed(ref reader, wide, wide ? 16 : 8, V2);
            case VariantType.PackedVector3Array: return Packed(ref reader, wide, wide ? 24 : 12, V3);
            case VariantType.PackedColorArray: return Packed(ref reader, wide, 16, Rgba);
            case VariantType.PackedVector4Array: return Packed(ref reader, wide, wide ? 32 : 16, V4);
            default: return Bad(ref reader);
        }
    }

    private static Variant Bad(ref ByteReader reader)
    {
        reader.Fail();
        return default;
    }

    private static Variant Array(ref ByteReader reader, uint header, VariantLimits limits, int depth, int claimed)
    {
        ElementType type = Element(ref reader, header >> VariantBinary.KeyKindShift, limits);
        int count = ItemCount(ref reader, ValueBytesMin, limits, claimed);
        var items = new Variant[count];
        for (int i = 0; i < count && !reader.Failed; i++) items[i] = Read(ref reader, limits, depth + 1, claimed + (ValueBytesMin * (count - 1 - i)));
        if (reader.Failed || !VariantArray.TryCreate(items, type, out VariantArray array)) return Bad(ref reader);
        return array;
    }

    private static Variant Dictionary(ref ByteReader reader, uint header, VariantLimits limits, int depth, int claimed)
    {
        ElementType keyType = Element(ref reader, header >> VariantBinary.KeyKindShift, limits);
        ElementType valueType = Element(ref reader, header >> VariantBinary.ValueKindShift, limits);
        int count = ItemCount(ref reader, PairBytesMin, limits, claimed);
        var pairs = new KeyValuePair<Variant, Variant>[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            int claimedAfter = claimed + (PairBytesMin * (count - 1 - i));
            Variant key = Read(ref reader, limits, depth + 1, claimedAfter + ValueBytesMin);
            pairs[i] = new(key, Read(ref reader, limits, depth + 1, claimedAfter));
        }

        if (reader.Failed || !VariantDictionary.TryCreate(pairs, keyType, valueType, out VariantDictionary dictionary))
            return Bad(ref reader);
        return dictionary;
    }

    private static ElementType Element(ref ByteReader reader, uint kind, VariantLimits limits)
    {
        switch ((ElementKind)(kind & 3))
        {
            case ElementKind.Any:
                return ElementType.Any;
            case ElementKind.Builtin:
                uint type = reader.UInt32();
                if (type < (uint)VariantTypeNames.Count) return new ElementType((VariantType)type);
                reader.Fail();
                return default;
            case ElementKind.Class:
                string className = Text(ref reader);
                return ElementType.OfClass(limits.FullObjects ? className : EncodedObject.ClassName);
            default:
                string path = Text(ref reader);
                return limits.FullObjects
                    ? ElementType.OfScript(new ResourceRef(path))
                    : ElementType.OfClass(EncodedObject.ClassName);
        }
    }

    private static Variant Object(ref ByteReader reader, bool isId, VariantLimits limits, int depth, int claimed)
    {
        if (isId)
        {
            ulong id = reader.UInt64();
            return Variant.FromObject(id == 0 ? null : new EncodedObject(id));
        }

        if (!limits.FullObjects) return Bad(ref reader);
        string className = Text(ref reader);
        if (className.Length == 0) return Variant.FromObject(null);
        int count = ItemCount(ref reader, PairBytesMin, limits, claimed);
        var properties = new KeyValuePair<string, Variant>[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            string name = Text(ref reader);
            properties[i] = new(name, Read(ref reader, limits, depth + 1, claimed + (PairBytesMin * (count - 1 - i))));
        }

        if (reader.Failed) return default;
        return Variant.FromObject(className switch
        {
            "Resource" when count is 1 or 2 && Named(properties[0], "resource_path", out string path) =>
                count == 1 ? new ResourceRef(path)
                : Named(properties[1], "uid", out string uid) ? new ResourceRef(path, uid)
                : new InlineObject(className, properties),
            "ExtResource" when count == 1 && Named(properties[0], "id", out string id) => new SectionRef(true, id),
            "SubResource" when count == 1 && Named(properties[0], "id", out string id) => new SectionRef(false, id),
            _ => new InlineObject(className, properties),
        });
    }

    private static bool Named(KeyValuePair<string, Variant> property, string name, out string text)
    {
        text = "";
        return property.Key == name && property.Value.Type == VariantType.String && property.Value.TryGetText(out text);
    }

    private static NodePath Path(ref ByteReader reader)
    {
        uint names = reader.UInt32();
        uint subnames = reader.UInt32();
        uint flags = reader.UInt32();
        // Bit 1 of the flags is of an old form: one subname more than counted.
        if ((flags & 2) != 0 && subnames < uint.MaxValue) subnames++;
        ulong total = (ulong)(names & 0x7FFFFFFF) + subnames;
        if ((names & 0x80000000) == 0 || total > (ulong)reader.Remaining / 4)
        {
            reader.Fail();
            return NodePath.Empty;
        }

        var nodeNames = new string[names & 0x7FFFFFFF];
        var subnameTexts = new string[subnames];
        for (int i = 0; i < nodeNames.Length; i++) nodeNames[i] = Text(ref reader);
        for (int i = 0; i < subnameTexts.Length; i++) subnameTexts[i] = Text(ref reader);
        return new NodePath(
            ImmutableCollectionsMarshal.AsImmutableArray(nodeNames), ImmutableCollectionsMarshal.AsImmutableArray(subnameTexts), (flags & 1) != 0);
    }

    private static ImmutableArray<byte> Bytes(ref ByteReader reader)
    {
        int length = Length(ref reader);
        ImmutableArray<byte> bytes = [.. reader.Raw(length)];
        reader.Raw(Padding(length));
        return bytes;
    }

    private static ImmutableArray<T> Packed<T>(ref ByteReader reader, bool wide, int bytesEach, ItemReader<T> read)
    {
        uint count = reader.UInt32();
        if (count > (uint)(reader.Remaining / bytesEach))
        {
            reader.Fail();
            return [];
        }

        var items = new T[count];
        for (int i = 0; i < items.Length; i++) items[i] = read(ref reader, wide);
        return ImmutableCollectionsMarshal.AsImmutableArray(items);
    }

    /// <summary>A count that the rest of the input can hold and the limits allow, so that it may be allocated by.</summary>
    private static int ItemCount(ref ByteReader reader, int bytesEach, VariantLimits limits, int claimed)
    {
        // Bit 31 once marked shared containers.
        uint count = reader.UInt32() & 0x7FFFFFFF;
        int free = reader.Remaining - claimed;
        if (free >= 0 && count <= (uint)Math.Min(free / bytesEach, limits.ItemsMax)) return (int)count;
        reader.Fail();
        return 0;
    }

    private static int Length(ref ByteReader reader)
    {
        uint length = reader.UInt32();
        if (length <= (uint)reader.Remaining) return (int)length;
        reader.Fail();
        return 0;
    }

    private static string Text(ref ByteReader reader)
    {
        int length = Length(ref reader);
        ReadOnlySpan<byte> utf8 = reader.Raw(length);
        reader.Raw(Padding(length));
        // Godot's strings end at a zero, wherever it stands.
        int zero = utf8.IndexOf((byte)0);
        if (zero >= 0) utf8 = utf8[..zero];
        if (Utf8.IsValid(utf8)) return Encoding.UTF8.GetString(utf8);
        reader.Fail();
        return "";
    }

    private static int Padding(int length) => (4 - (length % 4)) % 4;

    private static int Int(ref ByteReader reader) => (int)reader.UInt32();

    private static float Single(ref ByteReader reader) => BitConverter.UInt32BitsToSingle(reader.UInt32());

    private static double Double(ref ByteReader reader) => BitConverter.UInt64BitsToDouble(reader.UInt64());

    private static float Real(ref ByteReader reader, bool wide) => wide ? (float)Double(ref reader) : Single(ref reader);

    private static Vector2 V2(ref ByteReader reader, bool wide) => new(Real(ref reader, wide), Real(ref reader, wide));

    private static Vector2I V2I(ref ByteReader reader) => new(Int(ref reader), Int(ref reader));

    private static Vector3 V3(ref ByteReader reader, bool wide) =>
        new(Real(ref reader, wide), Real(ref reader, wide), Real(ref reader, wide));

    private static Vector4 V4(ref ByteReader reader, bool wide) =>
        new(Real(ref reader, wide), Real(ref reader, wide), Real(ref reader, wide), Real(ref reader, wide));

    private static Basis Rows(ref ByteReader reader, bool wide) => new(V3(ref reader, wide), V3(ref reader, wide), V3(ref reader, wide));

    // Colors are float32 in every build.
    private static Color Rgba(ref ByteReader reader, bool wide) =>
        new(Single(ref reader), Single(ref reader), Single(ref reader), Single(ref reader));
}
