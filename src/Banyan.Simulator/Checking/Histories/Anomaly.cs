namespace Banyan.Simulator.Checking.Histories;

/// <summary>Something in a history that the promised isolation forbids.</summary>
/// <param name="Name">Adya's name for it, as Elle uses it: G0, G1a, G1b, G1c, G-single, G2, with "-realtime" where the
/// order in time is needed to see it; or internal, duplicate, phantom, incompatible-order, lost-append.</param>
/// <param name="Explanation">What was seen, in words.</param>
public sealed record Anomaly(string Name, string Explanation)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Explanation}";
}
