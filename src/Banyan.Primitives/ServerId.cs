namespace Banyan.Primitives;

/// <summary>A machine of the cluster. Numbers start at 1; 0 means "none".</summary>
public readonly record struct ServerId(uint Value) : IComparable<ServerId>
{
    /// <summary>No server.</summary>
    public static readonly ServerId None;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => Value == 0;

    /// <inheritdoc/>
    public int CompareTo(ServerId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : "s" + Value;
}
