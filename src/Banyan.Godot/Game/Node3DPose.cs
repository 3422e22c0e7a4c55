using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>A Node3D's transform and the position, rotation and scale that it is made of.</summary>
/// <remarks>Rotations are Euler angles in Godot's default order, YXZ. Source: core/math/basis.cpp.</remarks>
internal readonly record struct Node3DPose(Vector3 Position, Vector3 Rotation, Vector3 Scale)
{
    public static Node3DPose Of(Transform3D transform)
    {
        (Vector3 a, Vector3 b, Vector3 c) = (transform.Basis.Row0, transform.Basis.Row1, transform.Basis.Row2);
        float determinant = (a.X * ((b.Y * c.Z) - (c.Y * b.Z))) - (a.Y * ((b.X * c.Z) - (c.X * b.Z))) + (a.Z * ((b.X * c.Y) - (c.X * b.Y)));
        float sign = determinant < 0 ? -1 : 1;
        Vector3 scale = new(sign * Length(a.X, b.X, c.X), sign * Length(a.Y, b.Y, c.Y), sign * Length(a.Z, b.Z, c.Z));
        if (scale.X == 0 || scale.Y == 0 || scale.Z == 0) return new(transform.Origin, default, scale);
        float m12 = b.Z / scale.Z;
        Vector3 rotation = m12 switch
        {
            >= 1 => new(-MathF.PI / 2, -MathF.Atan2(a.Y / scale.Y, a.X / scale.X), 0),
            <= -1 => new(MathF.PI / 2, MathF.Atan2(a.Y / scale.Y, a.X / scale.X), 0),
            _ => new(MathF.Asin(-m12), MathF.Atan2(a.Z / scale.Z, c.Z / scale.Z), MathF.Atan2(b.X / scale.X, b.Y / scale.Y)),
        };
        return new(transform.Origin, rotation, scale);
    }

    public Transform3D ToTransform()
    {
        (float sx, float cx) = MathF.SinCos(Rotation.X);
        (float sy, float cy) = MathF.SinCos(Rotation.Y);
        (float sz, float cz) = MathF.SinCos(Rotation.Z);
        return new(
            new Basis(
                Scaled((cy * cz) + (sy * sx * sz), (sy * sx * cz) - (cy * sz), sy * cx),
                Scaled(cx * sz, cx * cz, -sx),
                Scaled((cy * sx * sz) - (sy * cz), (sy * sz) + (cy * sx * cz), cy * cx)),
            Position);
    }

    private Vector3 Scaled(float x, float y, float z) => new(x * Scale.X, y * Scale.Y, z * Scale.Z);

    private static float Length(float x, float y, float z) => MathF.Sqrt((x * x) + (y * y) + (z * z));
}
