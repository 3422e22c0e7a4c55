namespace Banyan.Storage;

/// <summary>A file holds what this program never wrote, and not in a place where a crash could have left it.</summary>
/// <remarks>The server must not start on it: what is missing may have been acknowledged.</remarks>
public sealed class CorruptFileException(string file, long offset, string reason)
    : IOException($"{file} is damaged at byte {offset}: {reason}")
{
    /// <summary>Its name.</summary>
    public string File { get; } = file;

    /// <summary>In bytes from the file's beginning.</summary>
    public long Offset { get; } = offset;
}
