using System.Buffers.Binary;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Workloads;

namespace Banyan.Simulator.Tests;

/// <summary>The checker on histories that must pass and on histories that must not.</summary>
public class AppendCheckerTests
{
    private static readonly Key _x = Key.Of("x");
    private static readonly Key _y = Key.Of("y");
    private readonly CommittedHistory _history = new();
    private readonly List<AppendWorkload.Operation> _operations = [];

    [Fact]
    public void Two_transactions_in_a_row_are_fine()
    {
        Lands(_x, at: 10, 1);
        Lands(_y, at: 10, 1);
        Lands(_x, at: 20, 1, 2);
        Committed(1, at: 10, reads: [(_x, []), (_y, [])], appends: [_x, _y]);
        Committed(2, at: 20, reads: [(_x, [1]), (_y, [1])], appends: [_x]);
        Assert.Empty(Check());
    }

    [Fact]
    public void A_lost_write_is_found()
    {
        Committed(1, at: 10, reads: [(_x, [])], appends: [_x]);
        Assert.Contains("acknowledged at", Assert.Single(Check()));
    }

    [Fact]
    public void Half_a_transaction_is_found()
    {
        Lands(_x, at: 10, 1);
        Committed(1, at: 10, reads: [(_x, []), (_y, [])], appends: [_x, _y]);
        Assert.Contains(Check(), v => v.Contains("half of append 1"));
    }

    [Fact]
    public void A_transaction_at_two_timestamps_is_found()
    {
        Lands(_x, at: 10, 1);
        Lands(_y, at: 11, 1);
        Committed(1, at: 10, reads: [(_x, []), (_y, [])], appends: [_x, _y]);
        Assert.Contains(Check(), v => v.Contains("more than one timestamp"));
    }

    [Fact]
    public void Write_skew_is_found()
    {
        Lands(_x, at: 10, 1);
        Lands(_y, at: 11, 2);
        Committed(1, at: 10, reads: [(_x, []), (_y, [])], appends: [_x]);
        Committed(2, at: 11, reads: [(_x, []), (_y, [])], appends: [_y]);
        Assert.Contains(Check(), v => v.Contains("append 2 at") && v.Contains("read [] in x"));
    }

    [Fact]
    public void A_stale_read_is_found()
    {
        Lands(_x, at: 10, 1);
        Committed(1, at: 10, reads: [(_x, [])], appends: [_x]);
        Committed(2, at: 9, reads: [(_x, [])], appends: [], mustSee: [(_x, 1)]);
        Assert.Contains(Check(), v => v.Contains("did not see 1 in x"));
    }

    [Fact]
    public void A_refused_transaction_that_took_effect_is_found()
    {
        Lands(_x, at: 10, 1);
        Ended(1, new TransactionOutcome.Unavailable("nobody there"), [_x]);
        Assert.Contains("still took effect", Assert.Single(Check()));
    }

    [Fact]
    public void An_append_twice_is_found()
    {
        Lands(_x, at: 10, 1);
        Lands(_x, at: 11, 1, 1);
        Committed(1, at: 10, reads: [(_x, [])], appends: [_x]);
        Assert.Contains(Check(), v => v.Contains("twice"));
    }

    [Fact]
    public void A_lost_update_is_found()
    {
        Lands(_x, at: 10, 1);
        Lands(_x, at: 11, 2);
        Committed(1, at: 10, reads: [(_x, [])], appends: [_x]);
        Committed(2, at: 11, reads: [(_x, [])], appends: [_x]);
        Assert.Contains(Check(), v => v.Contains("one number more"));
    }

    private void Lands(Key key, long at, params ulong[] list) => _history.Add(key, At(at), Encode(list));

    private void Committed(
        ulong number, long at, (Key Key, ulong[] List)[] reads, Key[] appends, (Key Key, ulong Number)[]? mustSee = null)
    {
        var reply = new ByteWriter();
        foreach ((_, ulong[] list) in reads) reply.Bytes(Encode(list));
        Add(number, [.. reads.Select(r => r.Key)], appends, mustSee ?? []).Outcome =
            new TransactionOutcome.Committed(At(at), reply.ToArray());
    }

    private void Ended(ulong number, TransactionOutcome outcome, Key[] appends) => Add(number, appends, appends, []).Outcome = outcome;

    private AppendWorkload.Operation Add(ulong number, Key[] reads, Key[] appends, (Key Key, ulong Number)[] mustSee)
    {
        var must = new SortedDictionary<Key, ulong[]>();
        foreach (Key key in reads) must[key] = [.. mustSee.Where(m => m.Key == key).Select(m => m.Number)];
        var operation = new AppendWorkload.Operation([.. reads], [.. appends], number, must);
        _operations.Add(operation);
        return operation;
    }

    private List<string> Check()
    {
        var violations = new List<string>();
        AppendChecker.Check(_operations, _history, isFresh: true, violations);
        return violations;
    }

    private static Timestamp At(long microseconds) => Timestamp.FromMicroseconds(microseconds);

    private static byte[] Encode(ulong[] list)
    {
        var bytes = new byte[list.Length * 8];
        for (int i = 0; i < list.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), list[i]);
        return bytes;
    }
}
