using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>
/// Transactions of mixed reads of lists and appends to them, over several ranges; <see cref="ElleListAppend"/> finds out
/// from what the clients saw whether they were serializable, and each key linearizable.
/// </summary>
public sealed class ListAppendWorkload : RecordedWorkload
{
    /// <summary>What a command line calls it.</summary>
    public static string Name => "list-append";

    internal override KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random)
    {
        var plan = new List<MicroOperation>();
        int count = 1 + random.Next(5);
        bool onlyReads = random.Chance(0.15);
        for (int i = 0; i < count; i++)
        {
            string key = KeyOf(AnyPlace(random)).ToString();
            plan.Add(onlyReads || random.Chance(0.5) ? MicroOperation.ReadList(key) : MicroOperation.Append(key, (long)number * 10 + i));
        }

        return new Operation(number, plan, readsAhead: random.Chance(0.4)) { Mark = MarkOf(number, random, 0.2) };
    }

    internal override KvOperation LastOperation(ulong number) =>
        new Operation(number, [.. Enumerable.Range(0, KeyCount).Select(place => MicroOperation.ReadList(KeyOf(place).ToString()))], readsAhead: true);

    internal override void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations)
    {
        foreach (Anomaly anomaly in ElleListAppend.Check(History, isFresh ? RealTimeOrder.PerKey : RealTimeOrder.Ignored))
            violations.Add(anomaly.ToString());
    }

    private sealed class Operation(ulong number, List<MicroOperation> plan, bool readsAhead) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [.. plan.Where(step => step.IsWrite)];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            var lists = new SortedDictionary<Key, long[]>();
            if (readsAhead)
            {
                Key[] keys = [.. plan.Select(step => Key.Of(step.Key)).Distinct()];
                GetStep all = transaction.Get(keys);
                yield return all;
                for (int i = 0; i < keys.Length; i++) lists[keys[i]] = Numbers.DecodeList(all.Values[i]);
            }

            foreach (MicroOperation step in plan)
            {
                var key = Key.Of(step.Key);
                if (!readsAhead)
                {
                    // A key that it has written reads as it wrote it.
                    GetStep get = transaction.Get(key);
                    yield return get;
                    lists[key] = Numbers.DecodeList(get.Value);
                }

                if (step.Kind == MicroKind.ReadList)
                {
                    steps.Add(MicroOperation.ReadList(step.Key, lists[key]));
                    continue;
                }

                lists[key] = [.. lists[key], step.Value!.Value];
                transaction.Put(key, Numbers.Encode(lists[key]));
                steps.Add(step);
            }
        }
    }
}
