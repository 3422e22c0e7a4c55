using Banyan.Primitives;

namespace Banyan.Simulator.Checking.Histories;

/// <summary>The search for an order of the operations on one key.</summary>
/// <remarks>
/// Calls and returns stand in a list in the order of time. A call that can happen now, because no return stands before it,
/// is taken out of the list together with its return, and the search goes on from the front. At a return whose call could
/// not be taken, the last one taken is put back. A pair (set of what has happened, state) is entered only once.
/// Three more rules keep what has no answer from doubling the work each time: what is answered and only looks happens
/// as soon as it can, and no other way is tried; what has no answer happens only if what comes next would not come to the
/// same without it; of several alike without an answer the first called happens first.
/// </remarks>
internal sealed class LinearizationSearch<TState>(string key, ISequentialModel<TState> model)
    where TState : IEquatable<TState>
{
    private readonly List<(ClientOperation Whole, List<MicroOperation> Steps)> _operations = [];

    // Call of operation i: node 2i. Its return: node 2i + 1. The head is the last node.
    private int[] _next = [];
    private int[] _previous = [];
    private ulong[] _happened = [];
    private int _head;

    // The operation without an answer that is like this one, and was called before it; -1 if there is none.
    private int[] _twin = [];

    private readonly record struct Taken(int Operation, TState Before, bool IsForced);

    private readonly record struct Place(ulong[] Happened, TState State);

    private sealed class ByContent : IEqualityComparer<Place>
    {
        public bool Equals(Place a, Place b) => a.Happened.AsSpan().SequenceEqual(b.Happened) && a.State.Equals(b.State);

        public int GetHashCode(Place place)
        {
            ulong hash = (ulong)place.State.GetHashCode();
            foreach (ulong word in place.Happened) hash = StableHash.Add(hash, word);
            return (int)hash;
        }
    }

    public void Add(ClientOperation whole, List<MicroOperation> steps) => _operations.Add((whole, steps));

    public KeyVerdict Run(long stepsMax)
    {
        int answersLeft = Link();
        var taken = new Stack<Taken>();
        var entered = new HashSet<Place>(new ByContent());
        TState state = model.Initial;
        string deepest = "";
        int deepestCount = -1;
        int node = TakeForced(taken, ref state, ref answersLeft);
        for (long steps = 0; answersLeft > 0; steps++)
        {
            if (steps == stepsMax) return new(key, Linearizable.GaveUp, $"{stepsMax} steps were not enough for {_operations.Count} operations; the furthest: {deepest}");
            Invariant.Holds(node != _head);
            int operation = node / 2;
            if (node % 2 == 0)
            {
                if (MayHappen(operation, taken, state, out TState after))
                {
                    Mark(operation);
                    if (entered.Add(new((ulong[])_happened.Clone(), after)))
                    {
                        taken.Push(new(operation, state, false));
                        if (IsAnswered(operation)) answersLeft--;
                        Take(operation);
                        state = after;
                        node = TakeForced(taken, ref state, ref answersLeft);
                        continue;
                    }

                    Unmark(operation);
                }

                node = _next[node];
                continue;
            }

            // It had returned by now, and there is no way to make it happen before.
            if (taken.Count > deepestCount)
            {
                deepestCount = taken.Count;
                deepest = Explain(taken, state, operation);
            }

            Taken back;
            do
            {
                if (taken.Count == 0) return new(key, Linearizable.No, deepest);
                back = taken.Pop();
                state = back.Before;
                if (IsAnswered(back.Operation)) answersLeft++;
                Unmark(back.Operation);
                PutBack(back.Operation);
            }
            while (back.IsForced);
            node = _next[2 * back.Operation];
        }

        return new(key, Linearizable.Yes, "");
    }

    // All that only looks, and saw what is here now; then the place to go on from.
    private int TakeForced(Stack<Taken> taken, ref TState state, ref int answersLeft)
    {
        for (int node = _next[_head]; node != _head && node % 2 == 0;)
        {
            int operation = node / 2;
            node = _next[node];
            if (!IsAnswered(operation) || _operations[operation].Steps.Exists(s => s.IsWrite && s.Applied) || !TryHappen(operation, state, out _)) continue;
            Mark(operation);
            taken.Push(new(operation, state, true));
            answersLeft--;
            Take(operation);
            // Its return may have been what stood in the way.
            node = _next[_head];
        }

        return _next[_head];
    }

    private bool MayHappen(int operation, Stack<Taken> taken, TState state, out TState after)
    {
        if (!TryHappen(operation, state, out after)) return false;
        if (!IsAnswered(operation) && (after.Equals(state) || (_twin[operation] >= 0 && !HasHappened(_twin[operation])))) return false;
        return !taken.TryPeek(out Taken last) || IsAnswered(last.Operation)
            || !TryHappen(operation, last.Before, out TState without) || !without.Equals(after);
    }

    private bool IsAnswered(int operation) => _operations[operation].Whole.EndsAt != long.MaxValue;

    // Links all moments in the order of time; returns how many have an answer.
    private int Link()
    {
        _head = 2 * _operations.Count;
        _next = new int[_head + 1];
        _previous = new int[_head + 1];
        _happened = new ulong[(_operations.Count + 63) / 64];
        var moments = new List<(long At, bool IsReturn, int Node)>();
        for (int i = 0; i < _operations.Count; i++)
        {
            moments.Add((_operations[i].Whole.Invoked, false, 2 * i));
            if (IsAnswered(i)) moments.Add((_operations[i].Whole.EndsAt, true, 2 * i + 1));
        }

        // At the same microsecond calls come first: what may have been at once is not ordered.
        moments.Sort();
        int last = _head;
        foreach ((_, _, int node) in moments)
        {
            _next[last] = node;
            _previous[node] = last;
            last = node;
        }

        _next[last] = _head;
        _previous[_head] = last;
        _twin = new int[_operations.Count];
        var unanswered = new List<int>();
        foreach ((_, _, int node) in moments)
        {
            if (IsAnswered(node / 2)) continue;
            int like = unanswered.FindLastIndex(other => _operations[other].Steps.SequenceEqual(_operations[node / 2].Steps));
            _twin[node / 2] = like < 0 ? -1 : unanswered[like];
            unanswered.Add(node / 2);
        }

        return moments.Count - _operations.Count;
    }

    private bool TryHappen(int operation, TState state, out TState after)
    {
        after = state;
        foreach (MicroOperation step in _operations[operation].Steps)
        {
            if (!model.TryStep(after, step, IsAnswered(operation), out after)) return false;
        }

        return true;
    }

    private bool HasHappened(int operation) => (_happened[operation >> 6] >> (operation & 63) & 1) != 0;

    private void Mark(int operation) => _happened[operation >> 6] |= 1UL << (operation & 63);

    private void Unmark(int operation) => _happened[operation >> 6] &= ~(1UL << (operation & 63));

    private void Take(int operation)
    {
        Unlink(2 * operation);
        if (IsAnswered(operation)) Unlink(2 * operation + 1);
    }

    // In the opposite order, so that each finds its neighbours as it left them.
    private void PutBack(int operation)
    {
        if (IsAnswered(operation)) Relink(2 * operation + 1);
        Relink(2 * operation);
    }

    private void Unlink(int node)
    {
        _next[_previous[node]] = _next[node];
        _previous[_next[node]] = _previous[node];
    }

    private void Relink(int node)
    {
        _next[_previous[node]] = node;
        _previous[_next[node]] = node;
    }

    private string Explain(Stack<Taken> taken, TState state, int stuck)
    {
        IEnumerable<string> last = taken.Take(4).Reverse().Select(t => _operations[t.Operation].Whole.ToString());
        return $"after {taken.Count} of {_operations.Count} operations it holds {state}, and then nothing explains {_operations[stuck].Whole}"
            + (taken.Count == 0 ? "" : $"; the last before: {string.Join("; ", last)}");
    }
}
