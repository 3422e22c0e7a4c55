using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>Takes a record of the log at recovery; the payload is valid during the call only.</summary>
public delegate void WalReplay(RangeId range, byte kind, ReadOnlySpan<byte> payload);

/// <summary>One log for all ranges of a server: records in the order in which they were appended, flushed in rounds.</summary>
/// <remarks>
/// <para>A position is the number of records before a place. Appending only fills a buffer. The host takes the buffer as
/// a round (<see cref="BeginRound"/>), writes it wherever it likes (<see cref="WalRound.Write"/>) and hands it back
/// (<see cref="CompleteRound"/>); meanwhile the next round fills up. One round at a time is under way, so when a round
/// is found on disk, all earlier ones had been flushed.</para>
/// <para>That is what tells a torn tail from damage: a bad round with nothing after it is one that was being written at
/// the crash, and is dropped; a bad round with a good one after it had been flushed, and recovery refuses to go on.</para>
/// </remarks>
public sealed class WriteAheadLog
{
    private const int KeptBufferBytes = 4 << 20;

    /// <summary>The file that will be the next segment.</summary>
    private const string SpareName = "wal-spare";

    private enum Spare { None, BeingMade, Ready, Failed }

    private readonly IDisk _disk;
    private readonly WalOptions _options;
    private readonly List<ulong> _segmentStarts; // touched while writing only
    private readonly uint _identity;
    private WalSegment? _segment;
    private ByteWriter _filling;
    private ByteWriter _spare;
    private WalRound? _underWay;
    private ulong _roundStart;
    private ulong _dropBefore;
    private int _spareState; // a Spare

    private WriteAheadLog(IDisk disk, WalOptions options, uint identity, List<ulong> segmentStarts, WalSegment? segment, ulong end)
    {
        _disk = disk;
        _options = options;
        _filling = NewBuffer();
        _spare = NewBuffer();
        _identity = identity;
        _segmentStarts = segmentStarts;
        _segment = segment;
        _roundStart = EndPosition = FlushedPosition = end;
    }

    /// <summary>The position after the last record appended.</summary>
    public ulong EndPosition { get; private set; }

    /// <summary>Every record before this position is durable.</summary>
    public ulong FlushedPosition { get; private set; }

    /// <summary>Whether records wait for a round.</summary>
    public bool HasPending => EndPosition > _roundStart;

    /// <summary>Bytes that wait for a round.</summary>
    public int PendingBytes => _filling.Length;

    /// <summary>Opens a log, which may be empty, and hands every record from a position on to <paramref name="replay"/>.</summary>
    /// <exception cref="CorruptFileException">A record that had been flushed is gone or changed.</exception>
    public static WriteAheadLog Open(IDisk disk, WalOptions options, ulong from, WalReplay replay)
    {
        var recovery = new WalRecovery(disk, options.Identity, from, replay);
        recovery.Run();
        return new(disk, options, recovery.Identity, recovery.SegmentStarts, recovery.LastSegment, recovery.End);
    }

    /// <summary>Adds a record to the next round.</summary>
    public void Append(RangeId range, byte kind, ReadOnlySpan<byte> payload)
    {
        _filling.Number(range.Value);
        _filling.Byte(kind);
        _filling.Bytes(payload);
        EndPosition++;
    }

    /// <summary>Takes everything appended so far; the one before must be complete.</summary>
    public WalRound BeginRound()
    {
        Invariant.Holds(_underWay is null && HasPending);
        ByteWriter full = _filling;
        (_filling, _spare) = (_spare, full);
        // The memory stays valid: a writer is filled again only after its round is complete.
        Memory<byte> bytes = full.Patchable;
        WalSegment.SealRound(bytes.Span, _roundStart, (uint)(EndPosition - _roundStart), _identity);
        _underWay = new(this, bytes, _roundStart, EndPosition, _dropBefore);
        _roundStart = EndPosition;
        return _underWay;
    }

    /// <summary>Takes note that a round is durable.</summary>
    public void CompleteRound(WalRound round)
    {
        Invariant.Holds(round == _underWay);
        _underWay = null;
        FlushedPosition = round.End;
        if (round.Bytes.Length > KeptBufferBytes) _spare = NewBuffer();
        else Reset(_spare);
    }

    /// <summary>A checkpoint holds everything before a position: segments without later records go with the next round.</summary>
    public void DropBefore(ulong position) => _dropBefore = Math.Max(_dropBefore, position);

    /// <summary>Whether the next segment's file could be made now, ahead of its use.</summary>
    public bool WantsSpare => Volatile.Read(ref _spareState) == (int)Spare.None;

    /// <summary>
    /// Makes the file of the next segment, which takes as long as the disk needs for so many bytes: on any thread, beside
    /// everything else. A round that needs a new segment then only gives it its name.
    /// </summary>
    /// <exception cref="IOException">There is no room. Nothing is lost: the next segment will be made, or fail, when it is needed.</exception>
    public void MakeSpare()
    {
        if (Interlocked.CompareExchange(ref _spareState, (int)Spare.BeingMade, (int)Spare.None) != (int)Spare.None) return;
        Spare outcome = Spare.Failed;
        try
        {
            _disk.Create(SpareName, _options.SegmentBytes).Dispose();
            outcome = Spare.Ready;
        }
        finally
        {
            Volatile.Write(ref _spareState, (int)outcome);
        }
    }

    internal void WriteRound(WalRound round)
    {
        ReadOnlySpan<byte> bytes = round.Bytes.Span;
        if (_segment is null || !_segment.HasRoomFor(bytes.Length)) BeginSegment(round);
        _segment!.Write(bytes);
        _segment.Flush();
        DropSegments(round.DropBefore);
    }

    private void BeginSegment(WalRound round)
    {
        _segment?.Close();
        long bytes = Math.Max(_options.SegmentBytes, WalSegment.HeaderBytes + round.Bytes.Length);
        int before = Interlocked.CompareExchange(ref _spareState, (int)Spare.None, (int)Spare.Ready);
        if (before == (int)Spare.Failed) Volatile.Write(ref _spareState, (int)Spare.None);
        _segment = before == (int)Spare.Ready && bytes == _options.SegmentBytes
            ? WalSegment.Adopt(_disk, SpareName, round.Start, _identity)
            : WalSegment.Create(_disk, round.Start, _identity, bytes);
        _segmentStarts.Add(round.Start);
    }

    private void DropSegments(ulong before)
    {
        while (_segmentStarts.Count > 1 && _segmentStarts[1] <= before)
        {
            _disk.Delete(WalSegment.NameOf(_segmentStarts[0]));
            _segmentStarts.RemoveAt(0);
        }
    }

    private ByteWriter NewBuffer()
    {
        var buffer = new ByteWriter(_options.BufferBytes);
        Reset(buffer);
        return buffer;
    }

    private static void Reset(ByteWriter buffer)
    {
        buffer.Clear();
        buffer.Skip(WalSegment.RoundHeaderBytes);
    }
}
