using Banyan.Kv.Commands;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>Reads, blind writes and compare-and-sets of single keys; each key must be linearizable.</summary>
/// <remarks>Some are one-shot commands with a condition, some are transactions that read first, some write a mark in another range beside it.</remarks>
public sealed class RegisterWorkload : RecordedWorkload
{
    private readonly SortedDictionary<string, long?> _lastSeen = new(StringComparer.Ordinal);

    /// <summary>What a command line calls it.</summary>
    public static string Name => "register";

    internal override KvOperation NextOperation(int client, AttachedClient attached, ulong number, SeededRandom random)
    {
        string key = KeyOf(AnyPlace(random)).ToString();
        double drawn = random.NextDouble();
        if (drawn < 0.35) return new Operation(number, MicroOperation.Read(key, null), false, false);
        bool atOnce = random.Chance(0.3);
        Key? mark = MarkOf(number, random, 0.3);
        // Most guesses are what somebody saw a moment ago.
        long? guess = random.Chance(0.8) ? _lastSeen.GetValueOrDefault(key) : random.Next((int)number);
        MicroOperation step = drawn < 0.65 ? MicroOperation.Write(key, (long)number) : MicroOperation.CompareAndSet(key, guess, (long)number);
        return new Operation(number, step, atOnce, givesUp: random.Chance(0.5)) { Mark = mark };
    }

    internal override void OnRecorded(int client, KvOperation operation, RecordedOperation recorded)
    {
        if (!recorded.IsOk) return;
        foreach (MicroOperation step in recorded.Seen.Steps)
        {
            if (step.Applied) _lastSeen[step.Key] = step.Value;
        }
    }

    internal override void CheckSeen(CommittedHistory history, bool isFresh, List<string> violations)
    {
        if (!isFresh) return;
        foreach (KeyVerdict verdict in Linearizability.Check(History, new RegisterModel()))
        {
            if (verdict.Result != Linearizable.Yes) violations.Add(verdict.ToString());
        }
    }

    private sealed class Operation(ulong number, MicroOperation step, bool atOnce, bool givesUp) : KvOperation(number)
    {
        private readonly Key _key = Key.Of(step.Key);

        public override IReadOnlyList<MicroOperation> Planned => [step];

        public override OneShot? AtOnce => !atOnce ? null : new(
            step.Kind != MicroKind.CompareAndSet ? []
                : [step.Expected is { } expected ? new(_key, ConditionKind.Equal, Numbers.Encode(expected)) : new(_key, ConditionKind.Absent)],
            [
                new(_key, Numbers.Encode(step.Value!.Value), 1),
                .. Mark is { } mark ? [new KeyWrite(mark, Numbers.Encode((long)Number), 2)] : Array.Empty<KeyWrite>(),
            ]);

        protected override IEnumerable<TransactionStep> Attempt(Transaction transaction, List<MicroOperation> steps)
        {
            if (step.Kind == MicroKind.Write)
            {
                transaction.Put(_key, Numbers.Encode(step.Value!.Value));
                steps.Add(step);
                yield break;
            }

            GetStep get = transaction.Get(_key);
            yield return get;
            long? found = Numbers.Decode(get.Value);
            if (step.Kind == MicroKind.Read)
            {
                steps.Add(step with { Value = found });
                yield break;
            }

            steps.Add(step with { Applied = found == step.Expected });
            if (found == step.Expected) transaction.Put(_key, Numbers.Encode(step.Value!.Value));
            else if (givesUp) transaction.GiveUp("something else stands there");
        }
    }
}
