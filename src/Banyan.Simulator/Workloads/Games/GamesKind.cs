namespace Banyan.Simulator.Workloads.Games;

/// <summary>What a small game has besides players, items and rooms.</summary>
public enum GamesKind
{
    /// <summary>Nothing.</summary>
    Plain,

    /// <summary>Distances: players are somewhere, and seen from nearby only.</summary>
    Near,

    /// <summary>Code of its own, and nodes that functions make, the code's and the clients'.</summary>
    Code,

    /// <summary>A plain subtree that clients with the addon follow and change.</summary>
    Trees,
}
