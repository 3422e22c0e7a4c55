namespace Banyan.Raft;

/// <summary>A place in a log. The first entry has index 1; 0 is before all entries.</summary>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    /// <summary>Before all entries.</summary>
    public static readonly LogIndex Zero;

    /// <summary>The place after this.</summary>
    public LogIndex Next => new(checked(Value + 1));

    /// <summary>The place before this; not for <see cref="Zero"/>.</summary>
    public LogIndex Previous => new(checked(Value - 1));

    /// <summary>The later of two.</summary>
    public static LogIndex Max(LogIndex a, LogIndex b) => a.Value >= b.Value ? a : b;

    /// <summary>The earlier of two.</summary>
    public static LogIndex Min(LogIndex a, LogIndex b) => a.Value <= b.Value ? a : b;

    /// <inheritdoc/>
    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => "#" + Value;

    /// <summary>Before.</summary>
    public static bool operator <(LogIndex a, LogIndex b) => a.Value < b.Value;

    /// <summary>After.</summary>
    public static bool operator >(LogIndex a, LogIndex b) => a.Value > b.Value;

    /// <summary>Not after.</summary>
    public static bool operator <=(LogIndex a, LogIndex b) => a.Value <= b.Value;

    /// <summary>Not before.</summary>
    public static bool operator >=(LogIndex a, LogIndex b) => a.Value >= b.Value;
}
