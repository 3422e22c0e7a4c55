using System.Buffers;
using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>Reads a log from its first segment to its end, and finds out where that is.</summary>
internal sealed class WalRecovery(IDisk disk, uint newIdentity, ulong from, WalReplay replay)
{
    private bool _isIdentityKnown;

    /// <summary>The log's own; a new one if there is no log yet.</summary>
    public uint Identity { get; private set; } = newIdentity;

    public List<ulong> SegmentStarts { get; private set; } = [];

    /// <summary>The one to go on writing; null if the next round needs a new one.</summary>
    public WalSegment? LastSegment { get; private set; }

    public ulong End { get; private set; }

    public void Run()
    {
        foreach (string name in disk.List())
        {
            if (WalSegment.TryParseName(name, out ulong start)) SegmentStarts.Add(start);
        }

        SegmentStarts.Sort();
        if (SegmentStarts.Count == 0)
        {
            End = from;
            return;
        }

        if (SegmentStarts[0] > from)
            throw new CorruptFileException(WalSegment.NameOf(SegmentStarts[0]), 0, $"the log before it, from record {from} on, is gone");
        End = SegmentStarts[0];
        for (int i = 0; i < SegmentStarts.Count; i++)
            ReadSegment(SegmentStarts[i], next: i + 1 < SegmentStarts.Count ? SegmentStarts[i + 1] : null);
        if (End >= from) return;
        // The checkpoint is newer than the end of the log: what would follow here is in there.
        foreach (ulong start in SegmentStarts) disk.Delete(WalSegment.NameOf(start));
        disk.FlushFolder();
        SegmentStarts = [];
        LastSegment?.Close();
        LastSegment = null;
        End = from;
    }

    private void ReadSegment(ulong start, ulong? next)
    {
        string name = WalSegment.NameOf(start);
        (byte[] rented, int length) = ReadAll(name);
        try
        {
            ReadSegment(name, rented.AsSpan(0, length), start, next);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void ReadSegment(string name, ReadOnlySpan<byte> bytes, ulong start, ulong? next)
    {
        bool isLast = next is null;
        if (!WalSegment.TryReadHeader(bytes, out ulong startRead, out uint identity) || startRead != start)
        {
            // A segment's first round is flushed together with its header and begins in the same sector: a crash that
            // cost the header left nothing of the round beside it. No round can be looked for without the identity.
            if (!isLast || start != End || HasBytesBesideHeader(bytes)) throw new CorruptFileException(name, 0, "its header is wrong");
            disk.Delete(name);
            disk.FlushFolder();
            SegmentStarts = SegmentStarts[..^1];
            return;
        }

        if (_isIdentityKnown && identity != Identity) throw new CorruptFileException(name, 0, "it is of another log");
        Identity = identity;
        _isIdentityKnown = true;
        End = Math.Max(End, start);
        int at = WalSegment.HeaderBytes;
        while (WalSegment.TryReadRound(bytes[at..], Identity, out ulong position, out uint records, out ReadOnlySpan<byte> payload)
            && position == End)
        {
            Replay(name, at, payload, records);
            at += WalSegment.RoundHeaderBytes + payload.Length;
        }

        if (!IsTorn(bytes, at)) throw new CorruptFileException(name, at, $"the round from record {End} on is wrong, and was not being written");
        if (HasRoundAfter(bytes, at, End)) throw new CorruptFileException(name, at, $"the round from record {End} on is wrong, and later ones are not");
        // Records may be missing between segments only if a checkpoint holds them.
        if (next != End && next > from) throw new CorruptFileException(name, at, $"the records from {End} to {next} are gone");
        if (!isLast) return;
        LastSegment = WalSegment.Continue(disk, start, at, bytes[at..]);
    }

    private void Replay(string name, int at, ReadOnlySpan<byte> payload, uint records)
    {
        var reader = new ByteReader(payload);
        for (uint i = 0; i < records; i++)
        {
            var range = new RangeId(reader.Number());
            byte kind = reader.Byte();
            ReadOnlySpan<byte> body = reader.Bytes();
            if (reader.Failed) break;
            if (End >= from) replay(range, kind, body);
            End++;
        }

        if (!reader.IsAtEnd) throw new CorruptFileException(name, at, "the round's checksum is right, its records are not");
    }

    private static bool HasBytesBesideHeader(ReadOnlySpan<byte> bytes)
    {
        int end = Math.Min(bytes.Length, WalSegment.SectorBytes);
        return end > WalSegment.HeaderBytes && bytes[WalSegment.HeaderBytes..end].ContainsAnyExcept((byte)0);
    }

    /// <summary>Whether a crash can have left what begins at a byte and is no whole round.</summary>
    /// <remarks>
    /// A segment is zeroes where nothing was written, and a sector is written whole or not at all: so a round that was
    /// being written lacks at least one sector, in whose place there are zeroes. One that lacks none was whole once.
    /// Source: etcd's write-ahead log tells the two apart in this way.
    /// </remarks>
    private bool IsTorn(ReadOnlySpan<byte> bytes, int at)
    {
        // The header alone may lie in two sectors. That there is none means that nothing was written, or not its sectors.
        if (HasLostSector(bytes, at, at + WalSegment.RoundHeaderBytes)) return true;
        if (!WalSegment.TryReadRoundHeader(bytes[at..], Identity, out _, out _, out uint length)) return false;
        return HasLostSector(bytes, at, at + WalSegment.RoundHeaderBytes + (long)length);
    }

    // Whether a sector between two bytes has nothing but zeroes from the first byte on, or is not there at all.
    private static bool HasLostSector(ReadOnlySpan<byte> bytes, int from, long to)
    {
        if (to > bytes.Length) return true;
        while (from < to)
        {
            int end = Math.Min(bytes.Length, (from / WalSegment.SectorBytes + 1) * WalSegment.SectorBytes);
            if (!bytes[from..end].ContainsAnyExcept((byte)0)) return true;
            from = end;
        }

        return false;
    }

    private bool HasRoundAfter(ReadOnlySpan<byte> bytes, int at, ulong position)
    {
        ReadOnlySpan<byte> magic = [0x42, 0x59, 0x4E, 0x52];
        while (at < bytes.Length)
        {
            int found = bytes[at..].IndexOf(magic);
            if (found < 0) return false;
            at += found;
            // Its header is enough: it was begun only after all before it had been flushed.
            if (WalSegment.TryReadRoundHeader(bytes[at..], Identity, out ulong later, out _, out _) && later > position) return true;
            at++;
        }

        return false;
    }

    // Closes the file again: it may be deleted, or opened to go on in it.
    private (byte[] Rented, int Length) ReadAll(string name)
    {
        using IDiskFile file = disk.Open(name);
        int length = checked((int)file.Length);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        int count = 0;
        while (count < length)
        {
            int read = file.Read(count, bytes.AsSpan(count, length - count));
            if (read == 0) break;
            count += read;
        }

        return (bytes, count);
    }
}
