namespace Banyan.Simulator.Checking.Histories;

/// <summary>A key that holds a number or nothing: read, write, compare-and-set.</summary>
public sealed class RegisterModel : ISequentialModel<RegisterModel.State>
{
    /// <summary>What it holds.</summary>
    public readonly record struct State(long? Value)
    {
        /// <inheritdoc/>
        public override string ToString() => Value?.ToString() ?? "nothing";
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
                return !answered || state.Value == step.Value;
            case MicroKind.Write:
                next = new(step.Value);
                return true;
            case MicroKind.CompareAndSet:
                bool holds = state.Value == step.Expected;
                if (holds && (step.Applied || !answered)) next = new(step.Value);
                return !answered || holds == step.Applied;
            default:
                return false;
        }
    }
}
