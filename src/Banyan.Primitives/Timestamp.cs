namespace Banyan.Primitives;

/// <summary>
/// A hybrid logical timestamp in 64 bits: microseconds since the Unix epoch in the high 52 bits (enough until the
/// year 2112), a logical counter in the low 12. Adding one to a full counter carries into the microseconds, so
/// <see cref="Next"/> is always the very next timestamp.
/// </summary>
/// <remarks>Source: Kulkarni et al., Logical Physical Clocks, 2014; the single-word form is the paper's section 6.</remarks>
public readonly record struct Timestamp(ulong Value) : IComparable<Timestamp>
{
    /// <summary>Bits of the logical counter.</summary>
    public const int LogicalBits = 12;

    /// <summary>Before everything.</summary>
    public static readonly Timestamp Zero;

    /// <summary>After everything.</summary>
    public static readonly Timestamp MaxValue = new(ulong.MaxValue);

    /// <summary>Microseconds since the Unix epoch.</summary>
    public long Microseconds => (long)(Value >> LogicalBits);

    /// <summary>The logical counter within the microsecond.</summary>
    public int Logical => (int)(Value & ((1UL << LogicalBits) - 1));

    /// <summary>The next timestamp; saturates at <see cref="MaxValue"/>.</summary>
    public Timestamp Next => Value == ulong.MaxValue ? this : new(Value + 1);

    /// <summary>The timestamp before; saturates at <see cref="Zero"/>.</summary>
    public Timestamp Previous => Value == 0 ? this : new(Value - 1);

    /// <summary>Whether this is <see cref="Zero"/>.</summary>
    public bool IsZero => Value == 0;

    /// <summary>The first timestamp of a microsecond.</summary>
    public static Timestamp FromMicroseconds(long microseconds)
    {
        Invariant.Holds(microseconds >= 0);
        return new((ulong)microseconds << LogicalBits);
    }

    /// <summary>This timestamp moved by microseconds; saturates at <see cref="Zero"/>.</summary>
    public Timestamp Add(long microseconds)
    {
        if (microseconds < 0 && (ulong)-microseconds > Value >> LogicalBits) return Zero;
        ulong sum = unchecked(Value + ((ulong)microseconds << LogicalBits));
        return microseconds > 0 && sum < Value ? MaxValue : new(sum);
    }

    /// <summary>The later of two.</summary>
    public static Timestamp Max(Timestamp a, Timestamp b) => a.Value >= b.Value ? a : b;

    /// <summary>The earlier of two.</summary>
    public static Timestamp Min(Timestamp a, Timestamp b) => a.Value <= b.Value ? a : b;

    /// <inheritdoc/>
    public int CompareTo(Timestamp other) => Value.CompareTo(other.Value);

    /// <summary>Order in time.</summary>
    public static bool operator <(Timestamp a, Timestamp b) => a.Value < b.Value;

    /// <summary>Order in time.</summary>
    public static bool operator >(Timestamp a, Timestamp b) => a.Value > b.Value;

    /// <summary>Order in time.</summary>
    public static bool operator <=(Timestamp a, Timestamp b) => a.Value <= b.Value;

    /// <summary>Order in time.</summary>
    public static bool operator >=(Timestamp a, Timestamp b) => a.Value >= b.Value;

    /// <summary>"microseconds.logical", as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => $"{Microseconds}.{Logical}";

    /// <summary>Reads "microseconds" or "microseconds.logical".</summary>
    public static bool TryParse(string text, out Timestamp timestamp)
    {
        timestamp = Zero;
        int dot = text.IndexOf('.');
        ReadOnlySpan<char> wall = dot < 0 ? text : text.AsSpan(0, dot);
        int logical = 0;
        if (!ulong.TryParse(wall, out ulong microseconds) || microseconds >= 1UL << (64 - LogicalBits)) return false;
        if (dot >= 0 && (!int.TryParse(text.AsSpan(dot + 1), out logical) || logical is < 0 or >= 1 << LogicalBits)) return false;
        timestamp = new((microseconds << LogicalBits) | (uint)logical);
        return true;
    }
}
