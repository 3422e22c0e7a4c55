using System.Buffers.Binary;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Workloads;

namespace Banyan.Simulator.Checking;

/// <summary>
/// Replays what clients were told against the committed versions: every committed transaction has read what stood there
/// at its commit, its appends are there at its commit and nowhere else, and it has seen all that had been acknowledged
/// before it began; what did not commit is nowhere.
/// </summary>
internal static class AppendChecker
{
    public static void Check(IReadOnlyList<AppendWorkload.Operation> operations, CommittedHistory history, bool isFresh, List<string> violations)
    {
        var appendedAt = new SortedDictionary<ulong, SortedDictionary<Key, Timestamp>>();
        foreach ((Key key, SortedList<Timestamp, byte[]?> versions) in history.Keys)
            Walk(key, versions, appendedAt, violations);

        foreach (AppendWorkload.Operation operation in operations)
        {
            SortedDictionary<Key, Timestamp> landed = appendedAt.GetValueOrDefault(operation.Number) ?? [];
            string name = $"append {operation.Number}";
            switch (operation.Outcome)
            {
                case TransactionOutcome.Committed committed:
                    CheckCommitted(name, operation, committed, landed, history, isFresh, violations);
                    break;
                case TransactionOutcome.Ambiguous or null:
                    if (landed.Count > 0) CheckWhole(name, operation, landed, violations);
                    break;
                default:
                    if (landed.Count > 0) violations.Add($"{name} ended as {operation.Outcome} and still took effect");
                    break;
            }
        }
    }

    // Each version is the one before with one number more.
    private static void Walk(
        Key key, SortedList<Timestamp, byte[]?> versions, SortedDictionary<ulong, SortedDictionary<Key, Timestamp>> appendedAt,
        List<string> violations)
    {
        byte[] before = [];
        foreach ((Timestamp at, byte[]? value) in versions)
        {
            if (value is null || value.Length != before.Length + 8 || !value.AsSpan().StartsWith(before))
            {
                violations.Add($"{key} at {at} is not its former value with one number more");
                return;
            }

            ulong number = BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(before.Length));
            if (!appendedAt.TryGetValue(number, out SortedDictionary<Key, Timestamp>? places)) appendedAt.Add(number, places = []);
            if (!places.TryAdd(key, at)) violations.Add($"append {number} is twice in {key}");
            before = value;
        }
    }

    private static void CheckCommitted(
        string name, AppendWorkload.Operation operation, TransactionOutcome.Committed committed,
        SortedDictionary<Key, Timestamp> landed, CommittedHistory history, bool isFresh, List<string> violations)
    {
        if (landed.Count == 0 && operation.Appends.Count > 0) violations.Add($"{name} was acknowledged at {committed.Timestamp} and is lost");
        else CheckWhole(name, operation, landed, violations);
        foreach ((Key key, Timestamp at) in landed)
        {
            if (at != committed.Timestamp) violations.Add($"{name} committed at {committed.Timestamp}, but stands in {key} at {at}");
        }

        var reader = new ByteReader(committed.Reply.Span);
        foreach (Key key in operation.Reads)
        {
            ReadOnlySpan<byte> read = reader.Bytes();
            bool wrote = operation.Appends.Contains(key);
            byte[]? expected = wrote ? history.Before(key, committed.Timestamp) : history.At(key, committed.Timestamp);
            if (!read.SequenceEqual(expected)) violations.Add($"{name} at {committed.Timestamp} read {Text(read)} in {key}, not {Text(expected)}");
            foreach (ulong must in operation.MustSee[key])
            {
                if (isFresh && !Contains(read, must)) violations.Add($"{name} did not see {must} in {key}, acknowledged before it began");
            }
        }

        if (!reader.IsAtEnd) violations.Add($"the reply of {name} is not what it sent");
    }

    private static void CheckWhole(
        string name, AppendWorkload.Operation operation, SortedDictionary<Key, Timestamp> landed, List<string> violations)
    {
        foreach (Key key in operation.Appends)
        {
            if (!landed.ContainsKey(key)) violations.Add($"half of {name} is missing: {key}");
        }

        if (landed.Values.Distinct().Count() > 1) violations.Add($"{name} took effect at more than one timestamp");
    }

    private static bool Contains(ReadOnlySpan<byte> list, ulong number)
    {
        for (int i = 0; i < list.Length; i += 8)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(list[i..]) == number) return true;
        }

        return false;
    }

    private static string Text(ReadOnlySpan<byte> list)
    {
        var numbers = new List<ulong>();
        for (int i = 0; i < list.Length; i += 8) numbers.Add(BinaryPrimitives.ReadUInt64LittleEndian(list[i..]));
        return "[" + string.Join(" ", numbers) + "]";
    }
}
