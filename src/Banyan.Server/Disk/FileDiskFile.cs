using Banyan.Primitives;
using Banyan.Storage;
using Microsoft.Win32.SafeHandles;

namespace Banyan.Server.Disk;

/// <summary>A real file, read and written by position.</summary>
internal sealed class FileDiskFile(SafeFileHandle handle, string path) : IDiskFile
{
    private const int ZeroesBytes = 1 << 20;

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        Invariant.Holds(position >= 0);
        RandomAccess.Write(handle, bytes, position);
    }

    /// <inheritdoc/>
    public int Read(long position, Span<byte> bytes)
    {
        Invariant.Holds(position >= 0);
        int total = 0;
        while (total < bytes.Length)
        {
            int count = RandomAccess.Read(handle, bytes[total..], position + total);
            if (count == 0) break;
            total += count;
        }

        return total;
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (OperatingSystem.IsLinux()) UnixSync.FlushData(handle, path);
        else RandomAccess.FlushToDisk(handle);
    }

    /// <inheritdoc/>
    public void SetLength(long length)
    {
        Invariant.Holds(length >= 0);
        RandomAccess.SetLength(handle, length);
    }

    /// <summary>Writes zeroes over the whole length and flushes them.</summary>
    /// <remarks>
    /// Blocks that are only reserved are marked "not written yet", and the first write to each changes that mark: the
    /// flush after it would have to commit the file system's journal as well. Zeroes that were really written leave
    /// later flushes nothing but the data.
    /// </remarks>
    public void FillWithZeroes(long length)
    {
        if (length == 0) return;
        byte[] zeroes = new byte[Math.Min(length, ZeroesBytes)];
        for (long position = 0; position < length; position += zeroes.Length)
            Write(position, zeroes.AsSpan(0, (int)Math.Min(zeroes.Length, length - position)));
        Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
