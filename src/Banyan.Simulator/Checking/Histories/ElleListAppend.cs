using System.Text;

namespace Banyan.Simulator.Checking.Histories;

/// <summary>
/// Finds out from what clients saw whether their transactions of appends to lists and reads of lists could have run one
/// after the other; if not, names the anomaly and shows the shortest cycle.
/// </summary>
/// <remarks>
/// Source: Kingsbury and Alvaro, Elle: Inferring Isolation Anomalies from Experimental Observations, 2020. Every element
/// is appended to its key once, so the longest list that was read is the order of a key's versions, and every other list
/// is one of these versions. The cost grows with the number of steps, except for the total length of the lists read.
/// </remarks>
public sealed class ElleListAppend
{
    private const int AnomaliesOfAKindMax = 8;
    private const int UnseenAppendsMax = 16;
    private readonly IReadOnlyList<ClientOperation> _history;
    private readonly Dictionary<string, int> _keyOf = [];
    private readonly List<ListKey> _keys = [];
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<Anomaly> _anomalies = [];
    private readonly DependencyGraph _graph;

    private ElleListAppend(IReadOnlyList<ClientOperation> history)
    {
        _history = history;
        _graph = new(history.Count);
    }

    /// <summary>All kinds of anomalies that are in a history, at most a few of each kind; empty if there are none.</summary>
    /// <param name="history">Operations of <see cref="MicroKind.Append"/> and <see cref="MicroKind.ReadList"/>; other steps do not count.</param>
    /// <param name="order">How much real time matters.</param>
    public static IReadOnlyList<Anomaly> Check(IReadOnlyList<ClientOperation> history, RealTimeOrder order)
    {
        var check = new ElleListAppend(history);
        check.CollectAppends();
        check.CollectReads();
        foreach (ListKey key in check._keys) check.CheckVersions(key, order);
        for (int key = 0; key < check._keys.Count; key++) check.AddDependencies(key);
        new RealTimeEdges(check._graph, history, order).Add();
        check._graph.Seal();
        check.FindCycles(order);
        return check._anomalies;
    }

    private ListKey KeyNamed(string name)
    {
        if (!_keyOf.TryGetValue(name, out int index))
        {
            _keyOf.Add(name, index = _keys.Count);
            _keys.Add(new(name));
        }

        return _keys[index];
    }

    private void Report(string name, string explanation)
    {
        int count = _counts[name] = _counts.GetValueOrDefault(name) + 1;
        if (count <= AnomaliesOfAKindMax) _anomalies.Add(new(name, explanation));
    }

    private void CollectAppends()
    {
        for (int i = 0; i < _history.Count; i++)
        {
            IReadOnlyList<MicroOperation> steps = _history[i].Steps;
            for (int s = 0; s < steps.Count; s++)
            {
                if (steps[s].Kind != MicroKind.Append) continue;
                bool isLast = true;
                for (int later = s + 1; later < steps.Count; later++)
                    isLast &= steps[later].Kind != MicroKind.Append || steps[later].Key != steps[s].Key;
                if (!KeyNamed(steps[s].Key).TryAdd(steps[s].Value!.Value, i, isLast))
                    Report("duplicate", $"{steps[s].Value} is appended to {steps[s].Key} more than once: no order can be told");
            }
        }
    }

    // What an operation sees of its own appends must be there; the rest is what it saw of others.
    private void CollectReads()
    {
        for (int i = 0; i < _history.Count; i++)
        {
            if (_history[i].Outcome != OperationOutcome.Ok) continue;
            IReadOnlyList<MicroOperation> steps = _history[i].Steps;
            for (int s = 0; s < steps.Count; s++)
            {
                if (steps[s].Kind != MicroKind.ReadList) continue;
                IReadOnlyList<long> list = steps[s].List;
                int own = 0;
                int before = -1;
                for (int earlier = s - 1; earlier >= 0; earlier--)
                {
                    if (steps[earlier].Key != steps[s].Key) continue;
                    if (steps[earlier].Kind == MicroKind.Append)
                    {
                        own++;
                        if (own > list.Count || list[^own] != steps[earlier].Value)
                        {
                            Report("internal", $"T{i} does not see its own {steps[earlier].Value} at the end of {steps[s].Key}: {_history[i]}");
                            own = -1;
                            break;
                        }
                    }
                    else if (steps[earlier].Kind == MicroKind.ReadList)
                    {
                        before = earlier;
                        break;
                    }
                }

                if (own < 0) continue;
                if (before < 0) KeyNamed(steps[s].Key).AddRead(new(i, list, list.Count - own));
                else if (!list.Take(list.Count - own).SequenceEqual(steps[before].List))
                    Report("internal", $"T{i} reads {steps[s].Key} twice and sees different lists: {_history[i]}");
            }
        }
    }

    private void CheckVersions(ListKey key, RealTimeOrder order)
    {
        var seen = new HashSet<long>();
        foreach (long element in key.Order)
        {
            if (!seen.Add(element)) Report("duplicate", $"{element} stands in {key.Name} twice, as T{key.OrderSeenBy} saw it: {_history[key.OrderSeenBy]}");
            if (!key.TryGet(element, out ListKey.Append append))
                Report("phantom", $"{element} in {key.Name} was appended by nobody; T{key.OrderSeenBy} saw it: {_history[key.OrderSeenBy]}");
            else if (_history[append.Operation].Outcome == OperationOutcome.Failed)
                Report("G1a", $"{element} in {key.Name} is of T{append.Operation}, which failed ({_history[append.Operation]}), and T{key.OrderSeenBy} saw it: {_history[key.OrderSeenBy]}");
        }

        long lastSeenFrom = long.MinValue;
        foreach (ListKey.Seen read in key.Reads)
        {
            lastSeenFrom = Math.Max(lastSeenFrom, _history[read.Operation].Invoked);
            if (!key.IsPrefix(read))
                Report("incompatible-order", $"T{read.Operation} and T{key.OrderSeenBy} saw {key.Name} in different orders: {_history[read.Operation]}; {_history[key.OrderSeenBy]}");
            if (read.Length > 0 && key.TryGet(read.List[read.Length - 1], out ListKey.Append last) && !last.IsLast && last.Operation != read.Operation)
                Report("G1b", $"T{read.Operation} saw {key.Name} in the middle of T{last.Operation}: {_history[read.Operation]}; {_history[last.Operation]}");
        }

        if (order == RealTimeOrder.Ignored) return;
        foreach (long element in key.Elements)
        {
            key.TryGet(element, out ListKey.Append append);
            ClientOperation operation = _history[append.Operation];
            if (operation.Outcome == OperationOutcome.Ok && operation.EndsAt < lastSeenFrom && !seen.Contains(element))
                Report("lost-append", $"{element} in {key.Name} was acknowledged to T{append.Operation} and nobody who read it later saw it: {operation}");
        }
    }

    private void AddDependencies(int index)
    {
        ListKey key = _keys[index];
        IReadOnlyList<long> order = key.Order;
        for (int i = 0; i + 1 < order.Count; i++)
        {
            if (key.TryGet(order[i], out ListKey.Append first) && key.TryGet(order[i + 1], out ListKey.Append second))
                _graph.Add(new(first.Operation, second.Operation, Dependencies.WriteWrite, index, order[i + 1]));
        }

        // Acknowledged, but nobody read that far: all of them come after the last one that was read.
        var seen = new HashSet<long>(order);
        var unseen = new List<long>();
        foreach (long element in key.Elements)
        {
            if (unseen.Count == UnseenAppendsMax) break;
            key.TryGet(element, out ListKey.Append append);
            if (!seen.Contains(element) && _history[append.Operation].Outcome == OperationOutcome.Ok) unseen.Add(element);
        }

        foreach (long element in unseen)
        {
            key.TryGet(element, out ListKey.Append append);
            if (order.Count > 0 && key.TryGet(order[^1], out ListKey.Append last))
                _graph.Add(new(last.Operation, append.Operation, Dependencies.WriteWrite, index, element));
        }

        foreach (ListKey.Seen read in key.Reads)
        {
            if (!key.IsPrefix(read)) continue;
            if (read.Length > 0 && key.TryGet(order[read.Length - 1], out ListKey.Append saw))
                _graph.Add(new(saw.Operation, read.Operation, Dependencies.WriteRead, index, order[read.Length - 1]));
            if (read.Length < order.Count)
            {
                if (key.TryGet(order[read.Length], out ListKey.Append next))
                    _graph.Add(new(read.Operation, next.Operation, Dependencies.ReadWrite, index, order[read.Length]));
                continue;
            }

            foreach (long element in unseen)
            {
                key.TryGet(element, out ListKey.Append append);
                _graph.Add(new(read.Operation, append.Operation, Dependencies.ReadWrite, index, element));
            }
        }
    }

    // From the worst to the mildest; a component that is explained by a worse cycle is not shown again.
    private void FindCycles(RealTimeOrder order)
    {
        var inCycle = new HashSet<int>();
        const Dependencies writes = Dependencies.WriteWrite;
        const Dependencies noAnti = writes | Dependencies.WriteRead;
        const Dependencies all = noAnti | Dependencies.ReadWrite;
        Find(writes, writes, writes, inCycle);
        Find(noAnti, Dependencies.WriteRead, noAnti, inCycle);
        Find(all, Dependencies.ReadWrite, noAnti, inCycle);
        Find(all, Dependencies.ReadWrite, all, inCycle);
        if (order == RealTimeOrder.Ignored) return;
        const Dependencies time = Dependencies.RealTime;
        Find(writes | time, writes, writes | time, inCycle);
        Find(noAnti | time, Dependencies.WriteRead, noAnti | time, inCycle);
        Find(all | time, Dependencies.ReadWrite, noAnti | time, inCycle);
        Find(all | time, Dependencies.ReadWrite, all | time, inCycle);
    }

    private void Find(Dependencies within, Dependencies start, Dependencies rest, HashSet<int> inCycle)
    {
        int[] component = _graph.Components(within);
        var explained = new HashSet<int>();
        for (int i = 0; i < _history.Count; i++)
        {
            if (inCycle.Contains(i)) explained.Add(component[i]);
        }

        for (int i = 0; i < component.Length; i++)
        {
            if (explained.Contains(component[i])) component[i] = -1;
        }

        foreach (List<Dependency> cycle in _graph.ShortestCycles(component, start, rest, AnomaliesOfAKindMax))
        {
            foreach (Dependency edge in cycle) inCycle.Add(edge.From);
            Report(NameOf(cycle), InWords(cycle));
        }
    }

    private static string NameOf(List<Dependency> cycle)
    {
        int antis = cycle.Count(e => e.Why == Dependencies.ReadWrite);
        string name = antis switch
        {
            0 => cycle.Exists(e => e.Why == Dependencies.WriteRead) ? "G1c" : "G0",
            1 => "G-single",
            _ => "G2",
        };
        return cycle.Exists(e => e.Why == Dependencies.RealTime) ? name + "-realtime" : name;
    }

    private string InWords(List<Dependency> cycle)
    {
        var text = new StringBuilder();
        foreach (Dependency edge in cycle)
        {
            string key = edge.Key < 0 ? "" : _keys[edge.Key].Name;
            text.Append(edge.Why switch
            {
                Dependencies.WriteWrite => $"T{edge.From} wrote {key} before T{edge.To} appended {edge.Element}",
                Dependencies.WriteRead => $"T{edge.From} appended {edge.Element} to {key}, which T{edge.To} saw",
                Dependencies.ReadWrite => $"T{edge.From} did not see {edge.Element} in {key}, which T{edge.To} appended",
                _ => $"T{edge.From} had returned before T{edge.To} was called",
            });
            text.Append("; ");
        }

        text.Append("so each comes before itself.");
        foreach (Dependency edge in cycle) text.Append($" T{edge.From} is {_history[edge.From]}.");
        return text.ToString();
    }
}
