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
        for (int i = 0; i < SegmentStarts.Count; i++) ReadSegment(SegmentStarts[i], isLast: i == SegmentStarts.Count - 1);
        if (End >= from) return;
        // The checkpoint is newer than the end of the log: what would follow here is in there.
        foreach (ulong start in SegmentStarts) disk.Delete(WalSegment.NameOf(start));
        disk.FlushFolder();
        SegmentStarts = [];
        LastSegment?.Close();
        LastSegment = null;
        End = from;
    }

    private void ReadSegment(ulong start, bool isLast)
    {
        string name = WalSegment.NameOf(start);
        byte[] bytes = ReadAll(name);
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

        // Records may be missing between segments only if a checkpoint holds them.
        if (start != End && start > from) throw new CorruptFileException(name, 0, $"the records from {End} to {start} before it are gone");
        if (_isIdentityKnown && identity != Identity) throw new CorruptFileException(name, 0, "it is of another log");
        Identity = identity;
        _isIdentityKnown = true;
        End = Math.Max(End, start);
        int at = WalSegment.HeaderBytes;
        while (WalSegment.TryReadRound(bytes.AsSpan(at), Identity, out ulong position, out uint records, out ReadOnlySpan<byte> payload)
            && position == End)
        {
            Replay(name, at, payload, records);
            at += WalSegment.RoundHeaderBytes + payload.Length;
        }

        if (HasRoundAfter(bytes, at, End)) throw new CorruptFileException(name, at, $"the round from record {End} on is wrong, and later ones are not");
        if (!isLast) return;
        // What a torn round left must not be taken for damage before the next one.
        LastSegment = WalSegment.Continue(disk, start, at);
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

    private bool HasRoundAfter(ReadOnlySpan<byte> bytes, int at, ulong position)
    {
        ReadOnlySpan<byte> magic = [0x42, 0x59, 0x4E, 0x52];
        while (at < bytes.Length)
        {
            int found = bytes[at..].IndexOf(magic);
            if (found < 0) return false;
            at += found;
            if (WalSegment.TryReadRound(bytes[at..], Identity, out ulong later, out _, out _) && later > position) return true;
            at++;
        }

        return false;
    }

    private byte[] ReadAll(string name)
    {
        using IDiskFile file = disk.Open(name);
        var bytes = new byte[file.Length];
        int count = 0;
        while (count < bytes.Length)
        {
            int read = file.Read(count, bytes.AsSpan(count));
            if (read == 0) break;
            count += read;
        }

        return bytes[..count];
    }
}
