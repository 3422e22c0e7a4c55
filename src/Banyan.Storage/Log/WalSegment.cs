using System.Buffers.Binary;
using System.Globalization;
using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>One file of the log: a header, rounds without gaps, then zeroes.</summary>
/// <remarks>
/// <code>
/// header  8 bytes "BANYLOG1", u64 position of the first record, u32 identity, u32 CRC-32C of the above
/// round   u32 magic, u32 payload length, u64 position of its first record, u32 records, u32 CRC-32C of the identity and
///         the payload, u32 CRC-32C of the identity and the above; then the payload
/// </code>
/// The header of a round has a checksum of its own, so that recovery knows how far a round reaches even if it is not whole.
/// </remarks>
internal sealed class WalSegment
{
    public const int HeaderBytes = 24;
    public const int RoundHeaderBytes = 28;

    /// <summary>What a disk writes whole or not at all, at least.</summary>
    public const int SectorBytes = 512;

    public const uint RoundMagic = 0x524E5942; // "BYNR"

    private const string NamePrefix = "wal-";

    private readonly IDiskFile _file;

    private WalSegment(IDiskFile file, ulong start, long end)
    {
        _file = file;
        Start = start;
        End = end;
    }

    /// <summary>Position of its first record.</summary>
    public ulong Start { get; }

    /// <summary>Where the next round goes, in bytes.</summary>
    public long End { get; private set; }

    public string Name => NameOf(Start);

    public static string NameOf(ulong start) => NamePrefix + start.ToString("x16", CultureInfo.InvariantCulture);

    public static bool TryParseName(string name, out ulong start)
    {
        start = 0;
        return name.Length == NamePrefix.Length + 16 && name.StartsWith(NamePrefix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(NamePrefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
            && NameOf(start) == name;
    }

    public static WalSegment Create(IDisk disk, ulong start, uint identity, long bytes) =>
        Begin(disk, disk.Create(NameOf(start), bytes), start, identity);

    /// <summary>Makes a segment of a file that was made ahead, all zeroes.</summary>
    public static WalSegment Adopt(IDisk disk, string spare, ulong start, uint identity)
    {
        disk.Rename(spare, NameOf(start));
        return Begin(disk, disk.Open(NameOf(start)), start, identity);
    }

    private static WalSegment Begin(IDisk disk, IDiskFile file, ulong start, uint identity)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        "BANYLOG1"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], start);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], identity);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], Checksum.Crc32C(header[..20]));
        file.Write(0, header);
        disk.FlushFolder();
        return new(file, start, HeaderBytes);
    }

    /// <summary>
    /// A segment whose rounds end at a byte, to go on writing there. What a torn round left behind that byte is cleared
    /// first: the next round must find zeroes, for that is how a lost sector of it will be known.
    /// </summary>
    public static WalSegment Continue(IDisk disk, ulong start, long end, ReadOnlySpan<byte> left)
    {
        IDiskFile file = disk.Open(NameOf(start));
        int last = left.LastIndexOfAnyExcept((byte)0);
        if (last >= 0)
        {
            file.Write(end, new byte[last + 1]);
            file.Flush();
        }

        return new(file, start, end);
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, out ulong start, out uint identity)
    {
        (start, identity) = (0, 0);
        if (bytes.Length < HeaderBytes || !bytes.StartsWith("BANYLOG1"u8)) return false;
        start = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        identity = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) == Checksum.Crc32C(bytes[..20]);
    }

    /// <summary>Fills the header of a round whose payload follows it.</summary>
    public static void SealRound(Span<byte> round, ulong position, uint records, uint identity)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(round, RoundMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(round[4..], (uint)(round.Length - RoundHeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(round[8..], position);
        BinaryPrimitives.WriteUInt32LittleEndian(round[16..], records);
        BinaryPrimitives.WriteUInt32LittleEndian(round[20..], Checksum.Crc32C(round[RoundHeaderBytes..], identity));
        BinaryPrimitives.WriteUInt32LittleEndian(round[24..], Checksum.Crc32C(round[..24], identity));
    }

    /// <summary>Looks for a whole round at the start of <paramref name="bytes"/>.</summary>
    public static bool TryReadRound(
        ReadOnlySpan<byte> bytes, uint identity, out ulong position, out uint records, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (!TryReadRoundHeader(bytes, identity, out position, out records, out uint length)) return false;
        if (length > bytes.Length - RoundHeaderBytes) return false;
        payload = bytes.Slice(RoundHeaderBytes, (int)length);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) == Checksum.Crc32C(payload, identity);
    }

    /// <summary>Looks for the header of a round, whose payload may be wrong or reach past the end.</summary>
    public static bool TryReadRoundHeader(
        ReadOnlySpan<byte> bytes, uint identity, out ulong position, out uint records, out uint length)
    {
        (position, records, length) = (0, 0, 0);
        if (bytes.Length < RoundHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != RoundMagic) return false;
        length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        position = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        records = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]) == Checksum.Crc32C(bytes[..24], identity);
    }

    public bool HasRoomFor(int bytes) => End + bytes <= _file.Length;

    public void Write(ReadOnlySpan<byte> round)
    {
        _file.Write(End, round);
        End += round.Length;
    }

    public void Flush() => _file.Flush();

    public void Close() => _file.Dispose();
}
