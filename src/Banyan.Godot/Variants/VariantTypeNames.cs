namespace Banyan.Godot.Variants;

/// <summary>The names that Godot's text form gives to the types.</summary>
public static class VariantTypeNames
{
    private static readonly string[] Names =
    [
        "Nil", "bool", "int", "float", "String", "Vector2", "Vector2i", "Rect2", "Rect2i", "Vector3", "Vector3i",
        "Transform2D", "Vector4", "Vector4i", "Plane", "Quaternion", "AABB", "Basis", "Transform3D", "Projection",
        "Color", "StringName", "NodePath", "RID", "Object", "Callable", "Signal", "Dictionary", "Array",
        "PackedByteArray", "PackedInt32Array", "PackedInt64Array", "PackedFloat32Array", "PackedFloat64Array",
        "PackedStringArray", "PackedVector2Array", "PackedVector3Array", "PackedColorArray", "PackedVector4Array",
    ];

    /// <summary>How many types there are.</summary>
    public static int Count => Names.Length;

    /// <summary>For instance <c>Vector2i</c> or <c>AABB</c>.</summary>
    public static string Of(VariantType type) => Names[(int)type];

    /// <summary>The type of that name; false for a name that is none, such as a class.</summary>
    public static bool TryFind(ReadOnlySpan<char> name, out VariantType type)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (!name.SequenceEqual(Names[i])) continue;
            type = (VariantType)i;
            return true;
        }

        type = VariantType.Nil;
        return false;
    }
}
