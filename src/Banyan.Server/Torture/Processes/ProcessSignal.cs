using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Banyan.Server.Torture.Processes;

/// <summary>Signals to processes that this program started. Linux numbers them like this on every architecture that .NET runs on.</summary>
internal static partial class ProcessSignal
{
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    /// <summary>Takes the processor away from a process, at whatever it is doing.</summary>
    public static void Pause(Process process) => Send(process, SignalStop);

    /// <summary>Gives it back.</summary>
    public static void Continue(Process process) => Send(process, SignalContinue);

    private static void Send(Process process, int signal)
    {
        // A process that has ended keeps its id until it is waited for, which only its Process object does.
        if (process.HasExited) return;
        if (Kill(process.Id, signal) < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
