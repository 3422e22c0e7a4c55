using Banyan.Primitives;
using Banyan.Simulator.Checking.Histories;
using static Banyan.Simulator.Checking.Histories.MicroOperation;

namespace Banyan.Simulator.Tests.Checking;

/// <summary>Each anomaly in a history of a few transactions made by hand, and histories without any.</summary>
public class ElleListAppendTests
{
    private readonly List<ClientOperation> _history = [];

    [Fact]
    public void One_after_the_other_is_fine()
    {
        Ok(0, 10, Append("x", 1), Append("y", 1));
        Ok(20, 30, ReadList("x", 1), Append("x", 2));
        Ok(40, 50, ReadList("x", 1, 2), ReadList("y", 1));
        Assert.Empty(Check(RealTimeOrder.Strict));
    }

    [Fact]
    public void Reads_of_own_appends_are_fine()
    {
        Ok(0, 10, ReadList("x"), Append("x", 1), ReadList("x", 1), Append("x", 2), ReadList("x", 1, 2));
        Ok(20, 30, Append("x", 3), ReadList("x", 1, 2, 3));
        Assert.Empty(Check(RealTimeOrder.Strict));
    }

    [Fact]
    public void Transactions_at_once_may_come_in_any_order()
    {
        Ok(0, 100, Append("x", 1), ReadList("y"));
        Ok(0, 100, Append("y", 1), ReadList("x", 1));
        Ok(0, 100, ReadList("x"), ReadList("y"));
        Assert.Empty(Check(RealTimeOrder.Strict));
    }

    [Fact]
    public void What_has_no_answer_may_happen_late_or_never()
    {
        Unknown(0, Append("x", 1));
        Unknown(0, Append("x", 2));
        Ok(20, 30, ReadList("x"));
        Ok(40, 50, ReadList("x", 2));
        Assert.Empty(Check(RealTimeOrder.Strict));
    }

    [Fact]
    public void G0_is_found()
    {
        Ok(0, 100, Append("x", 1), Append("y", 1));
        Ok(0, 100, Append("x", 2), Append("y", 2));
        Ok(0, 100, ReadList("x", 1, 2));
        Ok(0, 100, ReadList("y", 2, 1));
        Found("G0", "T0 wrote x before T1 appended 2");
    }

    [Fact]
    public void G1a_is_found()
    {
        Failed(0, 10, Append("x", 1));
        Ok(20, 30, ReadList("x", 1));
        Found("G1a", "1 in x is of T0");
    }

    [Fact]
    public void G1b_is_found()
    {
        Ok(0, 100, Append("x", 1), Append("x", 2));
        Ok(0, 100, ReadList("x", 1));
        Ok(200, 300, ReadList("x", 1, 2));
        Found("G1b", "in the middle of T0");
    }

    [Fact]
    public void G1c_is_found()
    {
        Ok(0, 100, Append("x", 1), ReadList("y", 1));
        Ok(0, 100, Append("y", 1), ReadList("x", 1));
        Found("G1c", "T0 appended 1 to x, which T1 saw");
    }

    [Fact]
    public void G_single_is_found()
    {
        // Read skew: it saw y after the other, x before it.
        Ok(0, 100, Append("x", 1), Append("y", 1));
        Ok(0, 100, ReadList("x"), ReadList("y", 1));
        Ok(200, 300, ReadList("x", 1));
        Found("G-single", "T1 did not see 1 in x, which T0 appended");
    }

    [Fact]
    public void A_lost_update_is_G_single()
    {
        Ok(0, 100, ReadList("x"), Append("x", 1));
        Ok(0, 100, ReadList("x"), Append("x", 2));
        Ok(200, 300, ReadList("x", 1, 2));
        Found("G-single", "did not see 1 in x");
    }

    [Fact]
    public void G2_is_found()
    {
        // Write skew.
        Ok(0, 100, ReadList("x"), Append("y", 1));
        Ok(0, 100, ReadList("y"), Append("x", 1));
        Ok(200, 300, ReadList("x", 1), ReadList("y", 1));
        Found("G2", "did not see 1 in");
    }

    [Fact]
    public void G2_is_found_where_nobody_reads_the_last_appends()
    {
        Ok(0, 100, ReadList("x"), Append("y", 1));
        Ok(0, 100, ReadList("y"), Append("x", 1));
        Found("G2", "did not see 1 in");
    }

    [Fact]
    public void G0_realtime_is_found()
    {
        Ok(0, 10, Append("x", 1));
        Ok(20, 30, Append("x", 2));
        Unknown(40, ReadList("x"));
        // Called before both, so that it need not have seen anything.
        Ok(0, 100, ReadList("x", 2, 1));
        Found("G0-realtime", "T0 had returned before T1 was called", RealTimeOrder.PerKey);
        Assert.Empty(Check(RealTimeOrder.Ignored));
    }

    [Fact]
    public void G1c_realtime_is_found()
    {
        Ok(0, 10, ReadList("x", 1));
        Ok(20, 30, Append("x", 1));
        Found("G1c-realtime", "T0 had returned before T1 was called", RealTimeOrder.PerKey);
        Assert.Empty(Check(RealTimeOrder.Ignored));
    }

    [Fact]
    public void G_single_realtime_is_found()
    {
        // A stale read.
        Ok(0, 10, Append("x", 1));
        Ok(20, 30, ReadList("x"));
        Ok(40, 50, ReadList("x", 1));
        Found("G-single-realtime", "T1 did not see 1 in x", RealTimeOrder.PerKey);
        Assert.Empty(Check(RealTimeOrder.Ignored));
    }

    [Fact]
    public void G2_realtime_is_found()
    {
        Ok(0, 10, Append("y", 1));
        Ok(0, 100, ReadList("y"), Append("x", 1));
        Ok(20, 30, ReadList("x"));
        Found("G2-realtime", "T0 had returned before T2 was called", RealTimeOrder.Strict);
        Assert.Empty(Check(RealTimeOrder.PerKey));
    }

    [Fact]
    public void Order_between_keys_counts_only_in_strict_histories()
    {
        // A causal reverse: the later of two independent appends is seen without the earlier one.
        Ok(0, 10, Append("x", 1));
        Ok(20, 30, Append("y", 1));
        Ok(0, 100, ReadList("x"), ReadList("y", 1));
        Ok(200, 300, ReadList("x", 1), ReadList("y", 1));
        Assert.Empty(Check(RealTimeOrder.PerKey));
        Found("G-single-realtime", "T0 had returned before T1 was called", RealTimeOrder.Strict);
    }

    [Fact]
    public void A_lost_append_is_found()
    {
        Ok(0, 10, Append("x", 1));
        Ok(20, 30, Append("x", 2));
        Ok(40, 50, ReadList("x", 2));
        Found("lost-append", "1 in x was acknowledged to T0", RealTimeOrder.PerKey);
    }

    [Fact]
    public void Different_orders_are_found()
    {
        Unknown(0, Append("x", 1));
        Unknown(0, Append("x", 2));
        Ok(0, 10, ReadList("x", 1, 2));
        Ok(0, 10, ReadList("x", 2));
        Found("incompatible-order", "T3 and T2 saw x in different orders");
    }

    [Fact]
    public void An_element_twice_is_found()
    {
        Unknown(0, Append("x", 1));
        Ok(0, 10, ReadList("x", 1, 1));
        Found("duplicate", "1 stands in x twice");
    }

    [Fact]
    public void An_element_of_nobody_is_found()
    {
        Ok(0, 10, ReadList("x", 7));
        Found("phantom", "7 in x was appended by nobody");
    }

    [Fact]
    public void A_transaction_that_does_not_see_itself_is_found()
    {
        Ok(0, 10, Append("x", 1), ReadList("x"));
        Found("internal", "its own 1");
    }

    [Fact]
    public void Different_reads_in_one_transaction_are_found()
    {
        Unknown(0, Append("x", 1));
        Ok(0, 10, ReadList("x"), ReadList("x", 1));
        Found("internal", "reads x twice");
    }

    [Fact]
    public void The_shortest_cycle_is_shown()
    {
        // Three in a circle, and two of them in a smaller one.
        Ok(0, 100, Append("x", 1), ReadList("y", 1));
        Ok(0, 100, ReadList("x", 1), Append("z", 1));
        Ok(0, 100, ReadList("z", 1), Append("y", 1), ReadList("x", 1));
        Anomaly found = Assert.Single(Check(RealTimeOrder.Ignored));
        Assert.Equal("G1c", found.Name);
        Assert.DoesNotContain("T1", found.Explanation);
    }

    [Fact]
    public void A_hundred_thousand_transactions_are_checked_in_a_few_seconds()
    {
        MakeSerializable(new(5), transactions: 100_000, elementsPerKey: 100);
        var time = System.Diagnostics.Stopwatch.StartNew();
        Assert.Empty(Check(RealTimeOrder.Strict));
        Assert.Empty(Check(RealTimeOrder.PerKey));
        Assert.InRange(time.Elapsed.TotalSeconds, 0, 20);

        // One reader in the middle loses the last element of what it saw.
        int victim = _history.FindIndex(50_000, o => o.Steps.Any(s => s.Kind == MicroKind.ReadList && s.List.Count > 1));
        _history[victim] = _history[victim] with
        {
            Steps = [.. _history[victim].Steps.Select(s => s.Kind == MicroKind.ReadList && s.List.Count > 1 ? ReadList(s.Key, [.. s.List.SkipLast(1)]) : s)],
        };
        Assert.NotEmpty(Check(RealTimeOrder.PerKey));
    }

    // Runs transactions one after the other on a map, with calls and returns that overlap around the moment of each.
    private void MakeSerializable(SeededRandom random, int transactions, int elementsPerKey)
    {
        var lists = new SortedDictionary<string, List<long>>(StringComparer.Ordinal);
        for (int i = 0; i < transactions; i++)
        {
            var steps = new List<MicroOperation>();
            for (int s = random.Next(4); s >= 0; s--)
            {
                string key = "k" + (i / (elementsPerKey * 4) * 8 + random.Next(8));
                if (!lists.TryGetValue(key, out List<long>? list)) lists.Add(key, list = []);
                if (random.Chance(0.5))
                {
                    steps.Add(ReadList(key, [.. list]));
                    continue;
                }

                list.Add(10L * i + s);
                steps.Add(Append(key, 10L * i + s));
            }

            _history.Add(new(i % 20, i * 10L - random.Next(100), i * 10L + random.Next(100), OperationOutcome.Ok, steps));
        }
    }

    private void Ok(long invoked, long returned, params MicroOperation[] steps) =>
        _history.Add(new(_history.Count, invoked, returned, OperationOutcome.Ok, steps));

    private void Failed(long invoked, long returned, params MicroOperation[] steps) =>
        _history.Add(new(_history.Count, invoked, returned, OperationOutcome.Failed, steps));

    private void Unknown(long invoked, params MicroOperation[] steps) =>
        _history.Add(new(_history.Count, invoked, null, OperationOutcome.Unknown, steps));

    private IReadOnlyList<Anomaly> Check(RealTimeOrder order) => ElleListAppend.Check(_history, order);

    private void Found(string name, string words, RealTimeOrder order = RealTimeOrder.Ignored)
    {
        Anomaly found = Assert.Single(Check(order), a => a.Name == name);
        Assert.Contains(words, found.Explanation);
    }
}
