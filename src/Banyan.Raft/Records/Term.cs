namespace Banyan.Raft;

/// <summary>A term of office: at most one leader each. Term 0 is before any election.</summary>
public readonly record struct Term(ulong Value) : IComparable<Term>
{
    /// <summary>Before any election.</summary>
    public static readonly Term Zero;

    /// <summary>The following term.</summary>
    public Term Next => new(checked(Value + 1));

    /// <inheritdoc/>
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => "t" + Value;

    /// <summary>Earlier than.</summary>
    public static bool operator <(Term a, Term b) => a.Value < b.Value;

    /// <summary>Later than.</summary>
    public static bool operator >(Term a, Term b) => a.Value > b.Value;

    /// <summary>Not later than.</summary>
    public static bool operator <=(Term a, Term b) => a.Value <= b.Value;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(Term a, Term b) => a.Value >= b.Value;
}
