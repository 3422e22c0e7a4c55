namespace Banyan.Godot.Variants;

/// <summary>Two float32.</summary>
public readonly record struct Vector2(float X, float Y);

/// <summary>Two int32.</summary>
public readonly record struct Vector2I(int X, int Y);

/// <summary>Three float32.</summary>
public readonly record struct Vector3(float X, float Y, float Z);

/// <summary>Three int32.</summary>
public readonly record struct Vector3I(int X, int Y, int Z);

/// <summary>Four float32.</summary>
public readonly record struct Vector4(float X, float Y, float Z, float W);

/// <summary>Four int32.</summary>
public readonly record struct Vector4I(int X, int Y, int Z, int W);
