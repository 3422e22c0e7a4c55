using System.Collections.Immutable;
using Banyan.Primitives;

namespace Banyan.Simulator.Checking.Histories;

/// <summary>A key that holds a set of numbers: add, read the whole.</summary>
public sealed class SetModel : ISequentialModel<SetModel.State>
{
    /// <summary>The elements, ascending; a sum over their hashes tells most sets apart at once.</summary>
    public sealed class State(ImmutableSortedSet<long> elements, ulong hash) : IEquatable<State>
    {
        /// <summary>What is in it.</summary>
        public ImmutableSortedSet<long> Elements => elements;

        internal ulong Hash => hash;

        /// <inheritdoc/>
        public bool Equals(State? other) => other is not null && hash == other.Hash && elements.SequenceEqual(other.Elements);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as State);

        /// <inheritdoc/>
        public override int GetHashCode() => (int)hash;

        /// <inheritdoc/>
        public override string ToString() => "{" + string.Join(' ', elements) + "}";
    }

    /// <inheritdoc/>
    public State Initial { get; } = new([], 0);

    /// <inheritdoc/>
    public bool TryStep(State state, MicroOperation step, bool answered, out State next)
    {
        next = state;
        switch (step.Kind)
        {
            case MicroKind.ReadList:
                return !answered || state.Elements.SequenceEqual(step.List);
            case MicroKind.Add:
                long element = step.Value!.Value;
                if (!state.Elements.Contains(element)) next = new(state.Elements.Add(element), state.Hash + StableHash.Add(1, (ulong)element));
                return true;
            default:
                return false;
        }
    }
}
