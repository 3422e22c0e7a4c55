using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture.Checking;

/// <summary>The simulator's checkers over three histories of one set of keys. Each history is checked alike when it is read back from a file.</summary>
internal static class HistoryVerdict
{
    private const long SearchStepsMax = 2_000_000;

    /// <summary>What is wrong; empty if nothing is.</summary>
    /// <param name="lists">Appends to lists, and reads that are as fresh as promised; the last operation reads them all at the end.</param>
    /// <param name="registers">Reads, writes and compare-and-sets.</param>
    /// <param name="snapshots">Reads of lists, pairs and coins at one timestamp, which may lie a little in the past.</param>
    /// <param name="isRealTime">Whether clocks were within their bound.</param>
    /// <param name="undecided">Keys whose search took too long: nothing is known of them.</param>
    public static List<string> Of(
        IReadOnlyList<ClientOperation> lists, IReadOnlyList<ClientOperation> registers, IReadOnlyList<ClientOperation> snapshots, bool isRealTime, out int undecided)
    {
        undecided = 0;
        var found = new List<string>();
        if (isRealTime)
        {
            foreach (Anomaly anomaly in ElleListAppend.Check(lists, RealTimeOrder.PerKey)) found.Add(anomaly.ToString());
            foreach (KeyVerdict verdict in Linearizability.Check(registers, new RegisterModel(), SearchStepsMax))
            {
                if (verdict.Result == Linearizable.No) found.Add(verdict.ToString());
                if (verdict.Result == Linearizable.GaveUp) undecided++;
            }
        }

        // Serializable they are with any clock: all reads together, whenever they were made.
        foreach (Anomaly anomaly in ElleListAppend.Check([.. lists, .. snapshots], RealTimeOrder.Ignored))
        {
            if (!found.Contains(anomaly.ToString())) found.Add(anomaly.ToString());
        }

        AddLostAppends(lists, found);
        AddUnwritten(registers, found);
        foreach (ClientOperation snapshot in snapshots) AddTorn(snapshot, found);
        return found;
    }

    // Durability needs no clock.
    private static void AddLostAppends(IReadOnlyList<ClientOperation> lists, List<string> found)
    {
        if (lists.Count == 0) return;
        var held = new Dictionary<string, HashSet<long>>();
        foreach (MicroOperation read in lists[^1].Steps) held[read.Key] = [.. read.List];
        foreach (ClientOperation operation in lists)
        {
            if (operation.Outcome != OperationOutcome.Ok) continue;
            foreach (MicroOperation step in operation.Steps)
            {
                if (step.Kind == MicroKind.Append && !(held.TryGetValue(step.Key, out HashSet<long>? elements) && elements.Contains(step.Value!.Value)))
                    found.Add($"lost-write: {step.Value} is not in {step.Key} in the end: {operation}");
            }
        }
    }

    // Nor does it that a value comes from somebody.
    private static void AddUnwritten(IReadOnlyList<ClientOperation> registers, List<string> found)
    {
        var written = new HashSet<(string, long?)>();
        var acknowledged = new HashSet<string>();
        foreach (ClientOperation operation in registers)
        {
            foreach (MicroOperation step in operation.Steps)
            {
                if (!step.IsWrite || operation.Outcome == OperationOutcome.Failed || !step.Applied) continue;
                written.Add((step.Key, step.Value));
                if (operation.Outcome == OperationOutcome.Ok) acknowledged.Add(step.Key);
            }
        }

        foreach (ClientOperation operation in registers)
        {
            if (operation.Outcome != OperationOutcome.Ok) continue;
            bool isLast = operation == registers[^1];
            foreach (MicroOperation step in operation.Steps)
            {
                if (step.Kind != MicroKind.Read) continue;
                if (step.Value is not null && !written.Contains((step.Key, step.Value))) found.Add($"phantom: {step.Key} held {step.Value}, which nobody wrote: {operation}");
                if (step.Value is null && isLast && acknowledged.Contains(step.Key)) found.Add($"lost-write: {step.Key} holds nothing in the end");
            }
        }
    }

    private static void AddTorn(ClientOperation snapshot, List<string> found)
    {
        var values = new Dictionary<string, long?>();
        foreach (MicroOperation step in snapshot.Steps)
        {
            if (step.Kind == MicroKind.Read) values[step.Key] = step.Value;
        }

        foreach ((string key, long? value) in values)
        {
            // Qia and Qib are written together; a coin is in one account.
            if (key[0] == 'Q' && key[^1] == 'a' && values.TryGetValue(key[..^1] + "b", out long? other) && other != value)
                found.Add($"torn: {key} held {value} while {key[..^1]}b held {other}: {snapshot}");
            if (key[0] == 'C' && value < 0) found.Add($"torn: {key} was {(value == -1 ? "nowhere" : "in two accounts")}: {snapshot}");
        }
    }
}
