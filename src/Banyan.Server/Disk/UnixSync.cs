using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Banyan.Server.Disk;

/// <summary>The calls of POSIX that .NET does not offer: flushing a file's data alone, and flushing a folder.</summary>
internal static partial class UnixSync
{
    private const int InterruptedError = 4;
    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMac = 0x1000000;

    /// <summary>Flushes a file's bytes, and of its metadata only what reading them back needs. Linux only.</summary>
    public static void FlushData(SafeFileHandle file, string path) => Repeat(() => FDataSync(file), "fdatasync", path);

    /// <summary>Flushes a folder opened by <see cref="OpenFolder"/>.</summary>
    public static void FlushFolder(SafeFileHandle folder, string path) => Repeat(() => FSync(folder), "fsync", path);

    /// <summary>Opens a folder for reading, which is what flushing it needs.</summary>
    public static SafeFileHandle OpenFolder(string path)
    {
        int descriptor = Open(path, OperatingSystem.IsLinux() ? CloseOnExecLinux : CloseOnExecMac);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Error("open", path);
    }

    private static void Repeat(Func<int> call, string name, string path)
    {
        while (call() < 0)
        {
            // Any other error is final: after a failed flush the kernel may have forgotten the dirty pages, so that
            // trying again would report a success that is none.
            if (Marshal.GetLastPInvokeError() != InterruptedError) throw Error(name, path);
        }
    }

    private static IOException Error(string call, string path) =>
        new($"{call} of '{path}': {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
