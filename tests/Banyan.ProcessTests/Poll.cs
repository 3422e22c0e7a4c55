using System.Diagnostics;

namespace Banyan.ProcessTests;

/// <summary>Waits for what other processes do.</summary>
internal static class Poll
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    /// <summary>Waits until something holds.</summary>
    public static Task UntilAsync(Func<bool> holds, Func<string> what) => UntilAsync(() => Task.FromResult(holds()), what);

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> what)
    {
        for (var waited = Stopwatch.StartNew(); !await holds(); await Task.Delay(10))
            Assert.True(waited.Elapsed < _patience, "in vain: " + what());
    }
}
