namespace Banyan.Storage.Tests.Disk;

/// <summary>What is on a disk at one moment, to be put on as many new disks as a test wants to damage.</summary>
internal sealed class DiskImage
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public DiskImage(IDisk disk)
    {
        foreach (string name in disk.List()) _files.Add(name, Read(disk, name));
    }

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    public MemoryDisk ToDisk()
    {
        var disk = new MemoryDisk();
        foreach ((string name, byte[] content) in _files)
        {
            IDiskFile file = disk.Create(name, content.Length);
            if (content.Length > 0) file.Write(0, content);
            file.Flush();
        }

        disk.FlushFolder();
        return disk;
    }

    public static byte[] Read(IDisk disk, string name)
    {
        IDiskFile file = disk.Open(name);
        var bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return bytes;
    }
}
