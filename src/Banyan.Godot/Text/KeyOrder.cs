using Banyan.Godot.Variants;

namespace Banyan.Godot.Text;

/// <summary>The order in which Godot writes a dictionary's keys: by type, then by value; both kinds of text are one.</summary>
/// <remarks>Source: StringLikeVariantOrder. Types without an order keep that of insertion: sort stably by this.</remarks>
internal sealed class KeyOrder : IComparer<Variant>
{
    public static readonly KeyOrder Instance = new();

    public int Compare(Variant x, Variant y)
    {
        if (x.IsText && y.IsText) return CompareCodePoints(x.AsText(), y.AsText());
        if (x.Type != y.Type) return x.Type.CompareTo(y.Type);
        return x.Type switch
        {
            VariantType.Bool => x.AsBool().CompareTo(y.AsBool()),
            VariantType.Int => x.AsInt().CompareTo(y.AsInt()),
            VariantType.Float => x.AsFloat().CompareTo(y.AsFloat()),
            VariantType.Vector2 => (x.AsVector2().X, x.AsVector2().Y).CompareTo((y.AsVector2().X, y.AsVector2().Y)),
            VariantType.Vector2I => (x.AsVector2I().X, x.AsVector2I().Y).CompareTo((y.AsVector2I().X, y.AsVector2I().Y)),
            VariantType.Vector3 => Tuple(x.AsVector3()).CompareTo(Tuple(y.AsVector3())),
            VariantType.Vector3I => Tuple(x.AsVector3I()).CompareTo(Tuple(y.AsVector3I())),
            VariantType.Rid => x.AsRid().Id.CompareTo(y.AsRid().Id),
            _ => 0,
        };
    }

    private static (float, float, float) Tuple(Vector3 v) => (v.X, v.Y, v.Z);

    private static (int, int, int) Tuple(Vector3I v) => (v.X, v.Y, v.Z);

    /// <summary>By code points, where UTF-16 units would put surrogates before U+E000.</summary>
    private static int CompareCodePoints(string a, string b)
    {
        int length = Math.Min(a.Length, b.Length);
        for (int i = 0; i < length; i++)
        {
            if (a[i] != b[i]) return Rank(a[i]).CompareTo(Rank(b[i]));
        }

        return a.Length.CompareTo(b.Length);
    }

    private static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
