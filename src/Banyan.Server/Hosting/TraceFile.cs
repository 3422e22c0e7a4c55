using System.Text;
using System.Text.Json;
using Banyan.Primitives;
using Banyan.Simulator.Tracing;

namespace Banyan.Server.Hosting;

/// <summary>
/// The protocol steps of one server over all its lives. Lines get times of its hybrid clock, each above the one before:
/// whatever one server does because of another comes later in the files of both.
/// </summary>
internal static class TraceFile
{
    private const int LastLineBytesMax = 4096;

    /// <summary>Opens a file, new or of earlier lives, to be gone on with.</summary>
    /// <exception cref="IOException">It cannot be written, or is something else.</exception>
    public static NdjsonTrace Open(string path, HybridClock clock)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        try
        {
            (ulong time, ulong sequence) = ReadLast(stream);
            clock.StartAbove(new(time));
            return new NdjsonTrace(stream, () => clock.Now().Value, sequence);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    // Leaves the stream after the last whole line.
    private static (ulong Time, ulong Sequence) ReadLast(FileStream stream)
    {
        byte[] tail = new byte[(int)Math.Min(stream.Length, 2 * LastLineBytesMax)];
        long start = stream.Length - tail.Length;
        stream.Position = start;
        stream.ReadExactly(tail);
        int end = Array.LastIndexOf(tail, (byte)'\n') + 1;
        stream.SetLength(start + end);
        stream.Position = start + end;
        if (end == 0) return start == 0 ? (0UL, 0UL) : throw new IOException($"{stream.Name} is not a trace");
        int begin = Array.LastIndexOf(tail, (byte)'\n', end - 2, end - 1) + 1;
        try
        {
            using JsonDocument line = JsonDocument.Parse(Encoding.UTF8.GetString(tail, begin, end - 1 - begin));
            return (line.RootElement.GetProperty("time").GetUInt64(), line.RootElement.GetProperty("sequence").GetUInt64());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new IOException($"{stream.Name} is not a trace: {e.Message}", e);
        }
    }
}
