using Banyan.Primitives;

namespace Banyan.Bench.Load;

/// <summary>A load generator: each client starts its next operation when its last one has ended.</summary>
/// <remarks>
/// Operations that end within the measured time count, and their latency is from their start, be it in the warm-up.
/// A closed loop slows down with the system it loads, so its tail is that of a client who waits, not of an open
/// arrival stream.
/// </remarks>
public static class ClosedLoop
{
    /// <summary>A client gives up after so many failures in a row: a dead target must not be hammered.</summary>
    public const int FailuresInRowMax = 100;

    /// <summary>How long the last operations may take to end.</summary>
    public static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Runs <paramref name="operation"/> (client from 0 on, sequence from 0 on without gaps per client) and measures.
    /// A failure is an exception of the operation; it is counted and the loop goes on.
    /// </summary>
    public static async Task<LoadResult> RunAsync(
        Func<int, long, ValueTask> operation, int clients, TimeSpan warmUp, TimeSpan duration, TimeProvider? time = null)
    {
        Invariant.Holds(clients >= 1);
        Invariant.Holds(warmUp >= TimeSpan.Zero && duration > TimeSpan.Zero);

        time ??= TimeProvider.System;
        var window = new Window(time, warmUp, duration);
        var loops = new ClientLoop[clients];
        var running = new Task[clients];
        for (int i = 0; i < clients; i++) loops[i] = new(i, operation, window);
        for (int i = 0; i < clients; i++)
        {
            ClientLoop loop = loops[i];
            running[i] = Task.Run(loop.RunAsync);
        }

        Task all = Task.WhenAll(running);
        bool drained = await EndsWithinAsync(all, warmUp + duration + DrainMax).ConfigureAwait(false);
        if (drained) await all.ConfigureAwait(false);

        // A stuck client's loop may still wake up and write: it is left out of the sums.
        var latency = new LatencyHistogram();
        long errors = 0;
        int stuck = 0;
        string? firstError = null;
        for (int i = 0; i < clients; i++)
        {
            if (!running[i].IsCompleted)
            {
                stuck++;
                firstError ??= $"client {i} was still waiting {DrainMax.TotalSeconds} s after the end";
                continue;
            }

            latency.Add(loops[i].Latency);
            errors += loops[i].Errors;
            firstError ??= loops[i].FirstError;
        }

        double seconds = duration.TotalSeconds;
        return new(
            latency.Count, seconds, latency.Count / seconds,
            latency.QuantileMs(0.5), latency.QuantileMs(0.99), latency.QuantileMs(0.999))
        {
            MaxMs = latency.MaxNanoseconds / 1e6,
            Errors = errors,
            ClientsStuck = stuck,
            FirstError = firstError,
            CpuSeconds = window.CpuSeconds,
        };
    }

    private static async Task<bool> EndsWithinAsync(Task task, TimeSpan limit)
    {
        using var stop = new CancellationTokenSource();
        Task first = await Task.WhenAny(task, Task.Delay(limit, stop.Token)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return first == task;
    }

    /// <summary>The measured time on the clock's own scale, and the processor time within it.</summary>
    private sealed class Window
    {
        private readonly TimeProvider _time;
        private readonly double _nanosecondsPerTick;
        private long _cpuAtStart = -1;
        private long _cpuAtEnd = -1;

        public Window(TimeProvider time, TimeSpan warmUp, TimeSpan duration)
        {
            _time = time;
            _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
            Start = time.GetTimestamp() + (long)(warmUp.TotalSeconds * time.TimestampFrequency);
            End = Start + (long)(duration.TotalSeconds * time.TimestampFrequency);
        }

        public long Start { get; }

        public long End { get; }

        public double CpuSeconds => new TimeSpan(Math.Max(0, _cpuAtEnd - _cpuAtStart)).TotalSeconds;

        public long Now()
        {
            long now = _time.GetTimestamp();
            // Whoever passes a bound first reads the processor time there.
            if (now >= Start && _cpuAtStart < 0) Interlocked.CompareExchange(ref _cpuAtStart, CpuTicks(), -1);
            if (now >= End && _cpuAtEnd < 0) Interlocked.CompareExchange(ref _cpuAtEnd, CpuTicks(), -1);
            return now;
        }

        public long Nanoseconds(long from, long to) => (long)((to - from) * _nanosecondsPerTick);

        private static long CpuTicks() => Environment.CpuUsage.TotalTime.Ticks;
    }

    private sealed class ClientLoop(int client, Func<int, long, ValueTask> operation, Window window)
    {
        public LatencyHistogram Latency { get; } = new();

        public long Errors { get; private set; }

        public string? FirstError { get; private set; }

        public async Task RunAsync()
        {
            int failuresInRow = 0;
            long start = window.Now();
            for (long sequence = 0; start < window.End && failuresInRow < FailuresInRowMax; sequence++)
            {
                bool succeeded = true;
                bool endedAtOnce = false;
                try
                {
                    ValueTask pending = operation(client, sequence);
                    endedAtOnce = pending.IsCompleted;
                    await pending.ConfigureAwait(false);
                }
                catch (Exception failure) when (failure is not InvariantViolation)
                {
                    succeeded = false;
                    Errors++;
                    FirstError ??= $"{failure.GetType().Name}: {failure.Message}";
                }

                long end = window.Now();
                failuresInRow = succeeded ? 0 : failuresInRow + 1;
                if (succeeded && end >= window.Start && end < window.End)
                    Latency.Record(window.Nanoseconds(start, end));

                // An operation that never waits would keep its thread from the other clients.
                if (endedAtOnce) await Task.Yield();
                start = endedAtOnce ? window.Now() : end;
            }
        }
    }
}
