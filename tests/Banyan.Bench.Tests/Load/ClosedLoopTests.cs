using System.Collections.Concurrent;
using Banyan.Bench.Load;

namespace Banyan.Bench.Tests.Load;

public class ClosedLoopTests
{
    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    [Fact]
    public async Task It_counts_what_ends_after_the_warm_up_and_before_the_end()
    {
        var time = new ManualTime();
        int started = 0;
        LoadResult result = await ClosedLoop.RunAsync(
            (_, _) =>
            {
                started++;
                time.Advance(5);
                return ValueTask.CompletedTask;
            },
            clients: 1, warmUp: Ms(20), duration: Ms(1000), time);

        // They end at 5, 10, ... 1020: 3 end before the warm-up does, and the one at 1020 ends with the window.
        Assert.Equal(204, started);
        Assert.Equal(200, result.Operations);
        Assert.Equal(1, result.Seconds);
        Assert.Equal(200, result.OpsPerSecond);
        Assert.InRange(result.P50Ms, 5, 5.04);
        Assert.InRange(result.P999Ms, 5, 5.04);
        Assert.Equal(5, result.MaxMs);
        Assert.True(result.IsClean);
    }

    [Fact]
    public async Task Rare_slow_operations_show_in_the_tail_and_not_in_the_median()
    {
        var time = new ManualTime();
        LoadResult result = await ClosedLoop.RunAsync(
            (_, sequence) =>
            {
                time.Advance(sequence % 50 == 49 ? 51 : 1);
                return ValueTask.CompletedTask;
            },
            clients: 1, warmUp: TimeSpan.Zero, duration: Ms(10_000), time);

        Assert.InRange(result.P50Ms, 1, 1.01);
        Assert.InRange(result.P99Ms, 51, 51.4);
    }

    [Fact]
    public async Task Each_client_has_one_operation_at_a_time_and_numbers_them_without_gaps()
    {
        var time = new ManualTime();
        var next = new ConcurrentDictionary<int, long>();
        var inFlight = new int[8];
        int broken = 0;
        LoadResult result = await ClosedLoop.RunAsync(
            async (client, sequence) =>
            {
                if (Interlocked.Increment(ref inFlight[client]) != 1) Interlocked.Increment(ref broken);
                if (next.GetValueOrDefault(client) != sequence) Interlocked.Increment(ref broken);
                next[client] = sequence + 1;
                await Task.Yield();
                time.Advance(1);
                Interlocked.Decrement(ref inFlight[client]);
            },
            clients: 8, warmUp: TimeSpan.Zero, duration: Ms(2000), time);

        Assert.Equal(0, broken);
        Assert.True(result.IsClean);
        // Each operation moves the clock by one, and those that end at or after its end do not count.
        Assert.InRange(result.Operations, 1900, 2000);
        Assert.InRange(next.Values.Sum(), result.Operations, result.Operations + 100);
    }

    [Fact]
    public async Task Failures_are_counted_apart_and_the_first_is_told()
    {
        var time = new ManualTime();
        LoadResult result = await ClosedLoop.RunAsync(
            (_, sequence) =>
            {
                time.Advance(1);
                if (sequence % 4 == 3) throw new IOException("refused " + sequence);
                return ValueTask.CompletedTask;
            },
            clients: 1, warmUp: TimeSpan.Zero, duration: Ms(100), time);

        Assert.Equal(25, result.Errors);
        Assert.Equal(75, result.Operations);
        Assert.Equal("IOException: refused 3", result.FirstError);
        Assert.False(result.IsClean);
    }

    [Fact]
    public async Task A_client_gives_up_on_a_dead_target()
    {
        int calls = 0;
        LoadResult result = await ClosedLoop.RunAsync(
            (_, _) =>
            {
                calls++;
                return ValueTask.FromException(new IOException("down"));
            },
            clients: 1, warmUp: TimeSpan.Zero, duration: TimeSpan.FromMinutes(1), new ManualTime());

        Assert.Equal(ClosedLoop.FailuresInRowMax, calls);
        Assert.Equal(ClosedLoop.FailuresInRowMax, result.Errors);
        Assert.Equal(0, result.Operations);
    }
}
