using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>
/// Everybody reads the largest number under a few keys in all ranges and writes the next one under one of them, with a
/// blind mark elsewhere: numbers grow by one, in the order of the commit timestamps.
/// </summary>
public sealed class MonotonicWorkload : RecordedWorkload
{
    private static readonly string[] _keys = [.. new[] { 0, 5, 7, 13, 14, 20 }.Select(place => KeyOf(place).ToString())];

    /// <summary>What a command line calls it.</summary>
    public static string Name => "monotonic";

    internal override KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random)
    {
        if (random.Chance(0.2)) return new ReadLargest(number, null);
        string key = _keys[random.Chance(0.5) ? 2 : random.Next(_keys.Length)];
        return new ReadLargest(number, key) { Mark = MarkOf(number, random, 1) };
    }

    internal override void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations)
    {
        var inOrder = new SortedDictionary<Timestamp, (Key Key, long Value)>();
        foreach (string name in _keys)
        {
            var key = Key.Of(name);
            foreach ((Timestamp at, byte[]? value) in history.Of(key))
            {
                if (!inOrder.TryAdd(at, (key, Numbers.Decode(value) ?? 0))) violations.Add($"{key} and {inOrder[at].Key} were both written at {at}");
            }
        }

        long last = 0;
        foreach ((Timestamp at, (Key key, long value)) in inOrder)
        {
            if (value != last + 1) violations.Add($"{value} in {key} at {at} follows {last}");
            last = value;
        }

        CheckClients(isFresh, violations);
    }

    private void CheckClients(bool isFresh, List<string> violations)
    {
        List<RecordedOperation> known = [.. Record.Where(r => r is { IsOk: true, At: not null })];
        RecordedOperation? before = null;
        foreach (RecordedOperation operation in known.Where(r => r.Writes).OrderBy(r => r.At!.Value))
        {
            if (before is not null && Largest(operation) <= Largest(before)) violations.Add($"numbers do not grow with time: {before}; {operation}");
            before = operation;
        }

        if (!isFresh) return;
        // Largest number that anybody knew of when the next one began.
        var returns = new PriorityQueue<RecordedOperation, long>(known.Select(r => (r, r.Seen.EndsAt)));
        RecordedOperation? newest = null;
        foreach (RecordedOperation operation in known)
        {
            while (returns.TryPeek(out RecordedOperation? done, out long ended) && ended < operation.Seen.Invoked)
            {
                returns.Dequeue();
                if (newest is null || Largest(done) > Largest(newest)) newest = done;
            }

            long atLeast = (newest is null ? 0 : Largest(newest)) + (operation.Writes ? 1 : 0);
            if (Largest(operation) < atLeast) violations.Add($"{operation} knows less than was known before it began, to {newest}");
        }
    }

    private static long Largest(RecordedOperation operation) => operation.Seen.Steps.Max(s => s.Value ?? 0);

    private sealed class ReadLargest(ulong number, string? writesTo) : KvOperation(number)
    {
        // Which number it will be, it does not know yet.
        public override IReadOnlyList<MicroOperation> Planned => writesTo is null ? [] : [MicroOperation.Write(writesTo, null)];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            GetStep get = transaction.Get([.. _keys.Select(Key.Of)]);
            yield return get;
            long largest = 0;
            for (int i = 0; i < _keys.Length; i++)
            {
                long? value = Numbers.Decode(get.Values[i]);
                steps.Add(MicroOperation.Read(_keys[i], value));
                largest = Math.Max(largest, value ?? 0);
            }

            if (writesTo is null) yield break;
            steps.Add(MicroOperation.Write(writesTo, largest + 1));
            transaction.Put(Key.Of(writesTo), Numbers.Encode(largest + 1));
        }
    }
}
