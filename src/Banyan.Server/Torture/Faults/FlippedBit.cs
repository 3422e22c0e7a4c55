using System.Globalization;
using Banyan.Primitives;

namespace Banyan.Server.Torture.Faults;

/// <summary>One bit of a file that is not what was written.</summary>
internal sealed class FlippedBit
{
    private const int LengthMin = 4096;
    private readonly byte _mask;

    private FlippedBit(string file, long offset, byte mask)
    {
        (File, Offset, _mask) = (file, offset, mask);
        FlipBack();
    }

    public string File { get; }

    public long Offset { get; }

    /// <summary>Flips a bit in the middle half of the newest log segment, or of the checkpoint; null if there is not enough of either.</summary>
    public static FlippedBit? TryFlip(string folder, SeededRandom random)
    {
        string? log = Newest(folder, "wal-");
        string? checkpoint = Newest(folder, "checkpoint-");
        string? file = checkpoint is not null && random.Chance(0.3) ? checkpoint : log;
        if (file is null) return null;
        long length = WrittenLength(file);
        if (length < LengthMin) return null;
        return new(file, random.NextInRange(length / 4, length * 3 / 4), (byte)(1 << random.Next(8)));
    }

    /// <summary>Puts it right.</summary>
    public void FlipBack()
    {
        using FileStream file = System.IO.File.Open(File, FileMode.Open, FileAccess.ReadWrite);
        file.Position = Offset;
        int old = file.ReadByte();
        file.Position = Offset;
        file.WriteByte((byte)(old ^ _mask));
    }

    // Both are named after the position in the log that they begin with.
    private static string? Newest(string folder, string prefix) =>
        Directory.EnumerateFiles(folder, prefix + "*")
            .Where(f => ulong.TryParse(Path.GetFileName(f).AsSpan(prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))
            .OrderBy(f => f, StringComparer.Ordinal).LastOrDefault();

    // Behind the last byte that is not zero: segments are made longer than what is in them.
    private static long WrittenLength(string path)
    {
        using FileStream file = System.IO.File.OpenRead(path);
        var block = new byte[1 << 16];
        long length = 0;
        for (long at = 0; ;)
        {
            int count = file.Read(block);
            if (count == 0) return length;
            int last = block.AsSpan(0, count).LastIndexOfAnyExcept((byte)0);
            if (last >= 0) length = at + last + 1;
            at += count;
        }
    }
}
