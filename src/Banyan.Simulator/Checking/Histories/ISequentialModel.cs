namespace Banyan.Simulator.Checking.Histories;

/// <summary>What one key is and does when nobody else is there: what <see cref="Linearizability"/> compares a history with.</summary>
/// <typeparam name="TState">A value; equal states have equal hashes, and are never changed.</typeparam>
public interface ISequentialModel<TState>
    where TState : IEquatable<TState>
{
    /// <summary>Before the first operation.</summary>
    TState Initial { get; }

    /// <summary>Lets a step happen; false if it could not have been answered as it was.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="step">What it does.</param>
    /// <param name="answered">Whether its client has the answer; if not, what it has seen says nothing and every outcome is right.</param>
    /// <param name="next">After it.</param>
    bool TryStep(TState state, MicroOperation step, bool answered, out TState next);
}
