using Banyan.Primitives;

namespace Banyan.Storage;

internal sealed class MemoryDiskFile(MemoryDisk disk, long length) : IDiskFile
{
    private const int PageBytes = 8 * MemoryDisk.SectorBytes;

    // What the medium still holds where a sector was written since the last flush.
    private readonly SortedDictionary<long, byte[]> _durableSectors = [];
    private long _durableLength = length;

    // Only what was ever written: a segment is made whole, long before it is full.
    private byte[]?[] _pages = new byte[PagesOf(length)][];

    public long Length { get; private set; } = length;

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        disk.OnCall();
        if (position + bytes.Length > Length) Resize(position + bytes.Length);
        KeepDurable(position, bytes.Length);
        Put(position, bytes);
    }

    public int Read(long position, Span<byte> bytes)
    {
        if (position >= Length) return 0;
        bytes = bytes[..(int)Math.Min(bytes.Length, Length - position)];
        int read = bytes.Length;
        while (bytes.Length > 0)
        {
            int at = (int)(position % PageBytes);
            int count = Math.Min(bytes.Length, PageBytes - at);
            if (_pages[position / PageBytes] is { } page) page.AsSpan(at, count).CopyTo(bytes);
            else bytes[..count].Clear();
            position += count;
            bytes = bytes[count..];
        }

        return read;
    }

    public void Flush()
    {
        disk.OnCall();
        disk.OnFlush();
        _durableSectors.Clear();
        _durableLength = Length;
    }

    public void SetLength(long length)
    {
        disk.OnCall();
        if (length < Length) KeepDurable(length, Length - length);
        Resize(length);
    }

    public void Dispose()
    {
    }

    internal void Crash(SeededRandom random)
    {
        long length = random.Chance(0.5) ? Length : _durableLength;
        Resize(length);
        foreach ((long sector, byte[] durable) in _durableSectors)
        {
            if (random.Chance(0.5)) continue;
            long at = sector * MemoryDisk.SectorBytes;
            int count = (int)Math.Clamp(Length - at, 0, durable.Length);
            Put(at, durable.AsSpan(0, count));
        }

        _durableSectors.Clear();
        _durableLength = Length;
    }

    internal void FlipBit(long position, int bit)
    {
        Span<byte> one = stackalloc byte[1];
        Read(position, one);
        one[0] ^= (byte)(1 << bit);
        Put(position, one);
    }

    private static int PagesOf(long length) => checked((int)((length + PageBytes - 1) / PageBytes));

    // Behind the end there are zeroes, for when the file grows again.
    private void Resize(long length)
    {
        if (length < Length && length % PageBytes != 0) _pages[length / PageBytes]?.AsSpan((int)(length % PageBytes)).Clear();
        Array.Resize(ref _pages, PagesOf(length));
        Length = length;
    }

    private void Put(long position, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int at = (int)(position % PageBytes);
            int count = Math.Min(bytes.Length, PageBytes - at);
            bytes[..count].CopyTo((_pages[position / PageBytes] ??= new byte[PageBytes]).AsSpan(at));
            position += count;
            bytes = bytes[count..];
        }
    }

    private void KeepDurable(long position, long count)
    {
        if (count == 0) return;
        for (long sector = position / MemoryDisk.SectorBytes; sector <= (position + count - 1) / MemoryDisk.SectorBytes; sector++)
        {
            if (_durableSectors.ContainsKey(sector)) continue;
            var durable = new byte[MemoryDisk.SectorBytes];
            Read(sector * MemoryDisk.SectorBytes, durable);
            _durableSectors.Add(sector, durable);
        }
    }
}
