using System.Text;
using Banyan.Godot.Paths;
using Banyan.Primitives;

namespace Banyan.Godot.Variants;

/// <summary>Writes values for <see cref="VariantBinary"/>.</summary>
internal readonly struct VariantEncoder(ByteWriter writer, bool fullObjects)
{
    public void Write(Variant value)
    {
        switch (value.Type)
        {
            case VariantType.Object: Object(value.AsObject()); return;
            case VariantType.Int when value.AsInt() is < int.MinValue or > int.MaxValue:
                Header(VariantType.Int, VariantBinary.Flag64);
                writer.UInt64((ulong)value.AsInt());
                return;
            case VariantType.Float when (float)value.AsFloat() != value.AsFloat():
                Header(VariantType.Float, VariantBinary.Flag64);
                writer.UInt64(BitConverter.DoubleToUInt64Bits(value.AsFloat()));
                return;
            case VariantType.Array: Array(value.AsArray()); return;
            case VariantType.Dictionary: Dictionary(value.AsDictionary()); return;
            default:
                Header(value.Type, 0);
                Payload(value);
                return;
        }
    }

    private void Header(VariantType type, uint bits) => writer.UInt32((uint)type | bits);

    private void Payload(Variant value)
    {
        switch (value.Type)
        {
            case VariantType.Nil or VariantType.Callable: break;
            case VariantType.Bool: writer.UInt32(value.AsBool() ? 1u : 0); break;
            case VariantType.Int: Int((int)value.AsInt()); break;
            case VariantType.Float: Real((float)value.AsFloat()); break;
            case VariantType.String or VariantType.StringName: Text(value.AsText()); break;
            case VariantType.Vector2: Real(value.AsVector2()); break;
            case VariantType.Vector2I: Int(value.AsVector2I()); break;
            case VariantType.Rect2: Real(value.AsRect2().Position); Real(value.AsRect2().Size); break;
            case VariantType.Rect2I: Int(value.AsRect2I().Position); Int(value.AsRect2I().Size); break;
            case VariantType.Vector3: Real(value.AsVector3()); break;
            case VariantType.Vector3I:
                (int x, int y, int z) = value.AsVector3I();
                Int(x); Int(y); Int(z);
                break;
            case VariantType.Transform2D:
                (Vector2 a, Vector2 b, Vector2 c) = value.AsTransform2D();
                Real(a); Real(b); Real(c);
                break;
            case VariantType.Vector4: Real(value.AsVector4()); break;
            case VariantType.Vector4I:
                (int i, int j, int k, int l) = value.AsVector4I();
                Int(i); Int(j); Int(k); Int(l);
                break;
            case VariantType.Plane: Real(value.AsPlane().Normal); Real(value.AsPlane().D); break;
            case VariantType.Quaternion:
                Quaternion q = value.AsQuaternion();
                Real(q.X); Real(q.Y); Real(q.Z); Real(q.W);
                break;
            case VariantType.Aabb: Real(value.AsAabb().Position); Real(value.AsAabb().Size); break;
            case VariantType.Basis: Real(value.AsBasis()); break;
            case VariantType.Transform3D: Real(value.AsTransform3D().Basis); Real(value.AsTransform3D().Origin); break;
            case VariantType.Projection:
                Projection p = value.AsProjection();
                Real(p.X); Real(p.Y); Real(p.Z); Real(p.W);
                break;
            case VariantType.Color: Real(value.AsColor()); break;
            case VariantType.NodePath: Path(value.AsNodePath()); break;
            case VariantType.Rid: writer.UInt64(value.AsRid().Id); break;
            case VariantType.Signal: Text(value.AsSignal().Name); writer.UInt64(value.AsSignal().ObjectId); break;
            default: Packed(value); break;
        }
    }

    private void Packed(Variant value)
    {
        switch (value.Type)
        {
            case VariantType.PackedByteArray:
                ReadOnlySpan<byte> bytes = value.AsBytes().AsSpan();
                writer.UInt32((uint)bytes.Length);
                writer.Raw(bytes);
                Pad(bytes.Length);
                break;
            case VariantType.PackedInt32Array:
                writer.UInt32((uint)value.AsInt32s().Length);
                foreach (int item in value.AsInt32s()) Int(item);
                break;
            case VariantType.PackedInt64Array:
                writer.UInt32((uint)value.AsInt64s().Length);
                foreach (long item in value.AsInt64s()) writer.UInt64((ulong)item);
                break;
            case VariantType.PackedFloat32Array:
                writer.UInt32((uint)value.AsFloat32s().Length);
                foreach (float item in value.AsFloat32s()) Real(item);
                break;
            case VariantType.PackedFloat64Array:
                writer.UInt32((uint)value.AsFloat64s().Length);
                foreach (double item in value.AsFloat64s()) writer.UInt64(BitConverter.DoubleToUInt64Bits(item));
                break;
            case VariantType.PackedStringArray:
                writer.UInt32((uint)value.AsStrings().Length);
                // Only here does a string carry, and count, its terminating zero.
                foreach (string item in value.AsStrings()) Text(item + '\0');
                break;
            case VariantType.PackedVector2Array:
                writer.UInt32((uint)value.AsVector2s().Length);
                foreach (Vector2 item in value.AsVector2s()) Real(item);
                break;
            case VariantType.PackedVector3Array:
                writer.UInt32((uint)value.AsVector3s().Length);
                foreach (Vector3 item in value.AsVector3s()) Real(item);
                break;
            case VariantType.PackedColorArray:
                writer.UInt32((uint)value.AsColors().Length);
                foreach (Color item in value.AsColors()) Real(item);
                break;
            case VariantType.PackedVector4Array:
                writer.UInt32((uint)value.AsVector4s().Length);
                foreach (Vector4 item in value.AsVector4s()) Real(item);
                break;
            default:
                Invariant.Unreachable($"no payload for {value.Type}");
                break;
        }
    }

    private void Array(VariantArray array)
    {
        Header(VariantType.Array, (uint)Kind(array.ElementType) << VariantBinary.KeyKindShift);
        Element(array.ElementType);
        writer.UInt32((uint)array.Items.Length);
        foreach (Variant item in array.Items) Write(item);
    }

    private void Dictionary(VariantDictionary dictionary)
    {
        Header(
            VariantType.Dictionary,
            ((uint)Kind(dictionary.KeyType) << VariantBinary.KeyKindShift) | ((uint)Kind(dictionary.ValueType) << VariantBinary.ValueKindShift));
        Element(dictionary.KeyType);
        Element(dictionary.ValueType);
        writer.UInt32((uint)dictionary.Pairs.Length);
        foreach ((Variant key, Variant value) in dictionary.Pairs)
        {
            Write(key);
            Write(value);
        }
    }

    private ElementKind Kind(ElementType type) => type switch
    {
        { IsTyped: false } => ElementKind.Any,
        { Script: ResourceRef } when fullObjects => ElementKind.Script,
        { Script: not null } or { ClassName: not null } => ElementKind.Class,
        _ => ElementKind.Builtin,
    };

    private void Element(ElementType type)
    {
        switch (Kind(type))
        {
            case ElementKind.Builtin: writer.UInt32((uint)type.Type); break;
            case ElementKind.Class: Text(fullObjects ? type.ClassName ?? "" : EncodedObject.ClassName); break;
            case ElementKind.Script: Text(((ResourceRef)type.Script!).Path); break;
        }
    }

    private void Object(ObjectRef? held)
    {
        switch (held)
        {
            case EncodedObject encoded:
                Header(VariantType.Object, VariantBinary.Flag64);
                writer.UInt64(encoded.Id);
                break;
            case InlineObject inline when fullObjects:
                Header(VariantType.Object, 0);
                Text(inline.ClassName);
                writer.UInt32((uint)inline.Properties.Count);
                foreach ((string name, Variant value) in inline.Properties)
                {
                    Text(name);
                    Write(value);
                }

                break;
            case ResourceRef resource when fullObjects:
                Header(VariantType.Object, 0);
                Text("Resource");
                writer.UInt32(resource.Uid is null ? 1u : 2u);
                Text("resource_path");
                Write(resource.Path);
                if (resource.Uid is null) break;
                Text("uid");
                Write(resource.Uid);
                break;
            case SectionRef section when fullObjects:
                Header(VariantType.Object, 0);
                Text(section.IsExternal ? "ExtResource" : "SubResource");
                writer.UInt32(1);
                Text("id");
                Write(section.Id);
                break;
            case null when fullObjects:
                Header(VariantType.Object, 0);
                Text("");
                break;
            default:
                Header(VariantType.Nil, 0);
                break;
        }
    }

    private void Path(NodePath path)
    {
        writer.UInt32((uint)path.Names.Length | 0x80000000);
        writer.UInt32((uint)path.Subnames.Length);
        writer.UInt32(path.IsAbsolute ? 1u : 0);
        foreach (string name in path.Names) Text(name);
        foreach (string subname in path.Subnames) Text(subname);
    }

    private void Text(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        writer.UInt32((uint)length);
        Encoding.UTF8.GetBytes(text, writer.GetSpan(Math.Max(length, 1)));
        writer.Advance(length);
        Pad(length);
    }

    private void Pad(int length)
    {
        for (; length % 4 != 0; length++) writer.Byte(0);
    }

    private void Int(int value) => writer.UInt32((uint)value);

    private void Int(Vector2I v)
    {
        Int(v.X);
        Int(v.Y);
    }

    private void Real(float value) => writer.UInt32(BitConverter.SingleToUInt32Bits(value));

    private void Real(Vector2 v)
    {
        Real(v.X);
        Real(v.Y);
    }

    private void Real(Vector3 v)
    {
        Real(v.X);
        Real(v.Y);
        Real(v.Z);
    }

    private void Real(Vector4 v)
    {
        Real(v.X);
        Real(v.Y);
        Real(v.Z);
        Real(v.W);
    }

    private void Real(Color c)
    {
        Real(c.R);
        Real(c.G);
        Real(c.B);
        Real(c.A);
    }

    private void Real(Basis b)
    {
        Real(b.Row0);
        Real(b.Row1);
        Real(b.Row2);
    }
}
