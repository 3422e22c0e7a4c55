using System.Buffers;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>Messages that wait for one peer, already in the form of the stream. Not thread-safe.</summary>
/// <remarks>
/// Short messages are gathered in chunks of whole frames, one socket call each. Long messages wait beside them and go
/// out fragment by fragment, in turn with the chunks: a snapshot must not hold up heartbeats.
/// </remarks>
internal sealed class PeerQueue(PeerTransportOptions options)
{
    /// <summary>Size of a chunk, in bytes; a longer frame has a chunk of its own.</summary>
    public const int ChunkBytes = 64 << 10;

    /// <summary>Payload of a fragment, in bytes; with its header it fills a rented array.</summary>
    public const int FragmentBytes = (256 << 10) - PeerFrame.HeaderBytes;

    private readonly Queue<PeerWrite> _full = new();
    private readonly Queue<ReadOnlyMemory<byte>> _bulk = new();

    // The chunk that is being filled, after all the full ones: fields, so that a message costs no object.
    private byte[]? _open;
    private int _openLength;
    private int _openMessages;
    private long _chunkBytes;
    private long _bulkBytes;
    private int _bulkSent;
    private bool _bulkTurn;

    /// <summary>Messages that wait.</summary>
    public int Messages { get; private set; }

    /// <summary>Bytes that wait.</summary>
    public long Bytes => _chunkBytes + _bulkBytes;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => !HasChunk && _bulk.Count == 0;

    /// <summary>Whether long messages wait.</summary>
    public bool HasBulk => _bulk.Count > 0;

    private bool HasChunk => _open is not null || _full.Count > 0;

    /// <summary>Copies a message into the queue. False if there is no room.</summary>
    public bool TryAdd(ReadOnlySpan<byte> message)
    {
        if (Messages >= options.QueueMessagesMax) return false;
        bool added = message.Length > options.BulkBytesMin ? TryAddBulk(message) : TryAddWhole(message);
        if (added) Messages++;
        return added;
    }

    /// <summary>Takes what is to be written next. False if nothing waits.</summary>
    public bool TryTake(out PeerWrite write)
    {
        if (_bulk.Count > 0 && (_bulkTurn || !HasChunk))
        {
            _bulkTurn = false;
            write = TakeFragment();
            return true;
        }

        _bulkTurn = true;
        if (_full.Count == 0) Seal();
        if (!_full.TryDequeue(out write)) return false;
        _chunkBytes -= write.Bytes.Length;
        Messages -= write.Messages;
        return true;
    }

    /// <summary>The connection broke: a long message that is partly written cannot go on over the next one. The number dropped.</summary>
    public int DropCutMessage()
    {
        if (_bulkSent == 0) return 0;
        _bulkBytes -= _bulk.Dequeue().Length - _bulkSent;
        _bulkSent = 0;
        Messages--;
        return 1;
    }

    /// <summary>Drops everything. The number of messages.</summary>
    public int Clear()
    {
        int dropped = Messages;
        Seal();
        foreach (PeerWrite chunk in _full) chunk.Dispose();
        _full.Clear();
        _bulk.Clear();
        (_chunkBytes, _bulkBytes, _bulkSent, Messages) = (0, 0, 0, 0);
        return dropped;
    }

    private bool TryAddWhole(ReadOnlySpan<byte> message)
    {
        int length = PeerFrame.HeaderBytes + message.Length;
        // One message always fits: a bound below a message's length would cut the peer off for good.
        if (HasChunk && _chunkBytes + length > options.QueueBytesMax) return false;
        if (_open is not null && _open.Length - _openLength < length) Seal();
        _open ??= ArrayPool<byte>.Shared.Rent(Math.Max(ChunkBytes, length));
        PeerFrame.Write(_open.AsSpan(_openLength), PeerFrameKind.Whole, message);
        _openLength += length;
        _openMessages++;
        _chunkBytes += length;
        return true;
    }

    private bool TryAddBulk(ReadOnlySpan<byte> message)
    {
        if (message.Length > options.MessageBytesMax - _bulkBytes) return false;
        _bulk.Enqueue(message.ToArray());
        _bulkBytes += message.Length;
        return true;
    }

    private PeerWrite TakeFragment()
    {
        ReadOnlyMemory<byte> message = _bulk.Peek();
        int length = Math.Min(FragmentBytes, message.Length - _bulkSent);
        ReadOnlyMemory<byte> payload = message.Slice(_bulkSent, length);
        _bulkSent += length;
        _bulkBytes -= length;
        bool last = _bulkSent == message.Length;
        if (last)
        {
            _bulk.Dequeue();
            _bulkSent = 0;
            Messages--;
        }

        return PeerWrite.OfFragment(payload, last);
    }

    private void Seal()
    {
        if (_open is null) return;
        _full.Enqueue(PeerWrite.OfChunk(_open, _openLength, _openMessages));
        (_open, _openLength, _openMessages) = (null, 0, 0);
    }
}
