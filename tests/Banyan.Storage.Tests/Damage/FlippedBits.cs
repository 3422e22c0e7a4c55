using Banyan.Storage.Tests.Disk;

namespace Banyan.Storage.Tests.Damage;

/// <summary>Flips every bit of some files, one at a time, and sorts the flips by what a reader makes of them.</summary>
internal sealed class FlippedBits
{
    /// <summary>The reader refused.</summary>
    public int Refused { get; private set; }

    /// <summary>It refused, and named another file, or a byte behind the damage.</summary>
    public List<(string File, int Bit)> Misnamed { get; } = [];

    /// <summary>All was there all the same.</summary>
    public List<(string File, int Bit)> Harmless { get; } = [];

    /// <summary>The last round was missing, and nobody was told.</summary>
    public List<(string File, int Bit)> Shortened { get; } = [];

    /// <summary>Something that was never written came out.</summary>
    public List<(string File, int Bit)> Wrong { get; } = [];

    /// <param name="image">What is on the disk.</param>
    /// <param name="whole">What a reader finds in it.</param>
    /// <param name="acknowledged">The least of it that may be left; less is <see cref="Wrong"/>.</param>
    /// <param name="read">Reads a disk.</param>
    public static FlippedBits Of(DiskImage image, List<string> whole, int acknowledged, Func<MemoryDisk, List<string>> read)
    {
        var result = new FlippedBits();
        foreach ((string file, byte[] content) in image.Files)
        {
            for (int bit = 0; bit < content.Length * 8; bit++)
            {
                MemoryDisk damaged = image.ToDisk();
                damaged.FlipBit(file, bit / 8, bit % 8);
                result.Try(damaged, file, bit, whole, acknowledged, read);
            }
        }

        return result;
    }

    private void Try(MemoryDisk damaged, string file, int bit, List<string> whole, int acknowledged, Func<MemoryDisk, List<string>> read)
    {
        try
        {
            List<string> found = read(damaged);
            if (found.SequenceEqual(whole)) Harmless.Add((file, bit));
            else if (found.Count >= acknowledged && found.Count < whole.Count && whole.Take(found.Count).SequenceEqual(found)) Shortened.Add((file, bit));
            else Wrong.Add((file, bit));
        }
        catch (CorruptFileException e)
        {
            Refused++;
            if (e.File != file || e.Offset < 0 || e.Offset > bit / 8) Misnamed.Add((file, bit));
        }
    }
}
