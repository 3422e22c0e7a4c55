namespace Banyan.Primitives;

/// <summary>
/// What the simulator asks of the code under test: to take rare ways often (<see cref="Buggify"/>), and to tell which
/// rare states it has come through (<see cref="Sometimes"/>). In production both do nothing.
/// </summary>
/// <remarks>
/// A site may only do what a slow, busy or unlucky server might do as well: nothing that a site does may be wrong.
/// Source: the buggify macro of FoundationDB, and Antithesis' "sometimes" assertions.
/// </remarks>
public class Probes
{
    /// <summary>Nothing fires, nothing is counted.</summary>
    public static readonly Probes Off = new();

    /// <summary>Whether to take the rare way here, this time.</summary>
    /// <param name="site">Names the place; stable over versions, since it decides together with the seed.</param>
    public virtual bool Buggify(string site) => false;

    /// <summary>Notes that a state was reached that is worth reaching.</summary>
    public virtual void Sometimes(string state)
    {
    }
}
