namespace Banyan.Bench.Etcd;

/// <summary>How an <see cref="EtcdCluster"/> is started.</summary>
/// <param name="Folder">An existing folder on the disk to measure; the members' data lies in a new folder below it.</param>
public sealed record EtcdOptions(string Folder)
{
    /// <summary>The etcd executable; null looks for "etcd" on PATH.</summary>
    public string? Binary { get; init; }

    /// <summary>How long the members may take to elect a leader and to serve.</summary>
    public TimeSpan StartMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The executable's full path; null if there is none.</summary>
    public string? FindBinary()
    {
        if (Binary is not null) return File.Exists(Binary) ? Path.GetFullPath(Binary) : null;
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (string folder in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(folder, "etcd");
            if (File.Exists(candidate)) return candidate;
        }

        return null;
    }
}
