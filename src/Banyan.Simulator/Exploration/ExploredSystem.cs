namespace Banyan.Simulator.Exploration;

/// <summary>Something that can be done in a state.</summary>
/// <param name="Part">Who does it.</param>
/// <param name="Input">A message's number, or a negative number.</param>
/// <param name="Budget">Which budget it takes one from; negative for none.</param>
/// <param name="Keeps">The message stays under way, to come again.</param>
/// <param name="Loses">The message is lost.</param>
internal readonly record struct ExploredAction(int Part, int Input, int Budget = -1, bool Keeps = false, bool Loses = false);

/// <summary>A system of parts, what can happen in it, and what must always be true.</summary>
internal abstract class ExploredSystem
{
    protected ExploredSystem() => Parts = new(StartPart);

    public PartStates Parts { get; }

    public abstract string Name { get; }

    public abstract int PartCount { get; }

    public abstract int[] Budgets { get; }

    public abstract ulong[] FirstPast { get; }

    protected abstract IExploredPart StartPart(int part);

    /// <summary>Adds all that can be done, but for the delivery of messages.</summary>
    public abstract void AddActions(WorldState state, List<ExploredAction> actions);

    /// <summary>The index of the budget for messages that come twice; negative if none does.</summary>
    public virtual int DuplicateBudget => -1;

    /// <summary>Whether the messages from one part to another arrive in the order in which they were sent.</summary>
    public virtual bool KeepsOrder => false;

    /// <summary>If they do: the index of the budget for messages that are lost before later ones arrive.</summary>
    public virtual int LossBudget => -1;

    /// <summary>Whether a part takes messages no more; those to it are dropped.</summary>
    public virtual bool IsGone(int partState) => false;

    /// <summary>Checks a new state, and gives what is to be remembered with it.</summary>
    public abstract ulong[] Check(WorldState state, List<string> violations);

    /// <summary>Checks a state in which nothing is under way any more.</summary>
    public virtual void CheckEnd(WorldState state, List<string> violations)
    {
    }

    /// <summary>For people.</summary>
    public abstract string Describe(ExploredAction action);
}
