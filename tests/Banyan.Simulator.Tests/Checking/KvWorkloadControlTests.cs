using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.Checking.Histories;
using Banyan.Simulator.Workloads.Kv;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests.Checking;

/// <summary>Good runs that are made bad before they are checked: each workload must notice, by the property that it is there for.</summary>
public class KvWorkloadControlTests
{
    public static TheoryData<string> Names => KvWorkloadTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_lost_write_is_found(string name) => Found(name, "lost is the write", (workload, history) =>
    {
        RecordedOperation victim = AnyWrite(workload);
        Key key = WrittenBy(victim);
        return TamperedWorkload.Copy(history, (k, at, value) => k == key && at == victim.At ? null : (at, value));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void A_refused_operation_that_took_effect_is_found(string name) => Found(name, "due to nobody", (workload, history) =>
    {
        Replace(workload, AnyWrite(workload), victim => victim with { At = null, Seen = victim.Seen with { Outcome = OperationOutcome.Failed } });
        return history;
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Half_of_an_operation_without_an_answer_is_found(string name) => Found(name, "due to nobody", (workload, history) =>
    {
        RecordedOperation victim = workload.Record.Last(r => r is { IsOk: true, Writes: true, Mark: not null, At: not null });
        Replace(workload, victim, v => v with { At = null, Seen = v.Seen with { Outcome = OperationOutcome.Unknown, Returned = null } });
        return TamperedWorkload.Copy(history, (k, at, value) => k == victim.Mark ? null : (at, value));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void A_write_that_took_effect_twice_is_found(string name) => Found(name, "due to nobody", (workload, history) =>
    {
        RecordedOperation victim = AnyWrite(workload);
        Key key = WrittenBy(victim);
        CommittedHistory copy = TamperedWorkload.Copy(history, (_, at, value) => (at, value));
        copy.Add(key, history.Of(key).Keys[^1].Next, history.Of(key)[victim.At!.Value]);
        return copy;
    });

    [Fact]
    public void A_stale_read_of_a_register_is_found() => Found("register", "is not linearizable", (workload, history) =>
    {
        RecordedOperation victim = workload.Record.Last(r => r.IsOk && r.Seen.Steps[0] is { Kind: MicroKind.Read, Value: not null });
        Replace(workload, victim, v => v with { Seen = v.Seen with { Steps = [MicroOperation.Read(v.Seen.Steps[0].Key, null)] } });
        return history;
    });

    [Fact]
    public void Half_a_transfer_is_found() => Found("bank", "in all accounts at", (workload, history) =>
    {
        RecordedOperation victim = AnyWrite(workload);
        Key key = Key.Of(victim.Seen.Steps.Last(s => s.IsWrite).Key);
        return TamperedWorkload.Copy(history, (k, at, value) => k == key && at == victim.At ? null : (at, value));
    });

    [Fact]
    public void A_total_that_is_wrong_is_found() => Found("bank", "seen by operation", (workload, history) =>
    {
        Replace(workload, workload.Record.Last(r => r.IsOk && r.Seen.Steps.Count == 12), v => v with
        {
            Seen = v.Seen with { Steps = [MicroOperation.Read(v.Seen.Steps[0].Key, (v.Seen.Steps[0].Value ?? 10) + 1), .. v.Seen.Steps.Skip(1)] },
        });
        return history;
    });

    [Fact]
    public void An_element_that_vanished_is_found() => Found("sets", "not seen by", (workload, history) =>
    {
        Replace(workload, workload.Record[^1], v => v with { Seen = v.Seen with { Steps = [MicroOperation.ReadList("*set", [.. v.Seen.Steps[0].List.Skip(1)])] } });
        return history;
    });

    [Fact]
    public void An_element_of_nobody_is_found() => Found("sets", "added by nobody", (workload, history) =>
    {
        Replace(workload, workload.Record[^1], v => v with { Seen = v.Seen with { Steps = [MicroOperation.ReadList("*set", [.. v.Seen.Steps[0].List, 1_000_000])] } });
        return history;
    });

    [Fact]
    public void Numbers_against_the_order_of_time_are_found() => Found("monotonic", "do not grow with time", (workload, history) =>
    {
        RecordedOperation[] last = [.. workload.Record.Where(r => r is { IsOk: true, Writes: true }).OrderBy(r => r.At).TakeLast(2)];
        Replace(workload, last[0], v => v with { At = last[1].At });
        Replace(workload, last[1], v => v with { At = last[0].At });
        return history;
    });

    [Fact]
    public void A_number_twice_is_found() => Found("monotonic", "follows", (workload, history) =>
    {
        RecordedOperation[] last = [.. workload.Record.Where(r => r is { IsOk: true, Writes: true }).OrderBy(r => r.At).TakeLast(2)];
        Key key = WrittenBy(last[1]);
        byte[]? other = history.Of(WrittenBy(last[0]))[last[0].At!.Value];
        return TamperedWorkload.Copy(history, (k, at, value) => k == key && at == last[1].At ? (at, other) : (at, value));
    });

    [Fact]
    public void A_number_that_was_known_before_is_missed() => Found("monotonic", "knows less", (workload, history) =>
    {
        RecordedOperation victim = workload.Record.Last(r => r is { IsOk: true, Writes: false });
        Replace(workload, victim, v => v with { Seen = v.Seen with { Steps = [MicroOperation.Read("k00", null)] } });
        return history;
    });

    [Fact]
    public void Two_rows_of_a_pair_are_found() => Found("g2", "has two rows", (workload, history) =>
    {
        string row = WrittenBy(AnyWrite(workload)).ToString();
        CommittedHistory copy = TamperedWorkload.Copy(history, (_, at, value) => (at, value));
        copy.Add(Key.Of(row + "0"), Timestamp.FromMicroseconds(1), new byte[8]);
        return copy;
    });

    [Fact]
    public void Two_inserts_of_a_pair_are_found() => Found("g2", "both of a pair committed", (workload, history) =>
    {
        RecordedOperation first = AnyWrite(workload);
        RecordedOperation refused = workload.Record.Last(r => r is { IsOk: true, Writes: false });
        Replace(workload, refused, v => v with { Seen = v.Seen with { Steps = first.Seen.Steps } });
        return history;
    });

    [Fact]
    public void A_gap_in_a_chain_is_found() => Found("sequential", "saw a later key and not", (workload, history) =>
    {
        RecordedOperation victim = workload.Record.Last(r => r is { IsOk: true, Writes: false } && r.Seen.Steps is [{ Value: not null }, _, _, _, { Value: not null }]);
        Replace(workload, victim, v => v with { Seen = v.Seen with { Steps = [.. v.Seen.Steps.SkipLast(1), MicroOperation.Read(v.Seen.Steps[4].Key, null)] } });
        return history;
    });

    [Fact]
    public void A_gap_in_a_chain_read_key_by_key_is_found() => Found("sequential", "saw a later key and not", (workload, history) =>
    {
        RecordedOperation victim = workload.Record.Last(r =>
            r is { IsOk: true, Writes: false } && r.Seen.Steps is [{ Value: not null } step] && step.Key.EndsWith(".0", StringComparison.Ordinal)
            && workload.Record.Any(e => e.Seen.Client == r.Seen.Client && e.Seen.Invoked < r.Seen.Invoked && e.Seen.Steps is [{ Value: not null } later] && later.Key.EndsWith(step.Key[3..^1] + "1", StringComparison.Ordinal)));
        Replace(workload, victim, v => v with { Seen = v.Seen with { Steps = [MicroOperation.Read(v.Seen.Steps[0].Key, null)] } });
        return history;
    });

    [Fact]
    public void A_chain_against_the_order_of_time_is_found() => Found("sequential", "was written after", (workload, history) =>
    {
        RecordedOperation second = workload.Record.First(r => r is { IsOk: true, Writes: true } && r.Seen.Steps[^1].Key.EndsWith(".1", StringComparison.Ordinal));
        Replace(workload, second, v => v with { At = Timestamp.FromMicroseconds(1) });
        return history;
    });

    [Fact]
    public void A_stale_read_of_a_list_is_named() => Found("list-append", "G-single", (workload, history) =>
    {
        RecordedOperation victim = workload.Record.Last(r => r.IsOk && r.Seen.Client < 8 && r.Seen.Steps is [{ Kind: MicroKind.ReadList, List.Count: > 1 }, ..]);
        MicroOperation read = victim.Seen.Steps[0];
        Replace(workload, victim, v => v with { Seen = v.Seen with { Steps = [MicroOperation.ReadList(read.Key, [.. read.List.SkipLast(1)])] } });
        return history;
    });

    [Fact]
    public void A_read_of_a_refused_append_is_named() => Found("list-append", "G1a", (workload, history) =>
    {
        Replace(workload, AnyWrite(workload), v => v with { At = null, Seen = v.Seen with { Outcome = OperationOutcome.Failed } });
        return history;
    });

    [Fact]
    public void An_append_that_vanished_is_named() => Found("list-append", "lost-append", (workload, history) =>
    {
        MicroOperation append = AnyWrite(workload).Seen.Steps.Last(s => s.IsWrite);
        for (int i = 0; i < workload.Record.Count; i++)
        {
            RecordedOperation r = workload.Record[i];
            workload.Record[i] = r with
            {
                Seen = r.Seen with { Steps = [.. r.Seen.Steps.Select(s => s.Kind == MicroKind.ReadList && s.Key == append.Key ? s with { List = [.. s.List.Where(e => e != append.Value)] } : s)] },
            };
        }

        return history;
    });

    // In the middle of the run, and not the last one on its key.
    private static RecordedOperation AnyWrite(RecordedWorkload workload)
    {
        RecordedOperation[] writes = [.. workload.Record.Where(r => r is { IsOk: true, Writes: true, At: not null })];
        return writes[writes.Length / 2];
    }

    private static Key WrittenBy(RecordedOperation operation) => Key.Of(operation.Seen.Steps.First(s => s is { IsWrite: true, Applied: true }).Key);

    private static void Replace(RecordedWorkload workload, RecordedOperation victim, Func<RecordedOperation, RecordedOperation> change) =>
        workload.Record[workload.Record.IndexOf(victim)] = change(victim);

    private static void Found(string name, string words, Func<RecordedWorkload, CommittedHistory, CommittedHistory> tamper)
    {
        RecordedWorkload workload = KvWorkloadTests.New(name);
        int before = -1;
        Verdict verdict = Simulation.Run(3, 200, new TamperedWorkload(workload, history =>
        {
            var violations = new List<string>();
            workload.Check(history, violations);
            before = violations.Count;
            return tamper(workload, history);
        }), FaultOptions.None);
        Assert.Equal(0, before);
        Assert.Contains(verdict.Violations, v => v.Contains(words, StringComparison.Ordinal));
    }
}
