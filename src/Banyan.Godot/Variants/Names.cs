namespace Banyan.Godot.Variants;

/// <summary>An interned name: <c>&amp;"name"</c>.</summary>
public readonly record struct StringName(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A server resource's number; meaningful only in the process that gave it.</summary>
public readonly record struct Rid(ulong Id);

/// <summary>A signal of an object, opaque to us: the object's number is of the process that sent it.</summary>
public sealed record SignalRef(string Name, ulong ObjectId);
