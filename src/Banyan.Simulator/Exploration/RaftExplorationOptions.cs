namespace Banyan.Simulator.Exploration;

/// <summary>How far <see cref="RaftExploration"/> goes.</summary>
public sealed record RaftExplorationOptions
{
    /// <summary>How often an election timer, or a leader's timer to send again, runs out, over all members.</summary>
    public int Timers { get; init; } = 1;

    /// <summary>Entries that are proposed.</summary>
    public int Proposals { get; init; } = 2;

    /// <summary>Crashes, each followed by a restart from what was flushed.</summary>
    public int Crashes { get; init; } = 1;

    /// <summary>
    /// Whether any message may overtake any other, and so be lost at will. Otherwise the messages from one member to
    /// another keep their order, as on the connections that servers use: far fewer states, so the other bounds may be wider.
    /// </summary>
    public bool Reorders { get; init; }

    /// <summary>Without <see cref="Reorders"/>: messages that are lost while later ones on their way are not.</summary>
    public int Losses { get; init; } = 1;

    /// <summary>Messages that come twice.</summary>
    public int Duplicates { get; init; }

    /// <summary>
    /// Whether the members begin with a past that has torn their logs: all have an entry of term 1, the first its second,
    /// which nobody else has, the second one of term 2 in its place. Else they begin with nothing.
    /// </summary>
    public bool TornLogs { get; init; }

    /// <summary>Whether the first votes alone and one other learns, instead of three voters.</summary>
    public bool OneVoter { get; init; }

    /// <summary>Whether an append carries one entry at most.</summary>
    public bool OneEntryAMessage { get; init; }

    /// <summary>Gives up after so many states.</summary>
    public long StatesMax { get; init; } = 20_000_000;

    /// <summary>Stops after so many violations.</summary>
    public int ViolationsMax { get; init; } = 1;

    /// <summary>A control: after a restart a member does not know whom it voted for.</summary>
    public bool ForgetsVote { get; init; }

    /// <summary>A control: answers to appends leave before the flush that they speak of.</summary>
    public bool AcknowledgesBeforeFlush { get; init; }

    /// <summary>A control: a member counts its own vote before it is flushed.</summary>
    public bool LeadsBeforeFlush { get; init; }

    /// <summary>A control: a restart loses the last entry that was flushed.</summary>
    public bool LosesLastEntry { get; init; }
}
