namespace Banyan.Simulator.Checking.Histories;

/// <summary>Whether an order was found in which the operations on one key could have happened.</summary>
public enum Linearizable : byte
{
    /// <summary>There is one.</summary>
    Yes,

    /// <summary>There is none.</summary>
    No,

    /// <summary>The search took too many steps: nothing is known.</summary>
    GaveUp,
}

/// <summary>What <see cref="Linearizability"/> says of one key.</summary>
/// <param name="Key">Which.</param>
/// <param name="Result">Yes, no, or not known.</param>
/// <param name="Explanation">If not yes: how far the search got, in words.</param>
public sealed record KeyVerdict(string Key, Linearizable Result, string Explanation)
{
    /// <inheritdoc/>
    public override string ToString() => Result switch
    {
        Linearizable.Yes => $"{Key} is linearizable",
        Linearizable.No => $"{Key} is not linearizable: {Explanation}",
        _ => $"gave up on {Key}: {Explanation}",
    };
}
