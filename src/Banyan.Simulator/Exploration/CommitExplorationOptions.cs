namespace Banyan.Simulator.Exploration;

/// <summary>Which of the two keys the reader reads at once; for both there are far more states than for one.</summary>
public enum ReaderKeys
{
    /// <summary>The one in the range of the record.</summary>
    Anchor,

    /// <summary>The one in the other range.</summary>
    Other,

    /// <summary>Both.</summary>
    Both,
}

/// <summary>How far <see cref="CommitExploration"/> goes.</summary>
public sealed record CommitExplorationOptions
{
    /// <summary>Crashes of the coordinator, for good.</summary>
    public int Crashes { get; init; } = 1;

    /// <summary>How often a server may lose patience and send again what was not answered.</summary>
    public int Resends { get; init; }

    /// <summary>Messages that come twice.</summary>
    public int Duplicates { get; init; }

    /// <summary>What is read, and so who is pushed from where.</summary>
    public ReaderKeys Reads { get; init; } = ReaderKeys.Anchor;

    /// <summary>Whether the transaction also looks at what it writes, so that it cannot be moved without asking.</summary>
    public bool HasConditions { get; init; }

    /// <summary>Gives up after so many states.</summary>
    public long StatesMax { get; init; } = 5_000_000;

    /// <summary>Stops after so many violations.</summary>
    public int ViolationsMax { get; init; } = 1;

    /// <summary>A control: recovery only looks whether a write stands, and does not prevent one that does not.</summary>
    public bool RecoversWithoutPreventing { get; init; }

    /// <summary>A control: the coordinator resolves the other range's intent beside the explicit commit, not after it.</summary>
    public bool ResolvesTooEarly { get; init; }
}
