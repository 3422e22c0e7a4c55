namespace Banyan.Storage;

/// <summary>A flat folder of files that one server owns. Names are ASCII without separators.</summary>
/// <remarks>What was written is durable after <see cref="IDiskFile.Flush"/>; that a file exists, was renamed or deleted, after <see cref="FlushFolder"/>.</remarks>
/// <exception cref="System.IO.IOException">From any member: the disk is full, gone or broken. The server halts.</exception>
public interface IDisk
{
    /// <summary>The files' names, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>Makes a file with room for so many bytes (they read as zeroes, and <see cref="IDiskFile.Length"/> counts them).</summary>
    IDiskFile Create(string name, long length);

    /// <summary>Opens a file that exists.</summary>
    IDiskFile Open(string name);

    /// <summary>Deletes a file if it exists.</summary>
    void Delete(string name);

    /// <summary>Gives a file another name, in one step; a file of that name is replaced.</summary>
    void Rename(string from, string to);

    /// <summary>Makes creations, renames and deletions durable.</summary>
    void FlushFolder();
}
