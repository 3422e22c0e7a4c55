using Banyan.Primitives;
using Banyan.Simulator.Checking.Histories;
using static Banyan.Simulator.Checking.Histories.MicroOperation;

namespace Banyan.Simulator.Tests.Checking;

/// <summary>Histories of registers, counters and sets that have an order, and that have none.</summary>
public class LinearizabilityTests
{
    private readonly List<ClientOperation> _history = [];

    [Fact]
    public void One_after_the_other_is_fine()
    {
        Ok(0, 1, Read("x", null));
        Ok(2, 3, Write("x", 1));
        Ok(4, 5, CompareAndSet("x", 1, 2));
        Ok(6, 7, CompareAndSet("x", 1, 3, applied: false));
        Ok(8, 9, Read("x", 2));
        Assert.Equal(Linearizable.Yes, OfRegister().Result);
    }

    [Fact]
    public void A_write_under_way_may_be_seen_or_not()
    {
        Ok(0, 100, Write("x", 1));
        Ok(10, 20, Read("x", null));
        Ok(30, 40, Read("x", 1));
        Assert.Equal(Linearizable.Yes, OfRegister().Result);
    }

    [Fact]
    public void A_read_that_goes_back_is_found()
    {
        Ok(0, 100, Write("x", 1));
        Ok(10, 20, Read("x", 1));
        Ok(30, 40, Read("x", null));
        NotLinearizable("nothing explains client 2");
    }

    [Fact]
    public void A_stale_read_is_found()
    {
        Ok(0, 10, Write("x", 1));
        Ok(20, 30, Read("x", null));
        NotLinearizable("it holds 1");
    }

    [Fact]
    public void Two_changes_from_the_same_value_are_found()
    {
        Ok(0, 10, Write("x", 1));
        Ok(20, 50, CompareAndSet("x", 1, 2));
        Ok(20, 50, CompareAndSet("x", 1, 3));
        NotLinearizable("from 1 to");
    }

    [Fact]
    public void A_change_refused_without_a_reason_is_found()
    {
        Ok(0, 10, Write("x", 1));
        Ok(20, 50, CompareAndSet("x", 1, 2, applied: false));
        NotLinearizable("refused");
    }

    [Fact]
    public void What_has_no_answer_may_happen_much_later()
    {
        Unknown(0, Write("x", 1));
        Ok(10, 20, Read("x", null));
        Ok(30, 40, Read("x", 1));
        Assert.Equal(Linearizable.Yes, OfRegister().Result);
    }

    [Fact]
    public void What_has_no_answer_may_never_happen()
    {
        Unknown(0, CompareAndSet("x", 5, 6));
        Unknown(0, Write("x", 1));
        Unknown(0, Read("x", null));
        Ok(10, 20, Read("x", null));
        Assert.Equal(Linearizable.Yes, OfRegister().Result);
    }

    [Fact]
    public void What_has_no_answer_happens_once_at_most()
    {
        Unknown(0, Write("x", 1));
        Ok(10, 20, Read("x", 1));
        Ok(30, 40, Write("x", 2));
        Ok(50, 60, Read("x", 1));
        NotLinearizable("read x = 1");
    }

    [Fact]
    public void What_has_no_answer_does_not_happen_before_its_call()
    {
        Ok(10, 20, Read("x", 1));
        Unknown(30, Write("x", 1));
        NotLinearizable("read x = 1");
    }

    [Fact]
    public void What_failed_never_happened()
    {
        _history.Add(new(0, 0, 10, OperationOutcome.Failed, [Write("x", 1)]));
        Ok(20, 30, Read("x", 1));
        NotLinearizable("read x = 1");
    }

    [Fact]
    public void Keys_do_not_disturb_each_other()
    {
        Ok(0, 10, Write("x", 1));
        Ok(20, 30, Read("y", null));
        Ok(20, 30, Read("x", null));
        IReadOnlyList<KeyVerdict> verdicts = Linearizability.Check(_history, new RegisterModel());
        Assert.Equal([Linearizable.No, Linearizable.Yes], verdicts.Select(v => v.Result));
    }

    [Fact]
    public void Steps_of_one_operation_happen_at_once()
    {
        Ok(0, 100, Read("x", null), Write("x", 1));
        Ok(0, 100, Read("x", null), Write("x", 2));
        NotLinearizable("read x = nothing");
    }

    [Fact]
    public void A_search_that_takes_too_long_is_given_up()
    {
        // Twelve writes at once and a read that none of them explains: every order is tried.
        for (int i = 0; i < 12; i++) Ok(0, 100, Write("x", i));
        Ok(200, 300, Read("x", 99));
        Assert.Equal(Linearizable.GaveUp, Assert.Single(Linearizability.Check(_history, new RegisterModel(), stepsMax: 1_000)).Result);
        Assert.Equal(Linearizable.No, OfRegister().Result);
    }

    [Fact]
    public void Random_histories_of_a_real_register_are_linearizable_and_one_wrong_read_is_not()
    {
        var random = new SeededRandom(3);
        for (int round = 0; round < 20; round++)
        {
            _history.Clear();
            long? value = null;
            for (int i = 0; i < 1_000; i++)
            {
                long from = i * 10L - random.Next(60);
                long to = i * 10L + random.Next(60);
                int drawn = random.Next(6);
                long? expected = random.Next(5);
                MicroOperation step = drawn < 3 ? Read("x", value)
                    : drawn < 5 ? Write("x", value = random.Next(5))
                    : CompareAndSet("x", expected, 9, value == expected);
                if (drawn == 5 && value == expected) value = 9;
                if (step.IsWrite && random.Chance(0.02)) Unknown(from, step);
                else Ok(from, to, step);
            }

            Assert.Equal(Linearizable.Yes, OfRegister().Result);
            int read = _history.FindIndex(500, o => o.Steps[0].Kind == MicroKind.Read);
            _history[read] = _history[read] with { Steps = [Read("x", 77)] };
            Assert.Equal(Linearizable.No, OfRegister().Result);
        }
    }

    [Fact]
    public void A_counter_that_forgets_is_found()
    {
        Ok(0, 10, Add("x", 2));
        Ok(20, 30, Add("x", 3));
        Ok(40, 50, Read("x", 5));
        Assert.Equal(Linearizable.Yes, Assert.Single(Linearizability.Check(_history, new CounterModel())).Result);
        Ok(60, 70, Read("x", 3));
        Assert.Equal(Linearizable.No, Assert.Single(Linearizability.Check(_history, new CounterModel())).Result);
    }

    [Fact]
    public void A_counter_that_counts_twice_is_found()
    {
        Unknown(0, Add("x", 2));
        Ok(20, 30, Read("x", 2));
        Ok(40, 50, Read("x", 4));
        Assert.Equal(Linearizable.No, Assert.Single(Linearizability.Check(_history, new CounterModel())).Result);
    }

    [Fact]
    public void A_set_that_forgets_is_found()
    {
        Ok(0, 10, Add("x", 1));
        Ok(5, 30, Add("x", 2));
        Ok(11, 20, ReadList("x", 1));
        Ok(40, 50, ReadList("x", 1, 2));
        Assert.Equal(Linearizable.Yes, Assert.Single(Linearizability.Check(_history, new SetModel())).Result);
        Ok(60, 70, ReadList("x", 2));
        Assert.Equal(Linearizable.No, Assert.Single(Linearizability.Check(_history, new SetModel())).Result);
    }

    private void Ok(long invoked, long returned, params MicroOperation[] steps) =>
        _history.Add(new(_history.Count, invoked, returned, OperationOutcome.Ok, steps));

    private void Unknown(long invoked, params MicroOperation[] steps) =>
        _history.Add(new(_history.Count, invoked, null, OperationOutcome.Unknown, steps));

    private KeyVerdict OfRegister() => Assert.Single(Linearizability.Check(_history, new RegisterModel()));

    private void NotLinearizable(string words)
    {
        KeyVerdict verdict = OfRegister();
        Assert.Equal(Linearizable.No, verdict.Result);
        Assert.Contains(words, verdict.ToString());
    }
}
