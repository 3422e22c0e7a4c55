namespace Banyan.Simulator.Checking.Histories;

/// <summary>A key that holds a sum: add, read. A counter that nobody has added to reads as nothing or as 0.</summary>
public sealed class CounterModel : ISequentialModel<CounterModel.State>
{
    /// <summary>The sum.</summary>
    public readonly record struct State(long Sum)
    {
        /// <inheritdoc/>
        public override string ToString() => Sum.ToString();
    }

    /// <inheritdoc/>
    public State Initial => default;

    /// <inheritdoc/>
    public bool TryStep(State state, MicroOperation step, bool answered, out State next)
    {
        next = state;
        switch (step.Kind)
        {
            case MicroKind.Read:
                return !answered || state.Sum == (step.Value ?? 0);
            case MicroKind.Add:
                next = new(state.Sum + step.Value!.Value);
                return true;
            default:
                return false;
        }
    }
}
