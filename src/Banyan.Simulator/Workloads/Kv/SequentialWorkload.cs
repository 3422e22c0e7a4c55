using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>
/// Writers write the keys of a chain one after the other, over all ranges; readers look from the end: who sees a later
/// key sees all that were written before it.
/// </summary>
/// <remarks>
/// Two promises are meant. Readers that read key after key, in a transaction each, rely on each key being linearizable:
/// it does not matter through which servers. Readers that read a whole chain in one transaction, at one timestamp, rely
/// on the clock of the writer's server: a chain is written through one server, and ends when that dies. Without that,
/// timestamps of independent transactions may come in either order: reads are serializable, not strictly so.
/// </remarks>
public sealed class SequentialWorkload : RecordedWorkload
{
    private const int Length = 5;
    private readonly SortedDictionary<int, Writer> _writers = [];
    private readonly SortedDictionary<int, (int Chain, int Left)> _readers = [];
    private int _chains;

    /// <summary>What a command line calls it.</summary>
    public static string Name => "sequential";

    private sealed class Writer
    {
        public int Chain;
        public int Written;
    }

    internal override bool StaysAttached(KvOperation operation) => operation is WriteNext;

    internal override KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random) =>
        client % 2 == 0 ? NextWrite(client, attached, number, random) : NextRead(client, number, random);

    internal override void OnRecorded(int client, KvOperation operation, RecordedOperation recorded)
    {
        if (operation is not WriteNext write) return;
        // Only what is known to be there has a successor.
        _writers[client].Written = recorded.IsOk ? write.Position + 1 : Length;
    }

    internal override void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations)
    {
        if (!isFresh) return;
        var writtenAt = new SortedDictionary<string, Timestamp>(StringComparer.Ordinal);
        foreach (RecordedOperation operation in Record)
        {
            if (!operation.IsOk || operation.At is not { } at) continue;
            foreach (MicroOperation step in operation.Seen.Steps.Where(s => s.IsWrite)) writtenAt[step.Key] = at;
        }

        CheckTimestamps(writtenAt, violations);
        CheckWholeReads(violations);
        CheckReadsOneByOne(violations);
    }

    private void CheckTimestamps(SortedDictionary<string, Timestamp> writtenAt, List<string> violations)
    {
        for (int chain = 1; chain <= _chains; chain++)
        {
            for (int position = 1; position < Length; position++)
            {
                if (!writtenAt.TryGetValue(NameOf(chain, position), out Timestamp later)) continue;
                if (!writtenAt.TryGetValue(NameOf(chain, position - 1), out Timestamp earlier) || earlier >= later)
                    violations.Add($"{NameOf(chain, position)} was written after {NameOf(chain, position - 1)}, and stands at {later}, the other at {earlier}");
            }
        }
    }

    private void CheckWholeReads(List<string> violations)
    {
        foreach (RecordedOperation operation in Record)
        {
            if (!operation.IsOk || operation.Writes || operation.Seen.Steps.Count != Length) continue;
            // From the last key of the chain to the first.
            bool seen = false;
            foreach (MicroOperation step in operation.Seen.Steps)
            {
                if (seen && step.Value is null) violations.Add($"it saw a later key and not {step.Key}: {operation}");
                seen |= step.Value is not null;
            }
        }
    }

    private void CheckReadsOneByOne(List<string> violations)
    {
        var seenBy = new SortedDictionary<long, (int Chain, RecordedOperation By)>();
        foreach (RecordedOperation operation in Record)
        {
            if (!operation.IsOk || operation.Writes || operation.Seen.Steps.Count != 1) continue;
            MicroOperation step = operation.Seen.Steps[0];
            int chain = ChainOf(step.Key);
            if (step.Value is not null) seenBy[operation.Seen.Client] = (chain, operation);
            else if (seenBy.TryGetValue(operation.Seen.Client, out (int Chain, RecordedOperation By) later) && later.Chain == chain && IsBefore(step.Key, later.By))
                violations.Add($"it saw a later key and not {step.Key}: {later.By}; {operation}");
        }
    }

    private static bool IsBefore(string key, RecordedOperation later) =>
        string.CompareOrdinal(key[key.IndexOf('.')..], later.Seen.Steps[0].Key[later.Seen.Steps[0].Key.IndexOf('.')..]) < 0;

    private static string NameOf(int chain, int position) => $"k{(chain * 5 + position * 7) % KeyCount:d2}~{chain}.{position}";

    private static int ChainOf(string key) => int.Parse(key[4..key.IndexOf('.')]);

    private WriteNext NextWrite(int client, AttachedClient attached, ulong number, SeededRandom random)
    {
        if (!_writers.TryGetValue(client, out Writer? writer)) _writers.Add(client, writer = new() { Written = Length });
        if (writer.Written == Length || !attached.IsAttached)
        {
            writer.Chain = ++_chains;
            writer.Written = 0;
        }

        return new(number, writer.Chain, writer.Written, looksBack: random.Chance(0.3)) { Mark = MarkOf(number, random, 0.2) };
    }

    private KvOperation NextRead(int client, ulong number, SeededRandom random)
    {
        (int chain, int left) = _readers.GetValueOrDefault(client);
        if (left == 0)
        {
            // One of the last few chains: they are being written.
            chain = Math.Max(1, _chains - random.Next(5));
            if (random.Chance(0.5)) return new ReadBack(number, chain, 0, Length, atOnce: random.Chance(0.5));
            left = Length;
        }

        _readers[client] = (chain, left - 1);
        return new ReadBack(number, chain, left - 1, 1, atOnce: true);
    }

    private sealed class WriteNext(ulong number, int chain, int position, bool looksBack) : KvOperation(number)
    {
        private readonly string _key = NameOf(chain, position);

        public int Position => position;

        public override IReadOnlyList<MicroOperation> Planned => [MicroOperation.Write(_key, (long)Number)];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            if (looksBack && position > 0)
            {
                string before = NameOf(chain, position - 1);
                GetStep get = transaction.Get(Key.Of(before));
                yield return get;
                steps.Add(MicroOperation.Read(before, Numbers.Decode(get.Value)));
            }

            steps.AddRange(Planned);
            transaction.Put(Key.Of(_key), Numbers.Encode((long)Number));
        }
    }

    private sealed class ReadBack(ulong number, int chain, int first, int count, bool atOnce) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            string[] names = [.. Enumerable.Range(first, count).Reverse().Select(position => NameOf(chain, position))];
            for (int i = 0; i < names.Length; i += atOnce ? names.Length : 1)
            {
                string[] now = atOnce ? names : [names[i]];
                GetStep get = transaction.Get([.. now.Select(Key.Of)]);
                yield return get;
                for (int k = 0; k < now.Length; k++) steps.Add(MicroOperation.Read(now[k], Numbers.Decode(get.Values[k])));
            }
        }
    }
}
