using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>
/// Pairs of transactions that each look for any row of their pair in two tables and insert one into a table of their own
/// if there is none: at most one of the two commits, though neither reads a row that the other writes.
/// </summary>
public sealed class G2Workload : RecordedWorkload
{
    /// <summary>What a command line calls it.</summary>
    public static string Name => "g2";

    internal override KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random)
    {
        // Two operations that are drawn one after the other are a pair; some more come late, and find a row.
        ulong pair = random.Chance(0.15) ? 1 + (ulong)random.Next((int)(number + 1) / 2) : (number + 1) / 2;
        return new Insert(number, pair, inFirst: number % 2 == 0, keysMax: random.Chance(0.5) ? 1 : 100, givesUp: random.Chance(0.5))
        {
            Mark = MarkOf(number, random, 0.3),
        };
    }

    internal override void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations)
    {
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((Key key, _) in history.Keys)
        {
            string name = key.ToString();
            if (name.Contains('!')) continue;
            string pair = name[4..name.IndexOf('/')];
            if (!rows.TryAdd(pair, name)) violations.Add($"pair {pair} has two rows: {rows[pair]} and {name}");
        }

        var committed = new SortedDictionary<string, RecordedOperation>(StringComparer.Ordinal);
        foreach (RecordedOperation operation in Record)
        {
            if (!operation.IsOk || operation.Seen.Steps.FirstOrDefault(s => s.IsWrite) is not { } insert) continue;
            string pair = insert.Key[4..insert.Key.IndexOf('/')];
            if (!committed.TryAdd(pair, operation)) violations.Add($"both of a pair committed: {committed[pair]}; {operation}");
            if (operation.Seen.Steps.Any(s => s.Kind == MicroKind.ReadList && s.List.Count > 0)) violations.Add($"it saw a row, and inserted one: {operation}");
        }
    }

    // The pair's rows in one of the tables, which lie in different ranges most of the time.
    private static Key Predicate(ulong pair, bool first) =>
        Key.Of(first ? $"k{pair % KeyCount:d2}a{pair}/" : $"k{(pair * 7 + 11) % KeyCount:d2}b{pair}/");

    private sealed class Insert(ulong number, ulong pair, bool inFirst, int keysMax, bool givesUp) : KvOperation(number)
    {
        private readonly string _row = Predicate(pair, inFirst).ToString() + number;

        public override IReadOnlyList<MicroOperation> Planned => [MicroOperation.Write(_row, (long)Number)];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            bool found = false;
            foreach (bool first in new[] { inFirst, !inFirst })
            {
                ScanStep scan = transaction.Scan(KeySpan.Prefix(Predicate(pair, first)), keysMax);
                yield return scan;
                steps.Add(MicroOperation.ReadList($"*{Predicate(pair, first)}", [.. scan.Entries.Select(e => Numbers.Decode(e.Value)!.Value)]));
                found |= scan.Entries.Count > 0;
                if (found && givesUp)
                {
                    transaction.GiveUp("there is a row");
                    yield break;
                }
            }

            if (found) yield break;
            steps.AddRange(Planned);
            transaction.Put(Key.Of(_row), Numbers.Encode((long)Number));
        }
    }
}
