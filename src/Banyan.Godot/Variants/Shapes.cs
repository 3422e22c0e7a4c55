namespace Banyan.Godot.Variants;

/// <summary>A rectangle: its corner and its size.</summary>
public readonly record struct Rect2(Vector2 Position, Vector2 Size);

/// <summary>A rectangle of whole numbers: its corner and its size.</summary>
public readonly record struct Rect2I(Vector2I Position, Vector2I Size);

/// <summary>A box along the axes: its corner and its size.</summary>
public readonly record struct Aabb(Vector3 Position, Vector3 Size);

/// <summary>The points p with Normal · p = D.</summary>
public readonly record struct Plane(Vector3 Normal, float D);

/// <summary>Red, green, blue and opacity; 0 to 1, brighter above.</summary>
public readonly record struct Color(float R, float G, float B, float A);
