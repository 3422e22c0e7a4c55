using System.Diagnostics;

namespace Banyan.Server.Torture.Load;

/// <summary>So many operations a second over all clients. Time that was lost in a fault is not made up for.</summary>
internal sealed class Pace(double perSecond)
{
    private const double BehindSecondsMax = 0.1;
    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private double _next;

    /// <summary>Waits for its turn.</summary>
    public Task TurnAsync(CancellationToken stop)
    {
        double wait;
        lock (_gate)
        {
            double now = _clock.Elapsed.TotalSeconds;
            _next = Math.Max(_next, now - BehindSecondsMax) + 1 / perSecond;
            wait = _next - now;
        }

        return wait < 0.001 ? Task.CompletedTask : Task.Delay(TimeSpan.FromSeconds(wait), stop);
    }
}
