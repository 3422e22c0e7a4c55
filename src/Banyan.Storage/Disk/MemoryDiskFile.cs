using Banyan.Primitives;

namespace Banyan.Storage;

internal sealed class MemoryDiskFile(MemoryDisk disk, long length) : IDiskFile
{
    // What the medium still holds where a sector was written since the last flush.
    private readonly SortedDictionary<long, byte[]> _durableSectors = [];
    private byte[] _content = new byte[length];
    private long _durableLength = length;

    public long Length => _content.Length;

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        disk.OnCall();
        if (position + bytes.Length > _content.Length) Array.Resize(ref _content, checked((int)(position + bytes.Length)));
        KeepDurable(position, bytes.Length);
        bytes.CopyTo(_content.AsSpan((int)position));
    }

    public int Read(long position, Span<byte> bytes)
    {
        if (position >= _content.Length) return 0;
        int count = (int)Math.Min(bytes.Length, _content.Length - position);
        _content.AsSpan((int)position, count).CopyTo(bytes);
        return count;
    }

    public void Flush()
    {
        disk.OnCall();
        disk.OnFlush();
        _durableSectors.Clear();
        _durableLength = _content.Length;
    }

    public void SetLength(long length)
    {
        disk.OnCall();
        if (length < _content.Length) KeepDurable(length, _content.Length - length);
        Array.Resize(ref _content, checked((int)length));
    }

    public void Dispose()
    {
    }

    internal void Crash(SeededRandom random)
    {
        long length = random.Chance(0.5) ? _content.Length : _durableLength;
        if (length != _content.Length) Array.Resize(ref _content, (int)length);
        foreach ((long sector, byte[] durable) in _durableSectors)
        {
            if (random.Chance(0.5)) continue;
            long at = sector * MemoryDisk.SectorBytes;
            int count = (int)Math.Clamp(_content.Length - at, 0, durable.Length);
            durable.AsSpan(0, count).CopyTo(_content.AsSpan((int)Math.Min(at, _content.Length)));
        }

        _durableSectors.Clear();
        _durableLength = _content.Length;
    }

    internal void FlipBit(long position, int bit) => _content[position] ^= (byte)(1 << bit);

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
