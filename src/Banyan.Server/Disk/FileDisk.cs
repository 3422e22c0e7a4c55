using Banyan.Primitives;
using Banyan.Storage;
using Microsoft.Win32.SafeHandles;

namespace Banyan.Server.Disk;

/// <summary>A real folder as an <see cref="IDisk"/>, held by one process at a time.</summary>
/// <remarks>
/// Flushes are <c>fdatasync</c> on Linux and the platform's strongest flush elsewhere. Windows makes renames and
/// creations durable by its own journal, so that <see cref="FlushFolder"/> has nothing to do there.
/// </remarks>
public sealed class FileDisk : IDisk, IDisposable
{
    /// <summary>The file whose lock says that the folder is in use; never listed.</summary>
    public const string LockName = "lock";

    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 128;

    private readonly string _folder;
    private readonly SafeFileHandle _lock;
    private readonly SafeFileHandle? _folderHandle;

    /// <summary>Makes the folder if there is none and locks it.</summary>
    /// <exception cref="IOException">Another process holds the folder, or it cannot be used; the message says which.</exception>
    public FileDisk(string folder)
    {
        _folder = Path.GetFullPath(folder);
        AsIOException(() => Directory.CreateDirectory(_folder));
        _lock = Lock(_folder);
        if (!OperatingSystem.IsWindows()) _folderHandle = UnixSync.OpenFolder(_folder);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        List<string> names = [];
        AsIOException(() =>
        {
            foreach (string path in Directory.EnumerateFiles(_folder))
            {
                string name = Path.GetFileName(path);
                // A file that this disk could not have made belongs to the operator or the file system.
                if (IsName(name)) names.Add(name);
            }
        });
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    /// <remarks>The room is written and flushed before this returns, which takes as long as the medium needs for so many bytes.
    /// A file of that name is replaced.</remarks>
    public IDiskFile Create(string name, long length)
    {
        Invariant.Holds(length >= 0);
        string path = PathOf(name);
        FileDiskFile file = Open(path, FileMode.Create, preallocation: length);
        try
        {
            file.FillWithZeroes(length);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IDiskFile Open(string name) => Open(PathOf(name), FileMode.Open, preallocation: 0);

    /// <inheritdoc/>
    public void Delete(string name)
    {
        string path = PathOf(name);
        AsIOException(() => File.Delete(path));
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        string pathFrom = PathOf(from), pathTo = PathOf(to);
        AsIOException(() => File.Move(pathFrom, pathTo, overwrite: true));
    }

    /// <inheritdoc/>
    public void FlushFolder()
    {
        if (_folderHandle is not null) UnixSync.FlushFolder(_folderHandle, _folder);
    }

    /// <summary>Lets go of the folder. Files that are still open stay usable, but no longer protected.</summary>
    public void Dispose()
    {
        _folderHandle?.Dispose();
        _lock.Dispose();
    }

    private static FileDiskFile Open(string path, FileMode mode, long preallocation)
    {
        SafeFileHandle? handle = null;
        AsIOException(() => handle = File.OpenHandle(
            path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess, preallocation));
        return new(handle!, path);
    }

    private static SafeFileHandle Lock(string folder)
    {
        string path = Path.Combine(folder, LockName);
        SafeFileHandle? handle = null;
        try
        {
            // The system drops this lock when the process ends, however it ends.
            AsIOException(() => handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new IOException(
                $"The folder '{folder}' cannot be locked; another server is probably using it ('{LockName}': {e.Message})", e);
        }

        return handle!;
    }

    private string PathOf(string name)
    {
        Invariant.Holds(IsName(name));
        return Path.Combine(_folder, name);
    }

    private static bool IsName(string name)
    {
        if (name.Length is 0 or > NameLengthMax || name[0] == '.' || name == LockName) return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_')) return false;
        }

        return true;
    }

    // IDisk promises one kind of exception; .NET has a second one for files that the process may not touch.
    private static void AsIOException(Action action)
    {
        try
        {
            action();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}
