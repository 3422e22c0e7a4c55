namespace Banyan.Godot.Variants;

/// <summary>A rotation as x, y, z, w.</summary>
public readonly record struct Quaternion(float X, float Y, float Z, float W);

/// <summary>A 2D transform by its columns: the two axes and the origin.</summary>
public readonly record struct Transform2D(Vector2 X, Vector2 Y, Vector2 Origin);

/// <summary>A 3 × 3 matrix by its rows, the order in which Godot writes it.</summary>
public readonly record struct Basis(Vector3 Row0, Vector3 Row1, Vector3 Row2)
{
    /// <summary>No rotation, no scale.</summary>
    public static Basis Identity => new(new Vector3(1, 0, 0), new Vector3(0, 1, 0), new Vector3(0, 0, 1));
}

/// <summary>A 3D transform: the basis, then the origin.</summary>
public readonly record struct Transform3D(Basis Basis, Vector3 Origin)
{
    /// <summary>No rotation, no scale, at the origin.</summary>
    public static Transform3D Identity => new(Basis.Identity, default);
}

/// <summary>A 4 × 4 matrix by its columns.</summary>
public readonly record struct Projection(Vector4 X, Vector4 Y, Vector4 Z, Vector4 W);
