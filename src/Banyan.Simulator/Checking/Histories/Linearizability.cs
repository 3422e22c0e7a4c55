namespace Banyan.Simulator.Checking.Histories;

/// <summary>
/// Whether each key behaved as if every operation on it had happened at one moment between its call and its return.
/// </summary>
/// <remarks>
/// Wing and Gong's search with Lowe's memory of the states it has been in (Testing for Linearizability, 2017), key by key
/// as in porcupine. What failed never happened. What nobody knows the end of may happen at any time after its call, or
/// never. An operation on several keys is looked at key by key: this proves nothing about them together.
/// </remarks>
public static class Linearizability
{
    /// <summary>A verdict for every key, in the order in which they first come.</summary>
    /// <param name="history">What the clients saw.</param>
    /// <param name="model">What a key is.</param>
    /// <param name="stepsMax">After so many tries on one key it is given up.</param>
    public static IReadOnlyList<KeyVerdict> Check<TState>(
        IReadOnlyList<ClientOperation> history, ISequentialModel<TState> model, long stepsMax = 5_000_000)
        where TState : IEquatable<TState>
    {
        var keyOf = new Dictionary<string, int>();
        var searches = new List<LinearizationSearch<TState>>();
        foreach (ClientOperation operation in history)
        {
            if (operation.Outcome == OperationOutcome.Failed) continue;
            for (int s = 0; s < operation.Steps.Count; s++)
            {
                string key = operation.Steps[s].Key;
                List<MicroOperation> ofKey = [.. operation.Steps.Where(step => step.Key == key)];
                if (!ReferenceEquals(ofKey[0], operation.Steps[s])) continue;
                // What only reads and has no answer says nothing.
                if (operation.EndsAt == long.MaxValue && !ofKey.Exists(step => step.IsWrite)) continue;
                if (!keyOf.TryGetValue(key, out int index))
                {
                    keyOf.Add(key, index = searches.Count);
                    searches.Add(new(key, model));
                }

                searches[index].Add(operation, ofKey);
            }
        }

        return [.. searches.Select(search => search.Run(stepsMax))];
    }
}
