using System.Diagnostics;

namespace Banyan.Server.Tests.Peers;

/// <summary>Bounds for waiting: reached only when a test fails.</summary>
internal static class Patience
{
    /// <summary>Far longer than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    /// <summary>Waits for something that gives no signal, such as a counter.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < Long, "in vain: " + what);
            await Task.Yield();
        }
    }
}
