namespace Banyan.Storage;

/// <summary>An open file.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>In bytes.</summary>
    long Length { get; }

    /// <summary>Writes at a position; the file grows where needed.</summary>
    void Write(long position, ReadOnlySpan<byte> bytes);

    /// <summary>Reads as much as there is; the number of bytes read.</summary>
    int Read(long position, Span<byte> bytes);

    /// <summary>Returns when everything written is on the medium.</summary>
    void Flush();

    /// <summary>Cuts or extends the file (with zeroes).</summary>
    void SetLength(long length);
}
