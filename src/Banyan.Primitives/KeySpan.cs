namespace Banyan.Primitives;

/// <summary>The keys from <see cref="Start"/> on and before <see cref="End"/>.</summary>
public readonly record struct KeySpan(Key Start, Key End)
{
    /// <summary>Every key.</summary>
    public static readonly KeySpan All = new(Key.Min, Key.Max);

    /// <summary>A span of one key.</summary>
    public static KeySpan Of(Key key) => new(key, key.Next);

    /// <summary>All keys that start with a prefix.</summary>
    public static KeySpan Prefix(Key prefix) => new(prefix, prefix.PrefixEnd);

    /// <summary>Whether there is no key in it.</summary>
    public bool IsEmpty => Start >= End;

    /// <summary>Whether a key is in it.</summary>
    public bool Contains(Key key) => Start <= key && key < End;

    /// <summary>Whether another span lies in it whole.</summary>
    public bool Contains(KeySpan other) => Start <= other.Start && other.End <= End;

    /// <summary>Whether the two have a key in common.</summary>
    public bool Overlaps(KeySpan other) => Start < other.End && other.Start < End;

    /// <summary>The keys that are in both; empty if there are none.</summary>
    public KeySpan Intersect(KeySpan other) =>
        new(Start >= other.Start ? Start : other.Start, End <= other.End ? End : other.End);

    /// <inheritdoc/>
    public override string ToString() => $"[{Start}, {End})";
}
