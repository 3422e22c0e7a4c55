using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Text;

/// <summary>Writes values for <see cref="VariantText"/>.</summary>
internal readonly struct VariantTextWriter(StringBuilder text, VariantTextForm form)
{
    public void Write(Variant value)
    {
        switch (value.Type)
        {
            case VariantType.Nil: text.Append("null"); break;
            case VariantType.Bool: text.Append(value.AsBool() ? "true" : "false"); break;
            case VariantType.Int: text.Append(value.AsInt()); break;
            case VariantType.Float: RealText.AppendFloat(text, value.AsFloat(), form); break;
            case VariantType.String: text.Multiline(value.AsText()); break;
            case VariantType.StringName: text.Append('&').OneLine(value.AsText()); break;
            case VariantType.NodePath: text.Append("NodePath(").OneLine(value.AsNodePath().ToString()).Append(')'); break;
            case VariantType.Rid:
                text.Append("RID(");
                if (value.AsRid().Id != 0) text.Append(value.AsRid().Id);
                text.Append(')');
                break;
            case VariantType.Object: Object(value.AsObject()); break;
            case VariantType.Callable: text.Append("Callable()"); break;
            case VariantType.Signal: text.Append("Signal()"); break;
            case VariantType.Dictionary: Dictionary(value.AsDictionary()); break;
            case VariantType.Array: Array(value.AsArray()); break;
            default:
                text.Append(VariantTypeNames.Of(value.Type)).Append('(');
                Arguments(value);
                text.Append(')');
                break;
        }
    }

    private void Arguments(Variant value)
    {
        switch (value.Type)
        {
            case VariantType.Vector2: Reals(Of(value.AsVector2())); break;
            case VariantType.Vector2I: Whole(value.AsVector2I().X, value.AsVector2I().Y); break;
            case VariantType.Rect2: Reals([.. Of(value.AsRect2().Position), .. Of(value.AsRect2().Size)]); break;
            case VariantType.Rect2I:
                ((int x, int y), (int width, int height)) = value.AsRect2I();
                Whole(x, y, width, height);
                break;
            case VariantType.Vector3: Reals(Of(value.AsVector3())); break;
            case VariantType.Vector3I: Whole(value.AsVector3I().X, value.AsVector3I().Y, value.AsVector3I().Z); break;
            case VariantType.Transform2D:
                Transform2D t = value.AsTransform2D();
                Reals([.. Of(t.X), .. Of(t.Y), .. Of(t.Origin)]);
                break;
            case VariantType.Vector4: Reals(Of(value.AsVector4())); break;
            case VariantType.Vector4I:
                (int i, int j, int k, int l) = value.AsVector4I();
                Whole(i, j, k, l);
                break;
            case VariantType.Plane: Reals([.. Of(value.AsPlane().Normal), value.AsPlane().D]); break;
            case VariantType.Quaternion:
                Quaternion q = value.AsQuaternion();
                Reals([q.X, q.Y, q.Z, q.W]);
                break;
            case VariantType.Aabb: Reals([.. Of(value.AsAabb().Position), .. Of(value.AsAabb().Size)]); break;
            case VariantType.Basis: Reals(Of(value.AsBasis())); break;
            case VariantType.Transform3D: Reals([.. Of(value.AsTransform3D().Basis), .. Of(value.AsTransform3D().Origin)]); break;
            case VariantType.Projection:
                Projection p = value.AsProjection();
                Reals([.. Of(p.X), .. Of(p.Y), .. Of(p.Z), .. Of(p.W)]);
                break;
            case VariantType.Color: Reals(Of(value.AsColor())); break;
            case VariantType.PackedByteArray when form == VariantTextForm.Newest:
                if (!value.AsBytes().IsEmpty) text.Append('"').Append(Convert.ToBase64String(value.AsBytes().AsSpan())).Append('"');
                break;
            case VariantType.PackedByteArray: text.AppendJoin(", ", value.AsBytes()); break;
            case VariantType.PackedInt32Array: text.AppendJoin(", ", value.AsInt32s()); break;
            case VariantType.PackedInt64Array: text.AppendJoin(", ", value.AsInt64s()); break;
            case VariantType.PackedFloat32Array: Reals(value.AsFloat32s().AsSpan()); break;
            case VariantType.PackedFloat64Array:
                for (int n = 0; n < value.AsFloat64s().Length; n++)
                {
                    if (n > 0) text.Append(", ");
                    RealText.Append(text, value.AsFloat64s()[n], form);
                }

                break;
            case VariantType.PackedStringArray:
                for (int n = 0; n < value.AsStrings().Length; n++)
                {
                    if (n > 0) text.Append(", ");
                    text.OneLine(value.AsStrings()[n]);
                }

                break;
            case VariantType.PackedVector2Array: Many(value.AsVector2s(), Of); break;
            case VariantType.PackedVector3Array: Many(value.AsVector3s(), Of); break;
            case VariantType.PackedColorArray: Many(value.AsColors(), Of); break;
            case VariantType.PackedVector4Array: Many(value.AsVector4s(), Of); break;
            default: Invariant.Unreachable($"no text for {value.Type}"); break;
        }
    }

    private void Array(VariantArray array)
    {
        if (array.ElementType.IsTyped)
        {
            text.Append("Array[");
            Element(array.ElementType);
            text.Append("](");
        }

        text.Append('[');
        for (int i = 0; i < array.Items.Length; i++)
        {
            if (i > 0) text.Append(", ");
            Write(array.Items[i]);
        }

        text.Append(array.ElementType.IsTyped ? "])" : "]");
    }

    private void Dictionary(VariantDictionary dictionary)
    {
        if (dictionary.IsTyped)
        {
            text.Append("Dictionary[");
            Element(dictionary.KeyType);
            text.Append(", ");
            Element(dictionary.ValueType);
            text.Append("](");
        }

        text.Append('{');
        string separator = "\n";
        // LINQ's sort is stable.
        foreach ((Variant key, Variant value) in dictionary.Pairs.OrderBy(p => p.Key, KeyOrder.Instance))
        {
            text.Append(separator);
            Write(key);
            text.Append(": ");
            Write(value);
            separator = ",\n";
        }

        if (!dictionary.Pairs.IsEmpty) text.Append('\n');
        text.Append(dictionary.IsTyped ? "})" : "}");
    }

    private void Element(ElementType type)
    {
        if (type.Script is not null) Object(type.Script);
        else text.Append(type.ClassName ?? (type.IsTyped ? VariantTypeNames.Of(type.Type) : "Variant"));
    }

    private void Object(ObjectRef? held)
    {
        switch (held)
        {
            case null:
                text.Append("null");
                break;
            case SectionRef section:
                text.Append(section.IsExternal ? "ExtResource(" : "SubResource(").Multiline(section.Id).Append(')');
                break;
            case ResourceRef resource:
                text.Append("Resource(");
                if (resource.Uid is not null) text.Multiline(resource.Uid).Append(", ");
                text.Multiline(resource.Path).Append(')');
                break;
            case EncodedObject encoded:
                text.Append("Object(").Append(EncodedObject.ClassName).Append(",\"object_id\":").Append(encoded.Id).Append(')');
                break;
            case InlineObject inline:
                text.Append("Object(").Append(inline.ClassName).Append(',');
                for (int i = 0; i < inline.Properties.Count; i++)
                {
                    if (i > 0) text.Append(',');
                    text.Multiline(inline.Properties[i].Key).Append(':');
                    Write(inline.Properties[i].Value);
                }

                text.Append(')');
                break;
        }
    }

    private void Whole(params ReadOnlySpan<int> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            if (i > 0) text.Append(", ");
            text.Append(numbers[i]);
        }
    }

    private void Reals(ReadOnlySpan<float> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            if (i > 0) text.Append(", ");
            RealText.Append(text, numbers[i], form);
        }
    }

    private void Many<T>(ImmutableArray<T> items, Func<T, float[]> numbers)
    {
        for (int i = 0; i < items.Length; i++)
        {
            if (i > 0) text.Append(", ");
            Reals(numbers(items[i]));
        }
    }

    private static float[] Of(Vector2 v) => [v.X, v.Y];

    private static float[] Of(Vector3 v) => [v.X, v.Y, v.Z];

    private static float[] Of(Vector4 v) => [v.X, v.Y, v.Z, v.W];

    private static float[] Of(Color c) => [c.R, c.G, c.B, c.A];

    private static float[] Of(Basis b) => [.. Of(b.Row0), .. Of(b.Row1), .. Of(b.Row2)];
}
