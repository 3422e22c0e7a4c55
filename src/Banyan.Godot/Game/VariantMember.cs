using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>Parts of values by name, for property paths such as <c>position:x</c>.</summary>
/// <remarks>Source: core/variant/variant_setget.cpp; only the members that replication configs name in practice.</remarks>
internal static class VariantMember
{
    /// <summary>A part; false if the value has none of this name.</summary>
    public static bool TryGet(Variant value, string name, out Variant part)
    {
        Variant? found = value.Type switch
        {
            VariantType.Vector2 => Real(name, value.AsVector2()),
            VariantType.Vector3 => Real(name, value.AsVector3()),
            VariantType.Vector4 => Real(name, value.AsVector4()),
            VariantType.Quaternion => Real(name, value.AsQuaternion()),
            VariantType.Vector2I => name switch { "x" => value.AsVector2I().X, "y" => value.AsVector2I().Y, _ => null },
            VariantType.Vector3I => name switch { "x" => value.AsVector3I().X, "y" => value.AsVector3I().Y, "z" => value.AsVector3I().Z, _ => null },
            VariantType.Color => value.AsColor() is var c ? name switch { "r" => c.R, "g" => c.G, "b" => c.B, "a" => c.A, _ => null } : null,
            VariantType.Rect2 => name switch { "position" => value.AsRect2().Position, "size" => value.AsRect2().Size, _ => null },
            VariantType.Transform2D => value.AsTransform2D() is var t ? name switch { "x" => t.X, "y" => t.Y, "origin" => t.Origin, _ => null } : null,
            VariantType.Transform3D => name switch { "origin" => value.AsTransform3D().Origin, "basis" => value.AsTransform3D().Basis, _ => null },
            VariantType.Dictionary => Of(value.AsDictionary(), name),
            _ => null,
        };
        part = found ?? default;
        return found is not null;
    }

    /// <summary>The value with another part; false if it has none of this name and type.</summary>
    public static bool TrySet(Variant value, string name, Variant part, out Variant changed)
    {
        changed = value;
        if (value.Type == VariantType.Dictionary)
        {
            changed = With(value.AsDictionary(), name, part);
            return true;
        }

        if (!TryGet(value, name, out Variant old)) return false;
        if (old.Type == VariantType.Float && part.Type == VariantType.Int) part = (double)part.AsInt();
        if (old.Type != part.Type) return false;
        float real = part.Type == VariantType.Float ? (float)part.AsFloat() : 0;
        int whole = part.Type == VariantType.Int ? (int)part.AsInt() : 0;
        changed = value.Type switch
        {
            VariantType.Vector2 => name == "x" ? value.AsVector2() with { X = real } : value.AsVector2() with { Y = real },
            VariantType.Vector3 => value.AsVector3() is var v && name == "x" ? v with { X = real } : name == "y" ? v with { Y = real } : v with { Z = real },
            VariantType.Vector4 => value.AsVector4() is var v && name == "x" ? v with { X = real }
                : name == "y" ? v with { Y = real } : name == "z" ? v with { Z = real } : v with { W = real },
            VariantType.Quaternion => value.AsQuaternion() is var q && name == "x" ? q with { X = real }
                : name == "y" ? q with { Y = real } : name == "z" ? q with { Z = real } : q with { W = real },
            VariantType.Vector2I => name == "x" ? value.AsVector2I() with { X = whole } : value.AsVector2I() with { Y = whole },
            VariantType.Vector3I => value.AsVector3I() is var i && name == "x" ? i with { X = whole } : name == "y" ? i with { Y = whole } : i with { Z = whole },
            VariantType.Color => value.AsColor() is var c && name == "r" ? c with { R = real }
                : name == "g" ? c with { G = real } : name == "b" ? c with { B = real } : c with { A = real },
            VariantType.Rect2 => name == "position" ? value.AsRect2() with { Position = part.AsVector2() } : value.AsRect2() with { Size = part.AsVector2() },
            VariantType.Transform2D => value.AsTransform2D() is var t && name == "x" ? t with { X = part.AsVector2() }
                : name == "y" ? t with { Y = part.AsVector2() } : t with { Origin = part.AsVector2() },
            _ => name == "origin" ? value.AsTransform3D() with { Origin = part.AsVector3() } : value.AsTransform3D() with { Basis = part.AsBasis() },
        };
        return true;
    }

    private static Variant? Real(string name, Vector2 v) => name switch { "x" => v.X, "y" => v.Y, _ => null };

    private static Variant? Real(string name, Vector3 v) => name switch { "x" => v.X, "y" => v.Y, "z" => v.Z, _ => null };

    private static Variant? Real(string name, Vector4 v) => name switch { "x" => v.X, "y" => v.Y, "z" => v.Z, "w" => v.W, _ => null };

    private static Variant? Real(string name, Quaternion v) => name switch { "x" => v.X, "y" => v.Y, "z" => v.Z, "w" => v.W, _ => null };

    private static Variant? Of(VariantDictionary dictionary, string key) => dictionary.TryGet(key, out Variant value) ? value : default(Variant?);

    private static Variant With(VariantDictionary dictionary, string key, Variant value)
    {
        List<KeyValuePair<Variant, Variant>> pairs = [.. dictionary.Pairs, new(key, value)];
        return VariantDictionary.TryCreate(pairs.ToArray(), dictionary.KeyType, dictionary.ValueType, out VariantDictionary changed) ? changed : dictionary;
    }
}
