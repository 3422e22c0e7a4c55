using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>
/// Elements are added to one set over all ranges, as keys of their own, to contended lists or to the shortest of some, and
/// the whole set is read: what was acknowledged, or seen, before a read began is in it, once, and nothing that nobody added.
/// </summary>
public sealed class SetsWorkload : RecordedWorkload
{
    private const string WholeSet = "*set";

    /// <summary>What a command line calls it.</summary>
    public static string Name => "sets";

    internal override KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random)
    {
        if (random.Chance(0.3)) return new ReadAll(number, keysMax: random.Chance(0.5) ? 1 + random.Next(20) : 100_000);
        int place = AnyPlace(random);
        if (random.Chance(0.5))
        {
            IEnumerable<string> lists = Enumerable.Range(0, 2 + random.Next(2)).Select(_ => KeyOf(random.Next(KeyCount)).ToString());
            return new AddAtShortest(number, [.. lists.Distinct()], beside: random.Chance(0.5));
        }

        return random.Chance(0.6)
            ? new AddKey(number, $"k{place:d2}+{number}") { Mark = MarkOf(number, random, 0.2) }
            : new AddToList(number, KeyOf(place).ToString()) { Mark = MarkOf(number, random, 0.2) };
    }

    internal override KvOperation LastOperation(ulong number) => new ReadAll(number, 100_000);

    internal override void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations)
    {
        var reads = new List<(RecordedOperation Whole, SortedSet<long> Elements)>();
        var refused = new SortedSet<long>();
        var tried = new SortedSet<long>();
        var acknowledged = new SortedDictionary<long, long>();
        foreach (RecordedOperation operation in Record)
        {
            if (operation.Seen.Steps.FirstOrDefault(s => s.Key == WholeSet) is { } read)
            {
                if (operation.IsOk) reads.Add((operation, [.. read.List]));
                if (operation.IsOk && read.List.Count != reads[^1].Elements.Count) violations.Add($"an element twice, seen by {operation}");
                continue;
            }

            long element = (long)operation.Number;
            tried.Add(element);
            if (operation.Seen.Outcome == OperationOutcome.Failed) refused.Add(element);
            if (operation.IsOk && operation.Writes) acknowledged.Add(element, operation.Seen.EndsAt);
        }

        reads.Sort((a, b) => a.Whole.Seen.Invoked.CompareTo(b.Whole.Seen.Invoked));
        foreach ((RecordedOperation whole, SortedSet<long> elements) in reads)
        {
            foreach (long element in elements)
            {
                if (!tried.Contains(element)) violations.Add($"{element} was added by nobody, and seen by {whole}");
                if (refused.Contains(element)) violations.Add($"{element} was refused, and seen by {whole}");
            }

            if (!isFresh) continue;
            foreach ((long element, long from) in acknowledged)
            {
                if (from < whole.Seen.Invoked && !elements.Contains(element)) violations.Add($"{element} was added before, and not seen by {whole}");
            }

            // From now on all that begins later must see what this one saw.
            foreach (long element in elements) acknowledged[element] = Math.Min(whole.Seen.EndsAt, acknowledged.GetValueOrDefault(element, long.MaxValue));
        }
    }

    private sealed class AddKey(ulong number, string key) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [MicroOperation.Write(key, (long)Number)];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            transaction.Put(Key.Of(key), Numbers.Encode((long)Number));
            steps.AddRange(Planned);
            return [];
        }
    }

    private sealed class AddToList(ulong number, string key) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [MicroOperation.Append(key, (long)Number)];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            GetStep get = transaction.Get(Key.Of(key));
            yield return get;
            steps.Add(MicroOperation.ReadList(key, Numbers.DecodeList(get.Value)));
            steps.AddRange(Planned);
            transaction.Put(Key.Of(key), Numbers.Encode([.. Numbers.DecodeList(get.Value), (long)Number]));
        }
    }

    // To the shortest of some lists, or as a key of its own beside that. A retry that does not know of the try before, or
    // does not bar it, would choose another.
    private sealed class AddAtShortest(ulong number, IReadOnlyList<string> lists, bool beside) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [.. lists.Select(Addition)];

        public override bool WritesOneOfPlanned => true;

        private MicroOperation Addition(string list) =>
            beside ? MicroOperation.Write($"{list}+{Number}", (long)Number) : MicroOperation.Append(list, (long)Number);

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            GetStep get = transaction.Get([.. lists.Select(list => Key.Of(list))]);
            yield return get;
            List<long[]> elements = [.. get.Values.Select(value => Numbers.DecodeList(value))];
            for (int i = 0; i < lists.Count; i++) steps.Add(MicroOperation.ReadList(lists[i], elements[i]));
            int shortest = Enumerable.Range(0, lists.Count).MinBy(i => elements[i].Length);
            MicroOperation addition = Addition(lists[shortest]);
            steps.Add(addition);
            transaction.Put(Key.Of(addition.Key), Numbers.Encode(beside ? [(long)Number] : [.. elements[shortest], (long)Number]));
        }
    }

    private sealed class ReadAll(ulong number, int keysMax) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            var elements = new List<long>();
            ScanStep scan;
            Key from = KeyOf(0);
            do
            {
                // Page by page, all at one timestamp.
                scan = transaction.Scan(new(from, KeyOf(KeyCount)), keysMax);
                yield return scan;
                foreach ((Key key, byte[] value) in scan.Entries)
                {
                    if (!key.Span.Contains((byte)'!')) elements.AddRange(Numbers.DecodeList(value));
                    from = key.Next;
                }
            }
            while (scan.IsTruncated);
            elements.Sort();
            steps.Add(MicroOperation.ReadList(WholeSet, elements));
        }
    }
}
