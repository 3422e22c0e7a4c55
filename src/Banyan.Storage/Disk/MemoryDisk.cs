using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>A disk in memory that loses at a crash what a real one may lose: for tests and simulation.</summary>
/// <remarks>
/// A crash keeps or loses each sector written since its file's last flush, one by one, and keeps a beginning of the
/// folder's changes since its last flush. What was flushed is never lost.
/// </remarks>
public sealed class MemoryDisk : IDisk
{
    /// <summary>The unit that is written whole or not at all, in bytes.</summary>
    public const int SectorBytes = 512;

    private readonly SortedDictionary<string, MemoryDiskFile> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, MemoryDiskFile> _durableFiles = new(StringComparer.Ordinal);
    private readonly List<Action<SortedDictionary<string, MemoryDiskFile>>> _folderChanges = [];
    private int _callsUntilFailure = -1;

    /// <summary>Flushes of files so far.</summary>
    public long Flushes { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => [.. _files.Keys];

    /// <inheritdoc/>
    public IDiskFile Create(string name, long length)
    {
        OnCall();
        var file = new MemoryDiskFile(this, length);
        Change(files => files[name] = file);
        return file;
    }

    /// <inheritdoc/>
    public IDiskFile Open(string name) =>
        _files.TryGetValue(name, out MemoryDiskFile? file) ? file : throw new IOException($"there is no file '{name}'");

    /// <inheritdoc/>
    public void Delete(string name)
    {
        OnCall();
        Change(files => files.Remove(name));
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        OnCall();
        if (!_files.ContainsKey(from)) throw new IOException($"there is no file '{from}'");
        Change(files =>
        {
            // After a crash the file may never have come to be.
            if (files.Remove(from, out MemoryDiskFile? file)) files[to] = file;
        });
    }

    /// <inheritdoc/>
    public void FlushFolder()
    {
        OnCall();
        foreach (Action<SortedDictionary<string, MemoryDiskFile>> change in _folderChanges) change(_durableFiles);
        _folderChanges.Clear();
    }

    /// <summary>From now on, every call after so many that change something fails, until <see cref="Crash"/>.</summary>
    public void FailAfter(int calls)
    {
        Invariant.Holds(calls >= 0);
        _callsUntilFailure = calls;
    }

    /// <summary>The power goes and comes back.</summary>
    public void Crash(SeededRandom random)
    {
        _callsUntilFailure = -1;
        int survive = random.Next(_folderChanges.Count + 1);
        for (int i = 0; i < survive; i++) _folderChanges[i](_durableFiles);
        _folderChanges.Clear();
        _files.Clear();
        foreach ((string name, MemoryDiskFile file) in _durableFiles)
        {
            file.Crash(random);
            _files.Add(name, file);
        }
    }

    /// <summary>Damages what is on the medium.</summary>
    public void FlipBit(string name, long position, int bit) => _files[name].FlipBit(position, bit);

    internal void OnCall()
    {
        if (_callsUntilFailure == 0) throw new IOException("the disk fails, as the test asked");
        if (_callsUntilFailure > 0) _callsUntilFailure--;
    }

    internal void OnFlush() => Flushes++;

    private void Change(Action<SortedDictionary<string, MemoryDiskFile>> change)
    {
        change(_files);
        _folderChanges.Add(change);
    }
}
