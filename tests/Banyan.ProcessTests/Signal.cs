using System.Diagnostics;

namespace Banyan.ProcessTests;

/// <summary>Signals, as a service manager sends them. .NET can only kill.</summary>
internal static class Signal
{
    /// <summary>What Ctrl-C does, to a process of <see cref="BanyanCommand.StartInForeground"/>.</summary>
    public static Task InterruptAsync(Process process) => SendAsync("INT", process);

    /// <summary>Asks a process to end.</summary>
    public static Task TerminateAsync(Process process) => SendAsync("TERM", process);

    private static async Task SendAsync(string signal, Process process)
    {
        using Process kill = Process.Start("/bin/kill", [$"-{signal}", process.Id.ToString()]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
