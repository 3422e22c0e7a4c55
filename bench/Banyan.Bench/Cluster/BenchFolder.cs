namespace Banyan.Bench.Cluster;

/// <summary>A folder for one bench, deleted at its end.</summary>
public sealed class BenchFolder : IDisposable
{
    /// <summary>Makes one within an existing folder.</summary>
    public BenchFolder(string within)
    {
        Path = System.IO.Path.Combine(within, $"banyan-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
