using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>Writes a checkpoint: blocks of bytes, which come back whole and in order or not at all.</summary>
/// <remarks>
/// <code>
/// block   u32 length, u32 CRC-32C of number, length and bytes; then the bytes
/// end     a block of length 0
/// </code>
/// It is written under another name and gets its own with the folder's flush, so that one that is found is whole.
/// </remarks>
public sealed class CheckpointWriter
{
    internal const int BlockHeaderBytes = 8;
    internal const int BlockBytesMax = 1 << 28;

    private readonly IDisk _disk;
    private readonly string _name;
    private readonly IDiskFile _file;
    private readonly byte[] _header = new byte[BlockHeaderBytes];
    private long _position;
    private uint _blocks;

    /// <summary>Begins a checkpoint of everything before a position of the log.</summary>
    public CheckpointWriter(IDisk disk, ulong position)
    {
        _disk = disk;
        _name = CheckpointName.Of(position);
        _file = disk.Create(_name + CheckpointName.TemporarySuffix, 0);
    }

    /// <summary>Adds a block of at least one byte.</summary>
    public void Write(ReadOnlySpan<byte> block)
    {
        Invariant.Holds(block.Length is > 0 and <= BlockBytesMax);
        Put(block);
    }

    /// <summary>Makes it the checkpoint to start from, and deletes the ones before.</summary>
    public void Finish()
    {
        Put(default);
        _file.Flush();
        _file.Dispose();
        _disk.Rename(_name + CheckpointName.TemporarySuffix, _name);
        _disk.FlushFolder();
        foreach (string name in _disk.List())
        {
            if (name != _name && CheckpointName.TryParse(name, out _)) _disk.Delete(name);
        }
    }

    private void Put(ReadOnlySpan<byte> block)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_header, (uint)block.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_header.AsSpan(4), Sum(_header.AsSpan(0, 4), _blocks++, block));
        _file.Write(_position, _header);
        if (block.Length > 0) _file.Write(_position + BlockHeaderBytes, block);
        _position += BlockHeaderBytes + block.Length;
    }

    internal static uint Sum(ReadOnlySpan<byte> length, uint number, ReadOnlySpan<byte> block)
    {
        Span<byte> order = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(order, number);
        return Checksum.Crc32C(block, Checksum.Crc32C(length, Checksum.Crc32C(order)));
    }
}
