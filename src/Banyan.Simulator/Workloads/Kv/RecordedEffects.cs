using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>
/// Replays a record against the committed versions: what was acknowledged has read what stood there when it committed and
/// has left exactly what it said; every other version is due to an operation whose outcome nobody knows, which has left
/// all of its writes at one timestamp, once. So what was refused has left nothing.
/// </summary>
/// <remarks>Steps on names that start with * are about more than one key; only their workload knows what they mean.</remarks>
internal sealed class RecordedEffects(IReadOnlyList<RecordedOperation> record, CommittedHistory history, long addStartsFrom)
{
    private readonly SortedDictionary<Key, SortedSet<Timestamp>> _unexplained = [];

    public void Check(List<string> violations)
    {
        foreach ((Key key, SortedList<Timestamp, byte[]?> versions) in history.Keys) _unexplained.Add(key, [.. versions.Keys]);
        foreach (RecordedOperation operation in record)
        {
            if (operation is { IsOk: true, At: { } at }) Replay(operation, at, violations);
        }

        // Marks first: without one, another's effects may look just like its own.
        foreach (RecordedOperation operation in record.Where(o => o.IsUnknown).OrderBy(o => o.Mark is null))
        {
            IEnumerable<IReadOnlyList<MicroOperation>> possible =
                operation.WritesOneOf ? operation.Seen.Steps.Select(s => new[] { s }) : [operation.Seen.Steps];
            foreach (IReadOnlyList<MicroOperation> steps in possible)
            {
                if (Explains(operation, steps)) break;
            }
        }

        foreach ((Key key, SortedSet<Timestamp> left) in _unexplained)
        {
            foreach (Timestamp at in left)
                violations.Add($"{key} at {at} is {Text(history.Of(key)[at])}, which is due to nobody{Suspects(key, history.Of(key)[at])}");
        }
    }

    private static bool IsKey(MicroOperation step) => step.Key[0] != '*';

    private void Replay(RecordedOperation operation, Timestamp at, List<string> violations)
    {
        var written = new SortedSet<string>(
            operation.Seen.Steps.Where(s => s.IsWrite && s.Applied && IsKey(s)).Select(s => s.Key), StringComparer.Ordinal);
        var state = new SortedDictionary<string, long[]?>(StringComparer.Ordinal);
        foreach (MicroOperation step in operation.Seen.Steps)
        {
            if (!IsKey(step)) continue;
            if (!state.TryGetValue(step.Key, out long[]? value))
            {
                Key key = Key.Of(step.Key);
                byte[]? stored = written.Contains(step.Key) ? history.Before(key, at) : history.At(key, at);
                value = stored is null ? null : Numbers.DecodeList(stored);
            }

            if (!Agrees(step, value)) violations.Add($"{operation} could not {step}: there stood {Text(value)}");
            state[step.Key] = After(step, value);
        }

        foreach (string name in written) MustStand(operation, Key.Of(name), at, state[name], violations);
        if (written.Count > 0 && operation.Mark is { } mark) MustStand(operation, mark, at, [(long)operation.Number], violations);
    }

    private void MustStand(RecordedOperation operation, Key key, Timestamp at, long[]? expected, List<string> violations)
    {
        if (!history.Of(key).TryGetValue(at, out byte[]? stored))
        {
            violations.Add($"{key} has no version at {at}: lost is the write of {operation}");
            return;
        }

        if (!_unexplained[key].Remove(at)) violations.Add($"{key} at {at} was written by someone else already, and by {operation}");
        if (!Numbers.Encode(expected).AsSpan().SequenceEqual(stored)) violations.Add($"{key} at {at} is {Text(stored)}, not {Text(expected)} as of {operation}");
    }

    private static bool Agrees(MicroOperation step, long[]? value) => step.Kind switch
    {
        MicroKind.Read => step.Value == value?[0],
        MicroKind.ReadList => step.List.SequenceEqual(value ?? []),
        MicroKind.CompareAndSet => step.Applied == (step.Expected == value?[0]),
        _ => true,
    };

    private long[]? After(MicroOperation step, long[]? value) => step.Kind switch
    {
        MicroKind.Write or MicroKind.CompareAndSet when step.Applied => [step.Value!.Value],
        MicroKind.Append => [.. value ?? [], step.Value!.Value],
        MicroKind.Add => [(value?[0] ?? addStartsFrom) + step.Value!.Value],
        _ => value,
    };

    // Looks for the one timestamp at which it may have happened; its own number or mark tells it, where it has one.
    private bool Explains(RecordedOperation operation, IReadOnlyList<MicroOperation> steps)
    {
        var writes = new List<(Key Key, List<MicroOperation> Steps)>();
        foreach (MicroOperation step in steps)
        {
            if (!step.IsWrite || !IsKey(step)) continue;
            Key key = Key.Of(step.Key);
            int index = writes.FindIndex(w => w.Key == key);
            if (index < 0) writes.Add((key, [step]));
            else writes[index].Steps.Add(step);
        }

        if (writes.Count == 0) return false;
        if (operation.Mark is { } mark) writes.Insert(0, (mark, [MicroOperation.Write(mark.ToString(), (long)operation.Number)]));
        if (!_unexplained.TryGetValue(writes[0].Key, out SortedSet<Timestamp>? candidates)) candidates = [];
        foreach (Timestamp at in candidates.ToArray())
        {
            if (!writes.TrueForAll(w => Fits(w.Key, w.Steps, at))) continue;
            foreach ((Key key, _) in writes) _unexplained[key].Remove(at);
            return true;
        }

        return false;
    }

    private bool Fits(Key key, List<MicroOperation> steps, Timestamp at)
    {
        if (!_unexplained.TryGetValue(key, out SortedSet<Timestamp>? left) || !left.Contains(at)) return false;
        byte[]? before = history.Before(key, at);
        long[]? value = before is null ? null : Numbers.DecodeList(before);
        foreach (MicroOperation step in steps)
        {
            if (step is { Kind: MicroKind.Write, Value: null }) return true;
            if (!Agrees(step, value)) return false;
            value = After(step, value);
        }

        return Numbers.Encode(value).AsSpan().SequenceEqual(history.Of(key)[at]);
    }

    // Who may have written it, and said otherwise.
    private string Suspects(Key key, byte[]? value)
    {
        string name = key.ToString();
        long last = value is { Length: > 0 } ? Numbers.DecodeList(value)[^1] : 0;
        foreach (RecordedOperation operation in record)
        {
            if (operation.Mark == key || operation.Seen.Steps.Any(s => s.IsWrite && s.Key == name && s.Value == last)) return $"; see {operation}";
        }

        return "";
    }

    private static string Text(byte[]? value) => Text(value is null ? null : Numbers.DecodeList(value));

    private static string Text(long[]? value) => value is null ? "nothing" : "[" + string.Join(' ', value) + "]";
}
