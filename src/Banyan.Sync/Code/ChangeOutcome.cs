namespace Banyan.Sync.Code;

/// <summary>What became of a change.</summary>
public enum ChangeResult : byte
{
    /// <summary>All of it happened, and the tree that the code reads shows it.</summary>
    Made,

    /// <summary>None of it happened.</summary>
    NotMade,

    /// <summary>All of it happened or none: the answer was lost. The tree will show which.</summary>
    Unknown,
}

/// <summary>What became of a change, and why.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Why">Empty if it was made.</param>
public readonly record struct ChangeOutcome(ChangeResult Result, string Why)
{
    /// <summary>Whether it was made.</summary>
    public bool IsMade => Result == ChangeResult.Made;
}
