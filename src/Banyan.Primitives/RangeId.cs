namespace Banyan.Primitives;

/// <summary>One range of the key space, and the Raft group that replicates it. Never reused; 0 is the server itself.</summary>
public readonly record struct RangeId(ulong Value) : IComparable<RangeId>
{
    /// <inheritdoc/>
    public int CompareTo(RangeId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => "r" + Value;
}
