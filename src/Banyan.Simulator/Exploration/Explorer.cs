using Banyan.Primitives;

namespace Banyan.Simulator.Exploration;

/// <summary>Goes through all states of a system, depth first.</summary>
/// <remarks>
/// Every bound is a budget that is part of the state, so a state that is met again has the same future and is left out.
/// A lost message needs no step of its own: it is one that is not delivered on a path, and every state on a path is checked.
/// </remarks>
internal sealed class Explorer(ExploredSystem system, long statesMax, int violationsMax)
{
    private readonly HashSet<ulong> _seen = []; // only asked, never gone through
    private readonly List<Frame> _path = [];
    private readonly List<string> _violations = [];
    private long _transitions;
    private int _depth;

    private sealed class Frame(WorldState state, List<ExploredAction> actions)
    {
        public readonly WorldState State = state;
        public readonly List<ExploredAction> Actions = actions;
        public int Next;
    }

    public ExplorationResult Run()
    {
        var parts = new int[system.PartCount];
        List<int> network = [];
        for (int i = 0; i < parts.Length; i++)
        {
            (parts[i], int[] sent) = system.Parts.Start(i);
            network.AddRange(sent);
        }

        Enter(new(parts, Canonical(network), system.Budgets, system.FirstPast));
        while (_path.Count > 0 && _seen.Count < statesMax && _violations.Count < violationsMax)
        {
            Frame top = _path[^1];
            if (top.Next == top.Actions.Count) _path.RemoveAt(_path.Count - 1);
            else Take(top.State, top.Actions[top.Next++]);
        }

        return new(system.Name, _seen.Count, _transitions, system.Parts.Executions, _depth, _violations, Complete: _path.Count == 0);
    }

    private void Take(WorldState state, ExploredAction action)
    {
        _transitions++;
        if (action.Loses)
        {
            Enter(new(state.Parts, NetworkAfter(state.Network, state.Parts, action, []), Spend(state.Budgets, action), state.Past));
            return;
        }

        PartStates.Step step = system.Parts.Take(state.Parts[action.Part], action.Input);
        if (step.Violation is not null)
        {
            Report(step.Violation);
            return;
        }

        var parts = (int[])state.Parts.Clone();
        parts[action.Part] = step.Next;
        Enter(new(parts, NetworkAfter(state.Network, parts, action, step.Sent), Spend(state.Budgets, action), state.Past));
    }

    private static int[] Spend(int[] budgets, ExploredAction action)
    {
        if (action.Budget < 0) return budgets;
        var left = (int[])budgets.Clone();
        left[action.Budget]--;
        return left;
    }

    private int[] NetworkAfter(int[] before, int[] parts, ExploredAction action, int[] sent)
    {
        List<int> network = [.. before];
        if (action.Input >= 0 && !action.Keeps) network.Remove(action.Input);
        network.AddRange(sent);
        network.RemoveAll(m => system.IsGone(parts[system.Parts.ReceiverOf(m)]));
        return Canonical(network);
    }

    // Where order counts it is kept within each link; otherwise it is forgotten.
    private int[] Canonical(List<int> network)
    {
        if (system.KeepsOrder) return [.. network.OrderBy(m => system.Parts.LinkOf(m))]; // stable
        network.Sort();
        return [.. network];
    }

    private void Enter(WorldState state)
    {
        var violations = new List<string>();
        state = state with { Past = system.Check(state, violations) };
        foreach (string violation in violations) Report(violation);
        if (!_seen.Add(state.Hash())) return;
        List<ExploredAction> actions = [];
        for (int i = 0; i < state.Network.Length; i++)
        {
            int message = state.Network[i];
            if (i > 0 && state.Network[i - 1] == message) continue; // one copy is like the other
            if (i > 0 && system.KeepsOrder && system.Parts.LinkOf(message) == system.Parts.LinkOf(state.Network[i - 1])) continue;
            int receiver = system.Parts.ReceiverOf(message);
            actions.Add(new(receiver, message));
            int duplicate = system.DuplicateBudget;
            if (duplicate >= 0 && state.Budgets[duplicate] > 0) actions.Add(new(receiver, message, duplicate, Keeps: true));
            int loss = system.KeepsOrder ? system.LossBudget : -1;
            if (loss >= 0 && state.Budgets[loss] > 0) actions.Add(new(receiver, message, loss, Loses: true));
        }

        if (state.Network.Length == 0) CheckEnd(state);
        system.AddActions(state, actions);
        _path.Add(new(state, actions));
        _depth = Math.Max(_depth, _path.Count - 1);
    }

    private void CheckEnd(WorldState state)
    {
        var violations = new List<string>();
        try
        {
            system.CheckEnd(state, violations);
        }
        catch (InvariantViolation broken)
        {
            violations.Add(broken.Message);
        }

        foreach (string violation in violations) Report(violation);
    }

    private void Report(string violation)
    {
        if (_violations.Count >= violationsMax) return;
        IEnumerable<string> steps = _path.Select(f => f.Next == 0 ? "" : system.Describe(f.Actions[f.Next - 1]));
        _violations.Add($"{violation}\n  {string.Join("\n  ", steps)}");
    }
}
