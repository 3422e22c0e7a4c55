namespace Banyan.Simulator.Checking.Histories;

/// <summary>Puts into a graph which operations had returned before which others were called.</summary>
/// <remarks>
/// A chain of junctions in the order of time: a return leads into the chain, the chain leads to every later call. A key
/// has two chains where only conflicts count: writers come after all, readers after writers only.
/// </remarks>
internal sealed class RealTimeEdges(DependencyGraph graph, IReadOnlyList<ClientOperation> history, RealTimeOrder order)
{
    private readonly record struct Moment(long At, bool IsReturn, int Operation, bool Writes);

    public void Add()
    {
        switch (order)
        {
            case RealTimeOrder.Strict:
                var all = new List<Moment>();
                for (int i = 0; i < history.Count; i++) Include(all, i, writes: true);
                AddChains(all);
                break;
            case RealTimeOrder.PerKey:
                foreach (List<Moment> ofKey in ByKey()) AddChains(ofKey);
                break;
        }
    }

    private List<List<Moment>> ByKey()
    {
        var keyOf = new Dictionary<string, int>();
        var moments = new List<List<Moment>>();
        for (int i = 0; i < history.Count; i++)
        {
            IReadOnlyList<MicroOperation> steps = history[i].Steps;
            for (int s = 0; s < steps.Count; s++)
            {
                string key = steps[s].Key;
                bool first = true;
                bool writes = steps[s].IsWrite;
                for (int other = 0; other < steps.Count; other++)
                {
                    if (steps[other].Key != key) continue;
                    first &= other >= s;
                    writes |= steps[other].IsWrite;
                }

                if (!first) continue;
                if (!keyOf.TryGetValue(key, out int index))
                {
                    keyOf.Add(key, index = moments.Count);
                    moments.Add([]);
                }

                Include(moments[index], i, writes);
            }
        }

        return moments;
    }

    // What failed happened at no time.
    private void Include(List<Moment> moments, int operation, bool writes)
    {
        if (history[operation].Outcome == OperationOutcome.Failed) return;
        moments.Add(new(history[operation].Invoked, false, operation, writes));
        if (history[operation].EndsAt != long.MaxValue) moments.Add(new(history[operation].EndsAt, true, operation, writes));
    }

    private void AddChains(List<Moment> moments)
    {
        // At the same microsecond calls come first: what may have been at once is not ordered.
        moments.Sort((a, b) => (a.At, a.IsReturn, a.Operation).CompareTo((b.At, b.IsReturn, b.Operation)));
        int written = -1;
        int read = -1;
        foreach (Moment moment in moments)
        {
            if (!moment.IsReturn)
            {
                if (written >= 0) graph.Add(new(written, moment.Operation, Dependencies.Through));
                if (moment.Writes && read >= 0) graph.Add(new(read, moment.Operation, Dependencies.Through));
            }
            else if (moment.Writes)
            {
                written = Extend(written, moment.Operation);
            }
            else
            {
                read = Extend(read, moment.Operation);
            }
        }
    }

    private int Extend(int chain, int operation)
    {
        int junction = graph.NewJunction();
        if (chain >= 0) graph.Add(new(chain, junction, Dependencies.Through));
        graph.Add(new(operation, junction, Dependencies.RealTime));
        return junction;
    }
}
