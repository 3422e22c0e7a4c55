using System.Runtime.InteropServices;
using Banyan.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Banyan.Bench.Load;

/// <summary>How long this host takes to make 4 KiB durable: the floor under every durable commit.</summary>
/// <param name="Samples">Writes measured.</param>
/// <param name="P50Ms">Median, milliseconds.</param>
/// <param name="P99Ms">99th percentile, milliseconds.</param>
/// <param name="P999Ms">99.9th percentile, milliseconds.</param>
public sealed partial record FlushTime(int Samples, double P50Ms, double P99Ms, double P999Ms)
{
    private const int BlockBytes = 4096;
    private const int FileBytes = 8 * 1024 * 1024;

    /// <summary>
    /// Writes 4 KiB blocks one after the other into a preallocated file in <paramref name="folder"/>, each followed by
    /// fdatasync, and times the two together. The file is removed afterwards.
    /// </summary>
    /// <remarks>
    /// The file is filled with zeros and flushed first: a block that the file system has only reserved would cost a
    /// change of metadata, hence a journal commit, on its first write.
    /// </remarks>
    public static FlushTime Measure(string folder, int samples = 2000)
    {
        Invariant.Holds(samples >= 1);
        string path = Path.Combine(folder, $"flush-{Environment.ProcessId}-{Guid.NewGuid():N}");
        using SafeFileHandle file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);

        RandomAccess.Write(file, new byte[FileBytes], 0);
        RandomAccess.FlushToDisk(file);

        var latency = new LatencyHistogram();
        byte[] block = new byte[BlockBytes];
        var random = new SeededRandom(1);
        TimeProvider time = TimeProvider.System;
        for (int i = 0; i < samples; i++)
        {
            block.AsSpan().Fill((byte)random.NextUInt64());
            long start = time.GetTimestamp();
            RandomAccess.Write(file, block, (long)i * BlockBytes % FileBytes);
            FlushData(file);
            latency.Record((long)time.GetElapsedTime(start).TotalNanoseconds);
        }

        return new(samples, latency.QuantileMs(0.5), latency.QuantileMs(0.99), latency.QuantileMs(0.999));
    }

    private static void FlushData(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        if (FDataSync(file) != 0)
            throw new IOException($"fdatasync failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // .NET itself offers only fsync, which also writes the file's times.
    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);
}
