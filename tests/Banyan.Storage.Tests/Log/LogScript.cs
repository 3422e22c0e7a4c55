using Banyan.Primitives;
using Banyan.Storage.Tests.Disk;

namespace Banyan.Storage.Tests.Log;

/// <summary>A small log to write, damage and recover: records are numbered, so that a list of them says all.</summary>
internal static class LogScript
{
    public const uint Identity = 0xA1B2C3D4;

    /// <summary>What a host draws at the next start; an existing log must not care.</summary>
    public const uint NextIdentity = 0x55667788;

    /// <summary>Opens a log and lists what it replays, as "position of the record in the whole history/range/kind/length".</summary>
    public static (WriteAheadLog Log, List<string> Records) Open(
        IDisk disk, int segmentBytes, ulong from = 0, uint identity = NextIdentity)
    {
        List<string> records = [];
        var log = WriteAheadLog.Open(
            disk, new() { SegmentBytes = segmentBytes, Identity = identity }, from, (range, kind, payload) => records.Add(Text(range, kind, payload)));
        return (log, records);
    }

    /// <summary>Appends a record whose content follows from its position, and returns how it will be listed.</summary>
    public static string Append(WriteAheadLog log, int payloadBytes)
    {
        ulong position = log.EndPosition;
        var payload = new byte[payloadBytes];
        for (int i = 0; i < payload.Length; i++) payload[i] = (byte)(position * 31 + (ulong)i + 1);
        var range = new RangeId(position % 5);
        byte kind = (byte)(100 + position % 7);
        log.Append(range, kind, payload);
        return Text(range, kind, payload);
    }

    /// <summary>Writes and flushes everything appended.</summary>
    public static void Flush(WriteAheadLog log)
    {
        WalRound round = log.BeginRound();
        round.Write();
        log.CompleteRound(round);
    }

    /// <summary>A log of several segments on a new disk, one round per entry of <paramref name="rounds"/>, with so many records each.</summary>
    public static (MemoryDisk Disk, List<string> Records) Write(int segmentBytes, int payloadBytes, params int[] rounds)
    {
        var disk = new MemoryDisk();
        (WriteAheadLog log, _) = Open(disk, segmentBytes, identity: Identity);
        List<string> records = [];
        foreach (int count in rounds)
        {
            for (int i = 0; i < count; i++) records.Add(Append(log, payloadBytes));
            Flush(log);
        }

        return (disk, records);
    }

    /// <summary>Byte at which the last round found on a disk begins.</summary>
    public static (string File, int Offset) LastRound(DiskImage image)
    {
        string file = image.Files.Keys.Last();
        int offset = image.Files[file].AsSpan().LastIndexOf("BYNR"u8);
        Assert.True(offset >= 24);
        return (file, offset);
    }

    public static void AssertIsBeginning(List<string> recovered, List<string> written, int atLeast)
    {
        Assert.True(recovered.Count >= atLeast, $"{recovered.Count} of {atLeast} acknowledged records are left");
        Assert.True(recovered.Count <= written.Count, $"{recovered.Count} records, and only {written.Count} were written");
        Assert.Equal(written.Take(recovered.Count), recovered);
    }

    /// <summary>How a record is listed.</summary>
    public static string Text(RangeId range, byte kind, ReadOnlySpan<byte> payload) =>
        $"{range}/{kind}/{payload.Length}/{StableHash.Add(0, payload):x}";
}
