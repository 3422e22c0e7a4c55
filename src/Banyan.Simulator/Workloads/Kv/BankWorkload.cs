using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>Transfers between accounts in several ranges: whoever reads all accounts finds the same total, and none below zero.</summary>
public sealed class BankWorkload : RecordedWorkload
{
    private const int Accounts = 12;
    private const long Opening = 10;

    /// <summary>What a command line calls it.</summary>
    public static string Name => "bank";

    // An account that nobody has touched holds what it was opened with.
    internal override long AddStartsFrom => Opening;

    internal override KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random)
    {
        if (random.Chance(0.25)) return new ReadAll(number, scans: random.Chance(0.5));
        int from = AnyAccount(random);
        int to = (from + 1 + random.Next(Accounts - 1)) % Accounts;
        return new Transfer(number, AccountKey(from), AccountKey(to), 1 + random.Next(6), oneByOne: random.Chance(0.5), givesUp: random.Chance(0.5))
        {
            Mark = MarkOf(number, random, 0.4),
        };
    }

    internal override KvOperation LastOperation(ulong number) => new ReadAll(number, scans: true);

    internal override void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations)
    {
        foreach (RecordedOperation operation in Record)
        {
            if (!operation.IsOk) continue;
            List<MicroOperation> reads = [.. operation.Seen.Steps.Where(s => s.Kind == MicroKind.Read)];
            if (reads.Exists(r => r.Value < 0)) violations.Add($"an account below zero, seen by {operation}");
            long total = reads.Sum(r => r.Value ?? Opening);
            if (reads.Count == Accounts && total != Accounts * Opening) violations.Add($"{total} in all accounts, not {Accounts * Opening}, seen by {operation}");
        }

        CheckEveryMoment(history, violations);
    }

    private static void CheckEveryMoment(CommittedHistory history, List<string> violations)
    {
        var changes = new SortedDictionary<Timestamp, List<(int Account, long Balance)>>();
        for (int account = 0; account < Accounts; account++)
        {
            foreach ((Timestamp at, byte[]? value) in history.Of(Key.Of(AccountKey(account))))
            {
                if (!changes.TryGetValue(at, out List<(int, long)>? here)) changes.Add(at, here = []);
                here.Add((account, Numbers.Decode(value) ?? Opening));
            }
        }

        var balances = new long[Accounts];
        Array.Fill(balances, Opening);
        foreach ((Timestamp at, List<(int Account, long Balance)> here) in changes)
        {
            foreach ((int account, long balance) in here)
            {
                balances[account] = balance;
                if (balance < 0) violations.Add($"{AccountKey(account)} is below zero at {at}: {balance}");
            }

            if (balances.Sum() == Accounts * Opening) continue;
            violations.Add($"{balances.Sum()} in all accounts at {at}, not {Accounts * Opening}");
            return;
        }
    }

    private static int AnyAccount(SeededRandom random) => random.Chance(0.3) ? random.Next(2) * 6 : random.Next(Accounts);

    // Every other place is an account.
    private static string AccountKey(int account) => KeyOf(account * 2).ToString();

    private sealed class Transfer(ulong number, string from, string to, long amount, bool oneByOne, bool givesUp) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [MicroOperation.Add(from, -amount), MicroOperation.Add(to, amount)];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            GetStep get = transaction.Get(oneByOne ? [Key.Of(from)] : [Key.Of(from), Key.Of(to)]);
            yield return get;
            long? has = Numbers.Decode(get.Value);
            steps.Add(MicroOperation.Read(from, has));
            if ((has ?? Opening) < amount)
            {
                if (givesUp) transaction.GiveUp("not enough on the account");
                yield break;
            }

            transaction.Put(Key.Of(from), Numbers.Encode((has ?? Opening) - amount));
            steps.Add(MicroOperation.Add(from, -amount));
            byte[]? other = oneByOne ? null : get.Values[1];
            if (oneByOne)
            {
                GetStep second = transaction.Get(Key.Of(to));
                yield return second;
                other = second.Value;
            }

            steps.Add(MicroOperation.Read(to, Numbers.Decode(other)));
            steps.Add(MicroOperation.Add(to, amount));
            transaction.Put(Key.Of(to), Numbers.Encode((Numbers.Decode(other) ?? Opening) + amount));
        }
    }

    private sealed class ReadAll(ulong number, bool scans) : KvOperation(number)
    {
        public override IReadOnlyList<MicroOperation> Planned => [];

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            string[] names = [.. Enumerable.Range(0, Accounts).Select(AccountKey)];
            if (!scans)
            {
                GetStep get = transaction.Get([.. names.Select(Key.Of)]);
                yield return get;
                for (int i = 0; i < Accounts; i++) steps.Add(MicroOperation.Read(names[i], Numbers.Decode(get.Values[i])));
                yield break;
            }

            ScanStep scan = transaction.Scan(new(KeyOf(0), KeyOf(KeyCount)));
            yield return scan;
            foreach (string name in names)
            {
                int at = scan.Entries.FindIndex(e => e.Key == Key.Of(name));
                steps.Add(MicroOperation.Read(name, at < 0 ? null : Numbers.Decode(scan.Entries[at].Value)));
            }
        }
    }
}
