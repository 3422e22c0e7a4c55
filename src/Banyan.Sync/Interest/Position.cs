using Banyan.Godot.Variants;

namespace Banyan.Sync.Interest;

/// <summary>Where something is, in the units of the game; of 2D games Z is 0.</summary>
public readonly record struct Position(double X, double Y, double Z)
{
    /// <summary>Nowhere in particular.</summary>
    public static readonly Position Zero = default;

    /// <summary>Whether it is a place at all: what a client makes up need not be.</summary>
    public bool IsFinite => double.IsFinite(X) && double.IsFinite(Y) && double.IsFinite(Z);

    /// <summary>One further than another.</summary>
    public static Position operator +(Position a, Position b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    /// <summary>The square of the distance to another.</summary>
    public double SquaredDistanceTo(Position other)
    {
        (double x, double y, double z) = (X - other.X, Y - other.Y, Z - other.Z);
        return (x * x) + (y * y) + (z * z);
    }

    /// <summary>That of a vector, or the origin of a transform.</summary>
    public static bool TryOf(Variant value, out Position position)
    {
        switch (value.Type)
        {
            case VariantType.Vector2:
                Vector2 flat = value.AsVector2();
                position = new(flat.X, flat.Y, 0);
                return true;
            case VariantType.Vector2I:
                Vector2I cell = value.AsVector2I();
                position = new(cell.X, cell.Y, 0);
                return true;
            case VariantType.Vector3:
                position = Of(value.AsVector3());
                return true;
            case VariantType.Vector3I:
                Vector3I block = value.AsVector3I();
                position = new(block.X, block.Y, block.Z);
                return true;
            case VariantType.Transform2D:
                Vector2 origin = value.AsTransform2D().Origin;
                position = new(origin.X, origin.Y, 0);
                return true;
            case VariantType.Transform3D:
                position = Of(value.AsTransform3D().Origin);
                return true;
            default:
                position = Zero;
                return false;
        }
    }

    private static Position Of(Vector3 vector) => new(vector.X, vector.Y, vector.Z);
}
