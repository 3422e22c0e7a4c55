using System.Diagnostics;

namespace Banyan.Server.Torture.Load;

/// <summary>The one monotonic clock of all histories of a run, in microseconds.</summary>
internal static class TortureClock
{
    private static readonly long _start = Stopwatch.GetTimestamp();

    public static long Microseconds => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;
}
