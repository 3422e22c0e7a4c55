using System.Globalization;

namespace Banyan.Storage;

/// <summary>Checkpoints are named after the log position that they stand for.</summary>
internal static class CheckpointName
{
    public const string TemporarySuffix = ".tmp";

    private const string Prefix = "checkpoint-";

    public static string Of(ulong position) => Prefix + position.ToString("x16", CultureInfo.InvariantCulture);

    public static bool TryParse(string name, out ulong position)
    {
        position = 0;
        return name.Length == Prefix.Length + 16 && name.StartsWith(Prefix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out position)
            && Of(position) == name;
    }

    public static bool IsTemporary(string name) =>
        name.EndsWith(TemporarySuffix, StringComparison.Ordinal) && TryParse(name[..^TemporarySuffix.Length], out _);
}
