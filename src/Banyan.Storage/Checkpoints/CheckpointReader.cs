using System.Buffers.Binary;

namespace Banyan.Storage;

/// <summary>Reads the newest checkpoint of a disk, block by block.</summary>
public sealed class CheckpointReader : IDisposable
{
    private readonly string _name;
    private readonly IDiskFile _file;
    private readonly byte[] _header = new byte[CheckpointWriter.BlockHeaderBytes];
    private long _at;
    private uint _blocks;

    private CheckpointReader(IDisk disk, string name, ulong position)
    {
        _name = name;
        _file = disk.Open(name);
        Position = position;
    }

    /// <summary>Everything before this position of the log is in here.</summary>
    public ulong Position { get; }

    /// <summary>Opens the newest checkpoint, and deletes what an interrupted one left; null if there is none.</summary>
    public static CheckpointReader? OpenNewest(IDisk disk)
    {
        CheckpointReader? newest = null;
        string? newestName = null;
        ulong newestPosition = 0;
        foreach (string name in disk.List())
        {
            if (CheckpointName.IsTemporary(name)) disk.Delete(name);
            // The list is in ordinal order, which is the order of positions.
            if (CheckpointName.TryParse(name, out ulong position)) (newestName, newestPosition) = (name, position);
        }

        if (newestName is not null) newest = new(disk, newestName, newestPosition);
        return newest;
    }

    /// <summary>The next block; null at the end.</summary>
    /// <exception cref="CorruptFileException">It is not what was written.</exception>
    public byte[]? Next()
    {
        Fill(_at, _header);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_header);
        if (length > CheckpointWriter.BlockBytesMax || length > _file.Length - _at) throw Corrupt("a block's length is wrong");
        var block = new byte[length];
        Fill(_at + CheckpointWriter.BlockHeaderBytes, block);
        uint sum = CheckpointWriter.Sum(_header.AsSpan(0, 4), _blocks++, block);
        if (sum != BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(4))) throw Corrupt("a block's checksum is wrong");
        _at += CheckpointWriter.BlockHeaderBytes + length;
        return length == 0 ? null : block;
    }

    /// <summary>What to throw if the block last read makes no sense.</summary>
    public CorruptFileException Corrupt(string reason) => new(_name, _at, reason);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Fill(long position, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int read = _file.Read(position, bytes);
            if (read == 0) throw Corrupt("it ends too early");
            position += read;
            bytes = bytes[read..];
        }
    }
}
