namespace Banyan.Godot.Variants;

/// <summary>What a typed array or dictionary may hold: a builtin type, a class, or a script's class.</summary>
/// <param name="Type">Nil means anything.</param>
/// <param name="ClassName">With <see cref="VariantType.Object"/>: the engine class; null if none is named.</param>
/// <param name="Script">With <see cref="VariantType.Object"/>: the script that the elements carry; null if none.</param>
public readonly record struct ElementType(VariantType Type, string? ClassName = null, ObjectRef? Script = null)
{
    /// <summary>Anything at all.</summary>
    public static ElementType Any => default;

    /// <summary>Whether it restricts anything.</summary>
    public bool IsTyped => Type != VariantType.Nil;

    /// <summary>An engine class.</summary>
    public static ElementType OfClass(string className) => new(VariantType.Object, className);

    /// <summary>Objects that carry a script.</summary>
    public static ElementType OfScript(ObjectRef script) => new(VariantType.Object, null, script);

    /// <summary>
    /// The value as this type wants it: numbers, and texts among each other, are converted as Godot's typed containers
    /// do. False if it does not fit. Classes are not checked: we have no class list.
    /// </summary>
    public bool TryAdmit(Variant value, out Variant admitted)
    {
        admitted = value;
        if (!IsTyped || value.Type == Type) return true;
        switch (Type)
        {
            case VariantType.Object when value.IsNil:
                admitted = Variant.FromObject(null);
                return true;
            case VariantType.Float when value.Type is VariantType.Int:
                admitted = (double)value.AsInt();
                return true;
            case VariantType.Int when value.Type is VariantType.Float:
                admitted = value.AsFloat() is >= long.MinValue and < 9.2233720368547758E18 ? (long)value.AsFloat() : 0L;
                return true;
            case VariantType.String when value.Type is VariantType.StringName:
                admitted = value.AsText();
                return true;
            case VariantType.StringName when value.Type is VariantType.String:
                admitted = new StringName(value.AsText());
                return true;
            case VariantType.NodePath when value.Type is VariantType.String:
                admitted = Paths.NodePath.Parse(value.AsText());
                return true;
            default:
                return false;
        }
    }
}
